"""Bundles: products that belong together, beyond chance and beyond the promotion."""
