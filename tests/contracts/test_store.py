"""Every online store keeps these promises."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from features.store import OnlineStore, SqliteStore, StoreError, StoreInfo, publish_sqlite
from tests.fakes import MemoryStore

Row = tuple[str, bool, NDArray[np.float64]]
Publish = Callable[[StoreInfo, Iterable[Row]], OnlineStore]

NAMES = ("days_since_purchase", "baskets_28d", "spend_28d")
ROWS: list[Row] = [
    ("1", True, np.array([3.0, 2.0, 41.5])),
    ("01", True, np.array([4.0, 1.0, 9.99])),
    ("001", False, np.array([90.0, 0.0, 0.0])),
    ("Åse Ødegård 客", True, np.array([5.0, np.nan, 7.0])),
    ('O\'Brien "the" %_', True, np.array([np.nan, np.nan, np.nan])),
    ("two\nlines", False, np.array([6.0, 0.1 + 0.2, 1e308])),
    ("nul\x00inside", True, np.array([7.0, -1.0, -0.0])),
    ("nul", True, np.array([8.0, 5e-324, 2.0])),
    ("DE/4711", True, np.array([9.0, 3.0, 3.0])),
    ("x" * 128, True, np.array([10.0, 4.0, 4.0])),
]
INFO = StoreInfo(
    fingerprint="f1",
    as_of=datetime(2017, 12, 4, tzinfo=UTC),
    published_at=datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC),
    names=NAMES,
    customers=len(ROWS),
    definition='{"kind": "inactivity", "active_days": 56, "horizon_days": 28}',
)


@pytest.fixture(params=["sqlite", "memory"])
def publish(request: pytest.FixtureRequest, tmp_path: Path) -> Publish:
    def sqlite(info: StoreInfo, rows: Iterable[Row]) -> OnlineStore:
        publish_sqlite(tmp_path / "deep" / "online.sqlite", info, rows)
        return SqliteStore(tmp_path / "deep" / "online.sqlite")

    return {"sqlite": sqlite, "memory": MemoryStore}[request.param]


@pytest.fixture
def store(publish: Publish) -> Iterator[OnlineStore]:
    opened = publish(INFO, shuffled(ROWS))
    yield opened
    opened.close()
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    published = tmp_path / "online.sqlite"
    publish_sqlite(published, INFO, shuffled(ROWS))
    return published


def shuffled(rows: list[Row]) -> list[Row]:
    return [rows[place] for place in np.random.default_rng(7).permutation(len(rows))]


def info_for(rows: list[Row]) -> StoreInfo:
    return replace(INFO, customers=len(rows))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: ascii(row[0])[:20])
def test_a_customer_comes_back_to_the_last_bit(store: OnlineStore, row: Row) -> None:
    customer_id, in_population, features = row
    customer = store.get(customer_id)
    assert customer is not None
    assert customer.in_population is in_population
    assert customer.features.dtype == np.float64
    assert customer.features.tobytes() == features.tobytes()


@pytest.mark.parametrize(
    "stranger",
    ["", "2", "0001", " 1", "1 ", "åse ødegård 客", "nul\x00", "%", "' OR 1=1 --", "\ud800", "y" * 10_000],
)
def test_a_stranger_is_none(store: OnlineStore, stranger: str) -> None:
    assert store.get(stranger) is None


def test_info_comes_back_as_it_was(store: OnlineStore) -> None:
    assert store.info == INFO
    assert store.info.as_of.tzinfo is not None


def test_published_rows_are_not_modified(publish: Publish) -> None:
    features = np.array([1.0, 2.0, 3.0])
    publish(info_for(ROWS[:1]), [("1", True, features)]).close()
    assert features.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "bad",
    [
        ("2", True, np.array([1.0, 2.0])),
        ("2", True, np.array([1.0, 2.0, 3.0, 4.0])),
        ("2", True, np.array([[1.0, 2.0, 3.0]])),
        ("2", True, np.array([1.0, np.inf, 3.0])),
        ("2", True, np.array([1.0, -np.inf, 3.0])),
        ("1", True, np.array([1.0, 2.0, 3.0])),
        ("", True, np.array([1.0, 2.0, 3.0])),
        ("\ud800", True, np.array([1.0, 2.0, 3.0])),
    ],
    ids=["short", "long", "two-dimensional", "infinite", "minus-infinite", "doubled", "empty-id", "no-text"],
)
def test_a_bad_row_is_refused(publish: Publish, bad: Row) -> None:
    rows = [*ROWS[:2], bad]
    with pytest.raises(StoreError):
        publish(info_for(rows), rows)


def test_an_empty_store_is_refused(publish: Publish) -> None:
    with pytest.raises(StoreError):
        publish(info_for([]), [])


def test_another_number_of_rows_than_announced_is_refused(publish: Publish) -> None:
    with pytest.raises(StoreError):
        publish(INFO, ROWS[:-1])


class BrokenSourceError(Exception):
    """The rows stop coming."""


def breaking(rows: list[Row]) -> Iterator[Row]:
    yield from rows[:5]
    raise BrokenSourceError


@pytest.mark.parametrize("failing", [breaking(ROWS), iter(ROWS[:3])], ids=["source-breaks", "too-few"])
def test_a_failed_publish_leaves_the_old_store_and_nothing_else(path: Path, failing: Iterator[Row]) -> None:
    before = path.read_bytes()
    with pytest.raises((BrokenSourceError, StoreError)):
        publish_sqlite(path, INFO, failing)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_publish_leaves_one_file(path: Path) -> None:
    assert list(path.parent.iterdir()) == [path]


def test_an_open_store_goes_on_reading_what_it_opened(path: Path) -> None:
    old = SqliteStore(path)
    publish_sqlite(path, replace(INFO, fingerprint="f2", customers=1), [("new", True, np.zeros(3))])
    new = SqliteStore(path)
    assert [old.info.fingerprint, new.info.fingerprint] == ["f1", "f2"]
    assert old.get("1") is not None
    assert old.get("new") is None
    assert new.get("new") is not None
    assert new.get("1") is None


def test_an_open_store_outlives_its_deleted_file(path: Path) -> None:
    store = SqliteStore(path)
    path.unlink()
    assert all(store.get(customer_id) is not None for customer_id, _, _ in ROWS)


def test_reading_works_in_a_folder_with_odd_characters(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d%20é" / "online.sqlite"
    publish_sqlite(path, INFO, ROWS)
    assert SqliteStore(path).info == INFO


def test_a_missing_store_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="python -m features publish"):
        SqliteStore(tmp_path / "online.sqlite")


def other_layout(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()


def empty_database(path: Path) -> None:
    path.unlink()
    sqlite3.connect(path).close()
    path.touch()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no database at all" * 500),
        lambda path: path.write_bytes(path.read_bytes()[:3000]),
        other_layout,
        empty_database,
    ],
    ids=["empty", "garbage", "truncated", "other-layout", "other-database"],
)
def test_a_garbled_store_is_refused(path: Path, damage: Callable[[Path], object]) -> None:
    damage(path)
    with pytest.raises(StoreError, match="publish it again"):
        SqliteStore(path)


def test_an_altered_row_is_never_answered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(np.array([3.0, 2.0, 41.5], dtype="<f8").tobytes())
    content[place + 3] ^= 1
    path.write_bytes(content)
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="publish it again"):
        store.get("1")
    assert store.get("01") is not None


def test_a_store_broken_while_open_raises_its_own_error(path: Path) -> None:
    store = SqliteStore(path)
    path.write_bytes(b"x" * path.stat().st_size)
    with pytest.raises(StoreError, match="publish it again"):
        store.get("1")


KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from features.store import publish_sqlite
from tests.contracts.test_store import INFO, ROWS

def rows():
    yield from ROWS[:int(sys.argv[2])]
    os.kill(os.getpid(), signal.SIGKILL)

publish_sqlite(Path(sys.argv[1]), replace(INFO, fingerprint="f2"), rows())
"""


@pytest.mark.parametrize("after", [0, 3, 10])
def test_a_killed_writer_leaves_the_old_store(path: Path, after: int) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), str(after)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert SqliteStore(path).info == INFO


def test_a_folder_in_the_way_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "online.sqlite"
    path.mkdir()
    with pytest.raises(StoreError, match=r"cannot be written: .*Is a directory"):
        publish_sqlite(path, INFO, ROWS)
    assert list(tmp_path.iterdir()) == [path]
    shutil.rmtree(path)
    publish_sqlite(path, INFO, ROWS)
    assert SqliteStore(path).info == INFO


def test_reading_a_store_imports_no_data_frame_and_no_query_engine() -> None:
    command = [sys.executable, "-c", "import sys, features.store; print(*sys.modules)"]
    loaded = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    assert "features.store" in loaded
    assert {"duckdb", "ibis", "pandas", "pyarrow", "pydantic", "scipy"}.isdisjoint(loaded)
