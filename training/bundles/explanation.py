"""How much of a lift is owed to promotions, with basket size, store and season held fixed before."""

import pandas as pd


def taken(rules: pd.DataFrame) -> "pd.Series[float]":
    """How many times the lift of each of some rules (`rules.rule_table`) falls, the largest fall first.

    Above 1 promotions explain a part of it. At 1 they do not, and a pair that is no longer significant with
    promotions held fixed has only become too rare to tell. Unknown ones come last.
    """
    fall = rules["season_lift"] / rules["adjusted_lift"].where(rules["adjusted_lift"] > 0)
    return fall.sort_values(ascending=False, kind="stable")
