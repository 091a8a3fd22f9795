"""What was known about a customer at a moment: contract, tables, snapshots, labels and the online store."""
