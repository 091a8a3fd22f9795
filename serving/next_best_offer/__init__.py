"""The next best offer in the service: facts from models and store, the decision, its record and its answer."""
