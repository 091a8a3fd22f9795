"""Cross-sell in the service: a verified model, its scores and the sentences about them."""
