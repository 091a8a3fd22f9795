"""Bundles in the service: what to add to a basket, with the evidence."""
