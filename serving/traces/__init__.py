"""How each decision came about, and what became of it."""
