"""A customer id becomes one explained answer over HTTP."""
