"""Who is taken out of a store leaves nothing in it, and nobody else notices."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.store import SqliteStore, StoreError, publish_sqlite, remove_customers
from features.store.replacement import alone
from tests.contracts import test_store
from tests.contracts.test_store_candidates import CANDIDATES, offered
from tests.contracts.test_store_candidates import ROWS as OFFERED
from tests.contracts.test_store_habits import BUNDLES, used
from tests.contracts.test_store_habits import ROWS as USED
from tests.contracts.test_store_profiles import IDS, told
from tests.contracts.test_store_profiles import ROWS as PROFILES

INFO = replace(test_store.INFO, candidates=CANDIDATES, bundles=BUNDLES)
GONE = ("1", "nul\x00inside", "DE/4711")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    publish_sqlite(
        tmp_path / "online.sqlite", INFO, test_store.ROWS, offered(), used(), profiles=iter(PROFILES)
    )
    return tmp_path / "online.sqlite"


def everything(store: SqliteStore, customer_id: str) -> list[object]:
    """All that a store holds of a customer, to the last bit."""
    customer, profile = store.get(customer_id), store.profile(customer_id)
    held = [
        None if row is None else [np.asarray(value).tobytes() for value in vars(row).values()]
        for row in (customer, store.candidates(customer_id), store.habits(customer_id))
    ]
    return [*held, profile and told(profile)]


def test_the_removed_are_unknown_and_the_others_stay_as_they_were(path: Path) -> None:
    before = SqliteStore(path)
    removed = remove_customers(path, [*GONE, "stranger", "\ud800", ""])
    after = SqliteStore(path)

    assert removed == {"customers": 3, "candidates": 3, "habits": 2, "profiles": 3}
    assert [everything(after, customer_id) for customer_id in GONE] == [[None] * 4] * 3
    stay = sorted(set(IDS) - set(GONE))
    assert list(after.ids()) == stay
    assert [everything(after, one) for one in stay] == [everything(before, one) for one in stay]


def test_what_is_shared_stays_and_counts_are_corrected(path: Path) -> None:
    before = SqliteStore(path)
    remove_customers(path, GONE)
    after = SqliteStore(path)
    assert after.info == replace(
        INFO,
        customers=len(IDS) - 3,
        candidates=replace(CANDIDATES, customers=len(OFFERED) - 3),
        bundles=replace(BUNDLES, customers=len(USED) - 2),
    )
    assert [item.item for item in after.items] == [item.item for item in before.items]
    assert (after.popular(""), after.habit_items) == (before.popular(""), before.habit_items)


def test_nothing_of_the_removed_stays_in_the_file(path: Path) -> None:
    """Ids of one letter would be found anywhere, so this one is long; and so are its features."""
    long = "x" * 128
    features = np.array([10.0, 4.0, 4.0], "<f8").tobytes()
    assert long.encode() in path.read_bytes()
    assert features in path.read_bytes()
    remove_customers(path, [long])
    assert long.encode() not in path.read_bytes()
    assert features not in path.read_bytes()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("nobody", [[], ["stranger", "\ud800"]])
def test_where_nobody_goes_the_file_stays(path: Path, nobody: list[str]) -> None:
    before = path.stat()
    assert set(remove_customers(path, nobody).values()) == {0}
    assert path.stat() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_store_may_become_empty(path: Path) -> None:
    assert remove_customers(path, IDS)["customers"] == len(IDS)
    store = SqliteStore(path)
    assert (store.info.customers, list(store.ids()), store.get("1")) == (0, [], None)
    assert store.popular("") != ()


def test_a_bare_store_gives_up_its_customers_too(tmp_path: Path) -> None:
    path = tmp_path / "a b?c#d" / "online.sqlite"
    publish_sqlite(path, test_store.INFO, test_store.ROWS)
    assert remove_customers(path, ["1"]) == {"customers": 1, "candidates": 0, "habits": 0, "profiles": 0}
    assert SqliteStore(path).get("1") is None


def test_an_open_store_goes_on_reading_what_it_opened(path: Path) -> None:
    open_before = SqliteStore(path)
    remove_customers(path, ["1"])
    assert open_before.get("1") is not None
    assert SqliteStore(path).get("1") is None


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_bytes(b"no database" * 500)],
    ids=["missing", "garbage"],
)
def test_what_is_no_store_is_left_alone(path: Path, damage: Callable[[Path], object]) -> None:
    damage(path)
    before = sorted((one, one.read_bytes()) for one in path.parent.iterdir())
    with pytest.raises(StoreError, match="python -m features publish"):
        remove_customers(path, ["1"])
    assert sorted((one, one.read_bytes()) for one in path.parent.iterdir()) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from features.store import removal, remove_customers

def killed(temporary, path):
    os.kill(os.getpid(), signal.SIGKILL)

removal.replace = killed
remove_customers(Path(sys.argv[1]), ["1"])
"""


def test_a_killed_removal_leaves_the_old_store_and_lets_go(path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert SqliteStore(path).get("1") is not None
    assert remove_customers(path, ["1"])["customers"] == 1


def test_removals_at_once_lose_nothing(path: Path) -> None:
    threads = [threading.Thread(target=remove_customers, args=(path, [one])) for one in IDS[:6]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(SqliteStore(path).ids()) == sorted(IDS[6:])


def test_a_publish_waits_for_a_removal_and_is_not_overwritten(path: Path) -> None:
    newer = replace(INFO, fingerprint="f2", candidates=None, bundles=None)
    publishing = threading.Thread(target=publish_sqlite, args=(path, newer, test_store.ROWS))
    with alone(path):
        publishing.start()
        publishing.join(0.3)
        assert publishing.is_alive()
        assert SqliteStore(path).info.fingerprint == "f1"
    publishing.join()
    assert SqliteStore(path).info.fingerprint == "f2"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_one_and_who_goes_is_gone_from_what_it_names(path: Path) -> None:
    named = path.with_name("monday.sqlite")
    path.rename(named)
    path.symlink_to(named.name)
    assert sum(remove_customers(path, ["1"]).values()) > 0
    assert path.is_symlink()
    assert SqliteStore(named).get("1") is None


def test_a_link_is_published_through(path: Path) -> None:
    named = path.with_name("monday.sqlite")
    path.rename(named)
    path.symlink_to(named.name)
    publish_sqlite(path, test_store.INFO, test_store.ROWS)
    assert path.is_symlink()
    assert SqliteStore(named).info == test_store.INFO


def test_a_link_that_loops_is_no_store(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(StoreError, match="Too many levels of symbolic links"):
        remove_customers(path, ["1"])
    with pytest.raises(StoreError, match=r"cannot be written.*Too many levels of symbolic links"):
        publish_sqlite(path, test_store.INFO, test_store.ROWS)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
