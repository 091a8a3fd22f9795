"""What the three models have in common when they are read and asked."""
