"""Online store: the newest snapshot of every customer, what to offer them and what they use to buy, by id.

One SQLite file holds one snapshot. A published file is never changed, only replaced whole, so a reader
needs no lock and goes on reading the file that it opened. Costs nothing but sqlite3 and numpy to import.
"""

from features.store.content import (
    BundleInfo,
    CandidateInfo,
    CandidateRows,
    DescribedFeature,
    HabitRows,
    LifeCycle,
    OnlineStore,
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
from features.store.publication import publish_sqlite
from features.store.removal import remove_customers
from features.store.sqlite import SqliteStore

__all__ = [
    "BundleInfo",
    "CandidateInfo",
    "CandidateRows",
    "DescribedFeature",
    "HabitRows",
    "LifeCycle",
    "OnlineStore",
    "PopularItem",
    "Segments",
    "SqliteStore",
    "StoreError",
    "StoreInfo",
    "StoredCandidates",
    "StoredConsent",
    "StoredCustomer",
    "StoredHabits",
    "StoredItem",
    "StoredProfile",
    "ValueTier",
    "publish_sqlite",
    "remove_customers",
]
