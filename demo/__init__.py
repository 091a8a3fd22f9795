"""The whole road in one command: raw transactions become served, explained churn scores, offers and bundles."""
