"""What the offers came to: counts, money, and what they brought beyond what happens without them."""
