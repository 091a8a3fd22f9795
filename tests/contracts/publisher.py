"""Publishes one snapshot after another at a path, takes a customer out of each, and never ends by itself."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.store import SqliteStore, publish_sqlite, remove_customers
from tests.contracts.test_store import INFO

CUSTOMERS = 400


def publish(path: Path, number: int) -> None:
    """A snapshot whose every row says its number."""

    def rows() -> Iterator[tuple[str, bool, NDArray[np.float64]]]:
        for customer in range(CUSTOMERS):
            yield f"{customer}", True, np.full(len(INFO.names), float(number))

    publish_sqlite(path, replace(INFO, fingerprint=f"{number}", customers=CUSTOMERS), rows())


def read(path: Path) -> tuple[int, int]:
    """The number of the snapshot and how many customers it has, when it is whole and of one piece."""
    store = SqliteStore(path)
    ids = list(store.ids())
    rows = [store.get(customer_id) for customer_id in ids]
    numbers = {value for row in rows if row is not None for value in row.features.tolist()}
    assert numbers == {float(store.info.fingerprint)}
    assert set(ids) >= {f"{customer}" for customer in range(1, CUSTOMERS)}
    store.close()
    return int(store.info.fingerprint), len(ids)


if __name__ == "__main__":
    for snapshot in count(1):
        publish(Path(sys.argv[1]), snapshot)
        print(snapshot, flush=True)  # noqa: T201 - what the test reads
        remove_customers(Path(sys.argv[1]), ["0"])
