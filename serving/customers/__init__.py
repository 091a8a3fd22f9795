"""What is known of a customer."""
