"""The store as it is loaded: never with anybody whom the ledger knows as erased."""

from pathlib import Path

from features.store import SqliteStore, remove_customers
from serving.ledger import Ledger
from serving.telemetry import logs


def load_store(path: Path, ledger: Ledger) -> SqliteStore:
    """The store at a path without anybody who was erased: they are removed from its file first.

    Raises `StoreError` for a missing or broken store, `LedgerError` when the ledger cannot be asked.
    """
    store = SqliteStore(path)
    if not (erased := ledger.erased(store.ids())):
        return store
    store.close()
    remove_customers(path, erased)
    logs.event("erased-removed", customers=len(erased))
    return SqliteStore(path)
