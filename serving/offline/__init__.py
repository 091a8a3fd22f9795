"""Decisions as files: for all customers at once, of the past, of what was recorded."""
