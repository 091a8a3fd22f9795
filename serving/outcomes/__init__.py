"""What became of decisions, as callers say."""
