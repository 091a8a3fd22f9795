"""Tests of cross-sell."""
