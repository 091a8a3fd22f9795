"""What became of decisions, and how each came about."""
