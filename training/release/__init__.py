"""Models, offers and policy that go live and roll back together: versions of the registered model `release`."""
