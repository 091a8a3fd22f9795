"""Snapshots and labels become registered, judged models."""
