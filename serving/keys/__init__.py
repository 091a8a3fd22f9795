"""Who may call: the keys of callers, the file that holds them, and the ring that finds them."""
