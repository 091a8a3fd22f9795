"""Features of a customer and an item that might be offered to them, and the sources that propose items."""
