"""How widely lists are spread over what could be offered: shares of items shown, and of places one item takes.

They are counted over the lists of all customers, so there is nothing to be unsure of.
"""

from training.averages import Key
from training.cross_sell.backtest import Judged
from training.cross_sell.ranking_metrics import catalogue_coverage, top_item_share

COVERAGE = "catalogue_coverage"
"""Share of all items that are in at least one list of ten."""

TOP_ITEM = "top_item_share"
"""Share of all places in the lists of ten that the most listed item takes."""

LISTED_KINDS = ("all", "new")
"""Kinds of lists that are looked at: repeat purchases are no choice of a recommender."""

OFFERED = 10
"""Items in a list."""


def spread(judged: Judged) -> dict[Key, float]:
    """Everybody's `COVERAGE` and `TOP_ITEM` at one test period, `metric.kind`."""
    found: dict[Key, float] = {}
    for kind in LISTED_KINDS:
        for model, lists in judged.lists[kind].items():
            top = lists[:, :OFFERED]
            found[model, f"{COVERAGE}.{kind}"] = catalogue_coverage(top, len(judged.items))
            found[model, f"{TOP_ITEM}.{kind}"] = top_item_share(top)
    return found
