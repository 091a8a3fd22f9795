"""What a customer will buy next, and would not have thought of: ranked, judged against baselines."""
