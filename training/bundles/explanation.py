"""How much of a lift is owed to promotions, with basket size, store and season held fixed before."""

import numpy as np
import pandas as pd


def taken(rules: pd.DataFrame) -> "pd.Series[float]":
    """What promotions take from the lift of each of some rules (`rules.rule_table`), the surest fall first.

    It is the fall of the lift's logarithm in standard errors, as if the count were the only thing unsure:
    log(season_lift / adjusted_lift) * sqrt(count). At 0 promotions explain nothing, and a pair that is no longer
    significant with promotions held fixed has only become too rare to tell. Unknown ones come last.
    """
    fall = rules["season_lift"] / rules["adjusted_lift"].where(rules["adjusted_lift"] > 0)
    errors: pd.Series[float] = np.log(fall.where(fall > 0)) * np.sqrt(rules["count"])
    return errors.sort_values(ascending=False, kind="stable")
