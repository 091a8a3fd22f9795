"""Online store: the newest snapshot of every customer and what to offer them, looked up by id.

One SQLite file holds one snapshot. A published file is never changed, only replaced whole, so a reader
needs no lock and goes on reading the file that it opened. Costs nothing but sqlite3 and numpy to import.
"""

from features.store.content import (
    CandidateInfo,
    CandidateRows,
    OnlineStore,
    PopularItem,
    StoredCandidates,
    StoredCustomer,
    StoredItem,
    StoreError,
    StoreInfo,
)
from features.store.publication import publish_sqlite
from features.store.sqlite import SqliteStore

__all__ = [
    "CandidateInfo",
    "CandidateRows",
    "OnlineStore",
    "PopularItem",
    "SqliteStore",
    "StoreError",
    "StoreInfo",
    "StoredCandidates",
    "StoredCustomer",
    "StoredItem",
    "publish_sqlite",
]
