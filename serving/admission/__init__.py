"""What holds before a request reaches the service: its head, its key, its rate, a place for it, its body."""
