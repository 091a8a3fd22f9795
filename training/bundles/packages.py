"""Bundles for a product manager: two items or more at a discount, and what that would bring or cost.

The discount goes to everybody who takes the bundle, so also to those who buy all of it anyway. What it may win are
baskets that lack one of the items: the more of those with the rest hold it today, the likelier. Of the baskets
that lack an item as many add it as `uptake` times that share says. The uptake is no finding but an assumption,
and beside the expected extra margin stands the uptake from which on the bundle pays; above 1 it hardly can.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.item_value import ItemValues
from training.bundles.mined import Mined
from training.config import Packages

COMPLEMENT = "complement"


@dataclass(frozen=True)
class Package:
    """One bundle; amounts are in the dataset's currency, over all mined baskets."""

    items: tuple[str, ...]
    count: int
    """Baskets that hold all of it: they would have bought it anyway, and get the discount."""
    lacking_one: int
    """Baskets that hold all but one of its items."""
    persuadable: float
    """Those, each weighing the share of baskets with the rest of the bundle that hold the missing item today."""
    price: float
    """Of all items together, before the discount."""
    lift: float
    """Baskets with all of it over those expected if its items were bought independently."""
    margin_is_assumed: bool
    """Whether the unit cost of an item is unknown, so that `margin_share` of its price stands in."""
    given_away: float
    """Discount to those who would have bought all of it anyway."""
    won_per_basket: float
    """Margin, after the discount on the whole bundle, of one persuaded basket, on average."""
    expected_extra_margin: float
    """`uptake * persuadable * won_per_basket - given_away`."""
    paying_uptake: float
    """Uptake at which the extra margin is 0; infinite where it never pays."""


def packages(mined: Mined, values: ItemValues, assumed: Packages) -> list[Package]:
    """Itemsets whose items are all complements of each other, the highest expected extra margin first.

    Every pair of a bundle is significant evidence of a complement that promotions do not explain. `values` are
    those of the mined items, in their order; itemsets with an item whose price is unknown are left out.
    """
    complements, offered = _complements(mined.evidence), _Offered(mined, values, assumed)
    found = [
        offered.package(items, count)
        for items, count in _itemsets(mined.rules)
        if all(pair in complements for pair in combinations(items, 2)) and offered.has_prices(items)
    ]
    return sorted(found, key=lambda each: (-each.expected_extra_margin, each.items))


class _Offered:
    """Mined items with their values under the assumptions."""

    def __init__(self, mined: Mined, values: ItemValues, assumed: Packages) -> None:
        self._items = mined.baskets.items
        self._columns = mined.baskets.table.tocsc()
        self._price = values.price
        self._assumed = assumed
        self._unknown = np.isnan(values.margin)
        self._margin = np.where(self._unknown, assumed.margin_share * values.price, values.margin)

    def has_prices(self, items: Sequence[str]) -> bool:
        return bool(np.isfinite(self._price[self._codes(items)]).all())

    def package(self, items: tuple[str, ...], count: int) -> Package:
        codes, assumed = self._codes(items), self._assumed
        price = float(self._price[codes].sum())
        lacking = np.array([self._with_all(np.delete(codes, place)) - count for place in range(len(codes))])
        persuadable = lacking * count / np.maximum(lacking + count, 1)
        won = float(persuadable @ (self._margin[codes] - assumed.discount * price))
        given_away = assumed.discount * price * count
        return Package(
            items,
            count,
            lacking_one=int(lacking.sum()),
            persuadable=float(persuadable.sum()),
            price=price,
            lift=self._lift(codes, count),
            margin_is_assumed=bool(self._unknown[codes].any()),
            given_away=given_away,
            won_per_basket=won / max(1.0, float(persuadable.sum())),
            expected_extra_margin=assumed.uptake * won - given_away,
            paying_uptake=given_away / won if won > 0 else np.inf,
        )

    def _codes(self, items: Sequence[str]) -> NDArray[np.intp]:
        return np.searchsorted(self._items, items)

    def _with_all(self, codes: NDArray[np.intp]) -> int:
        """Baskets that hold every one of these items."""
        held = np.asarray(self._columns[:, codes].sum(axis=1)).ravel()
        return int((held == len(codes)).sum())

    def _lift(self, codes: NDArray[np.intp], count: int) -> float:
        total = self._columns.shape[0]
        shares = np.diff(self._columns.indptr)[codes] / total
        return float(count / (total * shares.prod()))


def _complements(evidence: pd.DataFrame) -> set[tuple[str, str]]:
    """Pairs of complements, each in the order of the ids."""
    pairs = evidence[(evidence["relation"] == COMPLEMENT) & (evidence["antecedent"].map(len) == 1)]
    return {
        (min(antecedent[0], consequent), max(antecedent[0], consequent))
        for antecedent, consequent in zip(pairs["antecedent"], pairs["consequent"], strict=True)
    }


def _itemsets(rules: pd.DataFrame) -> Iterator[tuple[tuple[str, ...], int]]:
    """Every itemset of a rule with its count, each once."""
    sets = {
        tuple(sorted((*antecedent, consequent))): int(count)
        for antecedent, consequent, count in zip(
            rules["antecedent"], rules["consequent"], rules["count"], strict=True
        )
    }
    yield from sorted(sets.items())
