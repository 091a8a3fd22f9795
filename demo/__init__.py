"""The whole road in one command: raw transactions become served, explained scores, bundles and offers."""
