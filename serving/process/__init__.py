"""The processes of the running service: how they start, what they share, how they end."""
