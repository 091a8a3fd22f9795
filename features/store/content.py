"""What an online store holds, and what the service may ask of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError


class StoreError(InputError):
    """The store is missing, garbled or may not be published; says what to do."""


@dataclass(frozen=True)
class CandidateInfo:
    """What the candidates are: which features of a (customer, item) pair in which order, for which horizon.

    An item which a customer has not bought for `new_after_days` is new to them; `customers` is how many have
    a row, an empty one included. `fingerprint` is the one of the pair feature set.
    """

    fingerprint: str
    item_level: str
    horizon_days: int
    new_after_days: int
    pair_names: tuple[str, ...]
    item_names: tuple[str, ...]
    customer_names: tuple[str, ...]
    customers: int

    @property
    def names(self) -> tuple[str, ...]:
        """The features of one candidate in the model's order: of the pair, the item, the customer."""
        return self.pair_names + self.item_names + self.customer_names


@dataclass(frozen=True)
class BundleInfo:
    """What habits are about: an item is one of `item_level`, and `customers` is how many have habits."""

    item_level: str
    customers: int


@dataclass(frozen=True)
class DescribedFeature:
    """How a feature of the customers is read: its unit as in `features.wording`, and its plain words.

    `words` has `{value}` where the value goes; `levels` are the texts that the codes of an attribute stand for.
    """

    name: str
    unit: str
    words: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds: which features in which order, known when, for how many customers.

    `as_of` and `published_at` are timezone-aware UTC; `definition` is the JSON text of the churn definition
    which decided who is in the population; `candidates` is None in a store without cross-sell, `bundles` in one
    without habits. `currency` is that of all money (three letters) and `described` tells of every feature in
    `names`, in that order; both are empty where the publisher did not say.
    """

    fingerprint: str
    as_of: datetime
    published_at: datetime
    names: tuple[str, ...]
    customers: int
    definition: str
    candidates: CandidateInfo | None = None
    bundles: BundleInfo | None = None
    currency: str = ""
    described: tuple[DescribedFeature, ...] = ()


@dataclass(frozen=True)
class StoredCustomer:
    """Features at `as_of` (float64, NaN = unknown) and whether the churn definition covers the customer.

    A store hands out arrays that cannot be written to, here as everywhere.
    """

    features: NDArray[np.float64]
    in_population: bool


@dataclass(frozen=True)
class StoredItem:
    """An item that can be offered: its id at the item level, its name for people, and its features.

    `parent` is the id one level up, "" when unknown; `features` (item names,) is float64, NaN = unknown.
    """

    item: str
    name: str
    parent: str
    features: NDArray[np.float64]


@dataclass(frozen=True)
class StoredCandidates:
    """The n items that may be offered to one customer, the best source's first; n = 0 without a history.

    `items` (n,) are places in the store's items, none of them twice; `because` (n,) is the place of the
    bought item that speaks most for the candidate, -1 for none (both int32). `pairs` (n, pair names) and
    `customer` (customer names,) are float64, NaN = unknown. `segment` is the customer's, "" = everybody.
    """

    items: NDArray[np.int32]
    because: NDArray[np.int32]
    pairs: NDArray[np.float64]
    customer: NDArray[np.float64]
    segment: str


@dataclass(frozen=True)
class PopularItem:
    """A place in the store's items, and the share (0 to 1) of a segment's customers who buy that item.

    The share is of those who buy it within the horizon, shrunk where the segment is small.
    """

    item: int
    probability: float


@dataclass(frozen=True)
class CandidateRows:
    """What a publisher hands over besides the customers.

    `items` fix the places that `rows` (by customer id) and `popular` speak of. `popular` is by segment, the
    most probable first; the segment "" = everybody must be there.
    """

    items: Sequence[StoredItem]
    rows: Iterable[tuple[str, StoredCandidates]]
    popular: Mapping[str, Sequence[PopularItem]]


@dataclass(frozen=True)
class StoredHabits:
    """Which share (above 0, at most 1) of a customer's baskets of the last year holds which item.

    `items` (n,) are places in the store's habit items (int32), none of them twice; `share` (n,) is float64.
    """

    items: NDArray[np.int32]
    share: NDArray[np.float64]


@dataclass(frozen=True)
class HabitRows:
    """What a publisher hands over for bundles: `items` fix the places that `rows` (by customer id) speak of."""

    items: Sequence[str]
    rows: Iterable[tuple[str, StoredHabits]]


LifeCycle = Literal["new", "growing", "steady", "slowing", "at risk", "lost"]
ValueTier = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Segments:
    """Where a customer stands among all, as `features.segments` defines it; None where unknown.

    Quintiles are 1 to 5, 5 the best: the most recent, the most frequent, the highest spend.
    """

    recency_quintile: int | None = None
    frequency_quintile: int | None = None
    monetary_quintile: int | None = None
    life_cycle: LifeCycle | None = None
    value_tier: ValueTier | None = None


@dataclass(frozen=True)
class StoredConsent:
    """What a customer last answered, before `as_of`, to one use of one channel; `at` is UTC."""

    channel: str
    purpose: str
    granted: bool
    at: datetime


@dataclass(frozen=True)
class StoredProfile:
    """What rules and people ask about a customer beyond the features.

    `bought` (n,) are places in the store's items (int32), rising, that the customer bought within
    `new_after_days` before `as_of`: empty without cross-sell. `consents` hold each channel and purpose once.
    """

    segments: Segments
    bought: NDArray[np.int32]
    consents: tuple[StoredConsent, ...] = ()


class OnlineStore(Protocol):
    """What the service needs of a store; the suites in `tests/contracts` hold every implementation to it."""

    @property
    def info(self) -> StoreInfo:
        """What this store holds."""

    @property
    def items(self) -> tuple[StoredItem, ...]:
        """Every item that candidates and popular items may name by its place; empty without cross-sell."""

    def get(self, customer_id: str) -> StoredCustomer | None:
        """The customer, or None when unknown; any string may be asked for. Raises `StoreError`."""

    def ids(self) -> Iterator[str]:
        """The id of every customer that `get` knows, each once, in the order of their characters' code points.

        Raises `StoreError` as soon as one cannot be read.
        """

    def profile(self, customer_id: str) -> StoredProfile | None:
        """Segments, purchases and consents, or None when unknown or never published; raises like `get`."""

    def candidates(self, customer_id: str) -> StoredCandidates | None:
        """What may be offered, or None when unknown or without cross-sell; raises `StoreError` like `get`."""

    def popular(self, segment: str) -> tuple[PopularItem, ...]:
        """The segment's items, most probable first; everybody's for an unknown one; none without cross-sell."""

    @property
    def habit_items(self) -> Sequence[str]:
        """The id of every item that habits may name by its place; empty without bundles."""

    def habits(self, customer_id: str) -> StoredHabits | None:
        """What they use to buy, or None when unknown or without bundles; raises `StoreError` like `get`."""

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""
