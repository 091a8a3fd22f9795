"""All that was learnt from the baskets before a moment: rules, substitutes, and how to rank."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.baskets import Baskets
from training.bundles.counting import pair_counts
from training.bundles.ranking import Ranking, fit_ranking
from training.bundles.relations import substitutes, within_customers
from training.bundles.rules import rule_table
from training.config import BundlesConfig


@dataclass(frozen=True)
class Mined:
    """Everything about one set of baskets."""

    baskets: Baskets
    together: NDArray[np.int64]
    """(items, items) baskets with both items, on the diagonal those with one."""
    rules: pd.DataFrame
    """See `rules.rule_table`."""
    substitutes: pd.DataFrame
    """See `relations`."""
    ranking: Ranking
    max_q_value: float
    """Up to which a rule is significant."""

    @cached_property
    def barred(self) -> csr_array:
        """(items, items) 1.0 for pairs of substitutes, both ways round."""
        first, second = (
            np.searchsorted(self.baskets.items, self.substitutes[name].to_numpy(dtype=np.str_))
            for name in ("first", "second")
        )
        size = (len(self.baskets.items),) * 2
        both = np.concatenate([first, second]), np.concatenate([second, first])
        return csr_array((np.ones(2 * len(first)), both), shape=size)

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """The rules that count as evidence: significant, and explained by nothing else."""
        rules = self.rules
        return rules[(rules["q_value"] <= self.max_q_value) & ~rules["explained"]]


def mine(baskets: Baskets, config: BundlesConfig) -> Mined:
    """Count, test and rank. Raises `InputError` when the baskets hold too little to learn from."""
    together, within = pair_counts(baskets.table), within_customers(baskets)
    return Mined(
        baskets,
        together,
        rule_table(baskets, together, within, config),
        substitutes(within, baskets.items),
        fit_ranking(baskets, together, config),
        config.max_q_value,
    )
