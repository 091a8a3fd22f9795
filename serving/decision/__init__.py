"""The decision: which offer, or none, in money. A pure function; knows no HTTP, no SQL and no registry."""
