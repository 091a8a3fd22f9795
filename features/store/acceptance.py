"""What a store accepts: every rule that a row breaks is named before anything is published."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from features.store.content import (
    CandidateInfo,
    LifeCycle,
    PopularItem,
    Segments,
    StoredCandidates,
    StoredConsent,
    StoredCustomer,
    StoredHabits,
    StoredItem,
    StoredProfile,
    StoreError,
    StoreInfo,
    ValueTier,
)

_QUINTILES = {None, 1, 2, 3, 4, 5}


def accept_info(info: StoreInfo) -> None:
    """Raises `StoreError` unless the features are described all and in order, or not at all."""
    described = tuple(feature.name for feature in info.described)
    _require(
        described in {(), info.names}, "the description", "it tells of every feature in order, or of none"
    )


def accept_customer(customer_id: str, customer: StoredCustomer, width: int) -> None:
    """Raises `StoreError` unless the id is text and the features are `width` finite or unknown numbers."""
    thing = f"customer {customer_id!a}"
    _require_id(customer_id, thing)
    _require_numbers(customer.features, (width,), thing)


def accept_profile(customer_id: str, profile: StoredProfile, items: int) -> None:
    """Raises `StoreError` unless the segments exist, places are among the `items`, and consents come once."""
    thing = f"the profile of customer {customer_id!a}"
    _require_id(customer_id, thing)
    _require_segments(profile.segments, thing)
    _require_places(profile.bought, 0, items, thing)
    rising = bool((profile.bought[1:] > profile.bought[:-1]).all())
    _require(rising, thing, "the bought items come once, in the order of their places")
    _require_consents(profile.consents, thing)


def accept_items(items: Iterable[StoredItem], width: int) -> None:
    """Raises `StoreError` unless every item has its own id, texts, and `width` finite or unknown numbers."""
    known: set[str] = set()
    for item in items:
        thing = f"item {item.item!a}"
        _require_id(item.item, thing)
        _require(item.item not in known, thing, "an item comes once")
        _require(
            _is_text(item.name) and _is_text(item.parent), thing, "its name and its parent are UTF-8 text"
        )
        _require_numbers(item.features, (width,), thing)
        known.add(item.item)


def accept_popular(popular: Mapping[str, Sequence[PopularItem]], items: int) -> None:
    """Raises `StoreError` unless everybody's are there, and each segment's items go down in probability."""
    _require("" in popular, "the popular items", "the segment '' says what everybody buys")
    for segment, ones in popular.items():
        thing = f"the list of popular items of segment {segment!a}"
        _require(_is_text(segment), thing, "a segment is UTF-8 text")
        _require_places(np.array([one.item for one in ones], dtype=np.int64), 0, items, thing)
        _require(len({one.item for one in ones}) == len(ones), thing, "an item comes once")
        shares = [one.probability for one in ones]
        _require(all(0 <= share <= 1 for share in shares), thing, "a probability is between 0 and 1")
        _require(shares == sorted(shares, reverse=True), thing, "the most probable item comes first")


def accept_candidates(customer_id: str, row: StoredCandidates, info: CandidateInfo, items: int) -> None:
    """Raises `StoreError` unless the row fits `info` and names places among the `items` only."""
    thing = f"the list of candidates of customer {customer_id!a}"
    _require_id(customer_id, thing)
    _require(_is_text(row.segment), thing, "a segment is UTF-8 text")
    _require_places(row.items, 0, items, thing)
    _require_places(row.because, -1, items, thing)
    _require(
        row.because.size == row.items.size, thing, "each candidate has one place that speaks for it, or -1"
    )
    _require(np.unique(row.items).size == row.items.size, thing, "an item comes once")
    _require_numbers(row.pairs, (row.items.size, len(info.pair_names)), thing)
    _require_numbers(row.customer, (len(info.customer_names),), thing)


def accept_habit_items(items: Sequence[str]) -> None:
    """Raises `StoreError` unless every item has its own id."""
    for item in items:
        _require_id(item, f"habit item {item!a}")
    _require(len(set(items)) == len(items), "the list of habit items", "an item comes once")


def accept_habits(customer_id: str, row: StoredHabits, items: int) -> None:
    """Raises `StoreError` unless the row names places among the `items` only, each with its share."""
    thing = f"the habits of customer {customer_id!a}"
    _require_id(customer_id, thing)
    _require_places(row.items, 0, items, thing)
    _require(np.unique(row.items).size == row.items.size, thing, "an item comes once")
    _require(row.share.shape == row.items.shape, thing, "each item has one share")
    within = bool(((row.share > 0) & (row.share <= 1)).all())
    _require(within, thing, "a share is above 0 and at most 1")


def _require_segments(segments: Segments, thing: str) -> None:
    quintiles = {segments.recency_quintile, segments.frequency_quintile, segments.monetary_quintile}
    _require(quintiles <= _QUINTILES, thing, "a quintile is 1 to 5, or unknown")
    life_cycles, tiers = (None, *get_args(LifeCycle)), (None, *get_args(ValueTier))
    _require(segments.life_cycle in life_cycles, thing, f"a life cycle is one of {life_cycles}")
    _require(segments.value_tier in tiers, thing, f"a value tier is one of {tiers}")


def _require_consents(consents: Sequence[StoredConsent], thing: str) -> None:
    asked = [(one.channel, one.purpose) for one in consents]
    _require(len(set(asked)) == len(asked), thing, "a channel and purpose comes once")
    for one in consents:
        _require(_is_text(one.channel) and _is_text(one.purpose), thing, "channel and purpose are UTF-8 text")
        _require(one.at.utcoffset() == timedelta(0), thing, "a consent was given at a moment in UTC")


def _require_id(value: str, thing: str) -> None:
    _require(_is_text(value) and value != "", thing, "an id is UTF-8 text of at least one character")


def _require_numbers(values: NDArray[np.float64], shape: tuple[int, ...], thing: str) -> None:
    _require(values.shape == shape, thing, f"its features have the shape {shape}, here it is {values.shape}")
    _require(not np.isinf(values).any(), thing, "a feature is a finite number or NaN")


def _require_places(places: NDArray[np.integer], lowest: int, items: int, thing: str) -> None:
    _require(places.ndim == 1 and places.dtype.kind in "iu", thing, "places are a row of whole numbers")
    within = bool(((places >= lowest) & (places < items)).all())
    _require(within, thing, f"a place is one of the {items} items, counted from 0")


def _require(holds: bool, thing: str, rule: str) -> None:  # noqa: FBT001 - a check reads best with its condition first
    if not holds:
        raise StoreError(f"{thing} cannot be stored: {rule}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.encode(errors="ignore").decode() == value
