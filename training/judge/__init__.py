"""What a way of deciding would have earned, judged from logged decisions with known selection probabilities."""
