"""The churn model: judged against baselines, fitted, explained and held at its gate."""
