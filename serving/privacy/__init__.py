"""What customers agreed to, and forgetting them."""
