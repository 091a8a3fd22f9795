"""From the registry to disk; never part of the running service."""
