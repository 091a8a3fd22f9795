"""Where candidates come from: named sources, each a score of every item for every customer.

A source proposes the items that it scores highest, and its score is a feature of the pair whoever proposed it. All
are closed forms over purchases before the moment; none knows a label.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features import affinity
from features.contract import choice
from features.errors import InputError
from features.interactions import Codes, Floats, Interactions
from features.pair.neighbours import Neighbourhood
from features.pair.reasons import ItemWeights

HEAD = 1_500
"""Items, the most bought ones, that item-to-item matrices are made of: their cost grows with its cube."""

_FADING_DAYS = 120.0
_RECENT_DAYS = 28.0
_FEW_TASTES, _MANY_TASTES = 12, 48

Scores = Callable[[Codes], Floats]
"""Scores (b, items) for b customers by their codes; 0 says nothing."""


PROPOSES: Mapping[str, int] = MappingProxyType(
    {
        "own history": 120,
        "own baskets": 30,
        "popular": 40,
        "trending": 15,
        "similar items": 40,
        "linear over items": 70,
        "linear over recent items": 50,
        "linear over products": 80,
        "together in baskets": 20,
        "after the last basket": 20,
        "neighbours": 70,
        "recent neighbours": 50,
        "wide neighbours": 50,
    }
)
"""How many candidates each source proposes to a customer; the scores of the others are features only."""


@dataclass(frozen=True)
class Source:
    """One origin of candidates: the `proposes` best positive scores of a customer become candidates.

    A source proposes among items that are `new` to the customer, or among those that are not: what customers buy
    again and again would otherwise leave no room for anything else.

    `feature` names the feature that the score is; None where a feature of the pair or the item says the same.
    `weights` are what the score adds up, of the one source whose reasons are told.
    """

    name: str
    scores: Scores
    feature: str | None = None
    weights: ItemWeights | None = None
    new: bool = True
    proposes: int = 0


def sources(lines: Interactions, finer: csr_array, without: Collection[str] = ()) -> tuple[Source, ...]:
    """All sources over the purchases `lines`; `finer` (customers, products) counts them at a finer level.

    Those named in `without` propose nothing; their scores stay features.
    """
    found = chain(
        _own(lines),
        _everybody(lines),
        _neighbours(lines, finer),
        _item_to_item(lines, finer),
        _last_baskets(lines),
    )
    return tuple(
        replace(each, proposes=0 if each.name in without else PROPOSES.get(each.name, 0)) for each in found
    )


def require_sources(names: Collection[str]) -> None:
    """Raise `InputError` when one of the names is that of no source that proposes candidates."""
    for name in names:
        if name not in PROPOSES:
            raise InputError(
                f'[cross_sell] without_sources: "{name}" is no source of candidates{choice(name, PROPOSES)}'
            )


def _own(lines: Interactions) -> Iterator[Source]:
    fading = lines.fading(_FADING_DAYS)
    by_order = lines.sums(0.8**lines.basket)
    slowly = lines.sums(0.95**lines.basket)
    newest, over = _in_baskets(lines)
    yield Source("own history", lambda rows: fading[rows].toarray(), new=False)
    yield Source(
        "own baskets",
        lambda rows: by_order[rows].toarray(),
        "pair_fading_baskets",
        new=False,
    )
    yield Source(
        "newest basket",
        lambda rows: newest[rows].toarray(),
        "pair_basket_rank",
    )
    yield Source("own baskets, slowly", lambda rows: slowly[rows].toarray(), "pair_fading_baskets_slowly")
    yield Source("own rhythm", lambda rows: over[rows].toarray(), "pair_rank_over_distance")


def _everybody(lines: Interactions) -> Iterator[Source]:
    recent, usual = share_of_active(lines, _RECENT_DAYS), share_of_active(lines, 3 * _RECENT_DAYS)
    growth = np.maximum(share_of_active(lines, _RECENT_DAYS / 2) - usual / 3, 0.0)
    yield Source("popular", lambda rows: np.broadcast_to(recent, (len(rows), len(recent))))
    yield Source("trending", lambda rows: np.broadcast_to(growth, (len(rows), len(growth))))


def _neighbours(lines: Interactions, finer: csr_array) -> Iterator[Source]:
    ever, recent, lately = lines.bought(), lines.bought(3 * _RECENT_DAYS), lines.bought(_RECENT_DAYS)
    alike = Neighbourhood(_head_of(lines.fading(_FADING_DAYS)), 50)
    shared = Neighbourhood(_head_of(_square_roots(lines.counts(3 * _RECENT_DAYS))), 50)
    wide = Neighbourhood(_head_of(finer), 300)
    weight = 0.95**lines.basket
    held = lines.sums(weight / _in_all_baskets(lines, weight))
    rates = (
        ("neighbours", alike, recent, "neighbour_rate"),
        ("neighbours ever", alike, ever, "neighbour_rate_ever"),
        ("neighbours' baskets", alike, held, "neighbour_basket_share"),
        ("recent neighbours", shared, ever, "neighbour_rate_recent"),
        ("wide neighbours", wide, lately, "neighbour_rate_28d"),
        ("wide neighbours ever", wide, ever, "neighbour_rate_wide"),
    )
    for name, around, bought, feature in rates:
        yield Source(name, around.rates(bought), feature)


def _in_all_baskets(lines: Interactions, weight: NDArray[np.floating[Any]]) -> Floats:
    """(lines,) the weight of all baskets of the line's customer, where `weight` (lines,) is that of its basket."""
    serial = affinity.basket_serials(lines)
    of_basket = np.zeros(int(serial.max(initial=-1)) + 1)
    of_basket[serial] = weight
    customer = np.repeat(np.arange(len(lines.customers)), lines.baskets)
    return np.asarray(
        np.bincount(customer, of_basket, len(lines.customers))[lines.customer], dtype=np.float64
    )


def _item_to_item(lines: Interactions, finer: csr_array) -> Iterator[Source]:
    bought, customers = lines.bought(), len(lines.customers)
    head, width = affinity.most_bought(bought, HEAD), len(lines.items)
    ever, fading = bought[:, head], _logged(lines.fading(_FADING_DAYS))[:, head]
    gram, products = affinity.together(ever), _head_of(finer, binary=True)
    linear = affinity.item_to_item(gram, 0.2 * customers)
    faded = affinity.item_to_item(affinity.together(fading), 0.02 * customers)
    weights, intercepts = affinity.regression(products, ever, 0.6 * customers)
    often = _logged(lines.counts())[:, head]
    often_gram = affinity.together(often)
    yield Source("similar items", _times(ever, affinity.cosine(gram), head, width), "item_cosine")
    yield Source(
        "linear over items", _times(ever, linear, head, width), "item_linear", ItemWeights(head, linear)
    )
    yield Source("linear over recent items", _times(fading, faded, head, width), "item_linear_fading")
    yield Source("linear over products", _times(products, weights, head, width, intercepts), "product_linear")
    for rank in (_FEW_TASTES, _MANY_TASTES):
        of_ever, of_often = affinity.factors(gram, rank), affinity.factors(often_gram, rank)
        yield Source(f"{rank} tastes", _projected(ever, of_ever, head, width), f"item_factors_{rank}")
        yield Source(f"{rank} habits", _projected(often, of_often, head, width), f"item_factors_often_{rank}")


def _last_baskets(lines: Interactions) -> Iterator[Source]:
    head, width = affinity.most_bought(lines.bought(), HEAD), len(lines.items)
    recent = lines.age < _FADING_DAYS
    serial = affinity.basket_serials(lines)
    shape = (int(serial.max(initial=0)) + 1, width)
    baskets = csr_array((np.ones(recent.sum()), (serial[recent], lines.item[recent])), shape=shape)[:, head]
    filled = max(1, len(np.unique(serial[recent])))
    linear = affinity.item_to_item(affinity.together(baskets), 0.01 * filled)
    following = affinity.following(lines, head, 20.0)
    last = lines.basket == 0
    size = np.bincount(lines.customer[last], minlength=len(lines.customers))
    lately, newest = lines.sums(0.7**lines.basket)[:, head], lines.sums(last / size[lines.customer])[:, head]
    yield Source("together in baskets", _times(lately, linear, head, width), "basket_linear")
    yield Source("after the last basket", _times(newest, following, head, width), "basket_following")


def _times(
    table: csr_array, weights: Floats, head: Codes, width: int, intercepts: Floats | float = 0.0
) -> Scores:
    """Scores `table @ weights + intercepts` of the head's items at their places among all; the others get 0."""

    def over_all(rows: Codes) -> Floats:
        wide = np.zeros((len(rows), width))
        # dense: several times faster than a sparse row by row product at these widths
        wide[:, head] = table[rows].toarray() @ weights + intercepts
        return wide

    return over_all


def _projected(table: csr_array, directions: Floats, head: Codes, width: int) -> Scores:
    """Scores of the head's items: the table's rows projected onto the directions; the others get 0."""

    def over_all(rows: Codes) -> Floats:
        wide = np.zeros((len(rows), width))
        wide[:, head] = table[rows].toarray() @ directions @ directions.T
        return wide

    return over_all


def _head_of(table: csr_array, *, binary: bool = False) -> csr_array:
    """The columns that most rows have, at most `HEAD`, with their counts or with 1.0 in their place."""
    held = table.copy()
    held.data = np.ones_like(held.data)
    head = affinity.most_bought(held, HEAD)
    return (held if binary else table)[:, head]


def _logged(counts: csr_array) -> csr_array:
    logged = counts.copy()
    logged.data = np.log1p(logged.data)
    return logged


def _square_roots(counts: csr_array) -> csr_array:
    roots = counts.copy()
    roots.data = np.sqrt(roots.data)
    return roots


def share_of_active(lines: Interactions, days: float) -> Floats:
    """(items,) share of the customers with a purchase in the last `days` who bought the item."""
    bought = lines.bought(days)
    active = max(1, int((np.diff(bought.indptr) > 0).sum()))
    return np.asarray(bought.sum(axis=0)).ravel() / active


def _in_baskets(lines: Interactions) -> tuple[csr_array, csr_array]:
    """The customer's own rhythm with an item in baskets instead of days, twice (customers, items).

    First 1 + the number of the newest basket with it, then that over the mean distance between baskets with it: 0
    where there is only one.
    """
    order = np.lexsort((lines.basket, lines.item, lines.customer))
    pair = np.stack([lines.customer[order], lines.item[order]])
    first = np.flatnonzero(np.append(True, (np.diff(pair) != 0).any(axis=0)))
    last = np.append(first[1:], len(order)) - 1
    newest, oldest = lines.basket[order][first], lines.basket[order][last]
    since = newest + 1.0
    distance = (oldest - newest) / np.maximum(last - first, 1)
    over = np.divide(since, distance, out=np.zeros_like(since), where=distance > 0)
    places = (pair[0, first], pair[1, first])
    return csr_array((since, places), shape=lines.shape), csr_array((over, places), shape=lines.shape)
