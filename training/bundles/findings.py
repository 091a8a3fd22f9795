"""What one run over baskets found out, measured once and ready to be shown in any form."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.dataset import Bundles
from features.item_value import ItemValues
from features.workspace import Workspace
from training.bundles.artifact import ItemWords
from training.bundles.backtest import MODEL, PROBABILITY, Judged
from training.bundles.explanation import taken
from training.bundles.mined import Mined
from training.bundles.packages import Package
from training.bundles.promotion import Level
from training.config import Packages
from training.intervals import Interval

METRICS = ("hit_rate_at_5", "hit_rate_at_10", "mrr_at_5", "mrr_at_10")


@dataclass(frozen=True)
class Findings:
    """Everything that one run found out."""

    workspace: Workspace
    declared: Bundles
    judged: Judged
    """The suggestions of what was mined before the newest `test_days`, on the baskets of these days."""
    mined: Mined
    """What serves: mined from all baskets."""
    worth: ItemValues
    """Of the mined items."""
    words: ItemWords
    assumed: Packages
    """What the packages rest on."""
    packages: tuple[Package, ...]
    """The highest expected extra margin first."""
    tested_from: datetime
    learned_through: datetime

    @property
    def baselines(self) -> list[str]:
        """Everybody who was judged but the model."""
        return [name for name in self.judged.lists if name != MODEL]

    @cached_property
    def metrics(self) -> dict[str, dict[str, Interval]]:
        """By model or baseline, then by metric: the mean over baskets."""
        return {
            name: {metric: self.judged.replicates.mean(name, metric) for metric in METRICS}
            for name in self.judged.lists
        }

    @cached_property
    def ratios(self) -> dict[str, dict[str, Interval]]:
        """By baseline, then by metric: the model's mean over that one's, paired."""
        return {
            rival: {metric: self.judged.replicates.ratio(MODEL, rival, metric) for metric in METRICS}
            for rival in self.baselines
        }

    @cached_property
    def probability(self) -> Interval:
        """What the model says that its lists of ten hold, a basket; to be compared with its hit rate."""
        return self.judged.replicates.mean(MODEL, PROBABILITY)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """The rules between two items, once each: the one whose antecedent comes first."""
        rules = self.mined.rules
        alone = rules["antecedent"].map(len) == 1
        first = rules["antecedent"].map(lambda items: items[0])
        return rules[alone & (first < rules["consequent"])]

    @cached_property
    def explained(self) -> pd.DataFrame:
        """Pairs that basket size, store and season or promotions explain; first those that promotions do.

        Of these the surest fall of the lift comes first, of all others the highest lift.
        """
        found = self.pairs[self.pairs["explained"]]
        by_promotion = found["explained_by"] == Level.PROMOTION
        others = found[~by_promotion].sort_values(["lift", "count"], ascending=False, kind="stable")
        return pd.concat([found.loc[taken(found[by_promotion]).index], others])

    @cached_property
    def complements(self) -> pd.DataFrame:
        """Pairs of complements that are evidence; the highest adjusted lift first."""
        found = self.pairs[self.pairs.index.isin(self.mined.evidence.index)]
        found = found[found["relation"] == "complement"]
        return found.sort_values(["adjusted_lift", "count"], ascending=False, kind="stable")

    @property
    def fingerprint(self) -> str:
        """What the baskets were made from: the data, and what an item is."""
        return f"{self.workspace.tables.fingerprint}/{self.declared.item_level}"

    def parent(self, item: str) -> str:
        """The category of an item, empty where none is known."""
        return self.words.parents.get(item, "")

    def name(self, item: str) -> str:
        """How an item is called."""
        return self.words.names.get(item, item)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(items,) baskets with each mined item."""
        return self.mined.baskets.counts
