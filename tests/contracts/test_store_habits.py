"""Every online store keeps these promises about what customers use to buy."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.store import (
    BundleInfo,
    HabitRows,
    OnlineStore,
    SqliteStore,
    StoredHabits,
    StoreError,
    StoreInfo,
    publish_sqlite,
)
from tests.contracts import test_store
from tests.contracts.test_store_damage import alter
from tests.contracts.test_store_round_trip import ids
from tests.fakes import MemoryStore

Row = tuple[str, StoredHabits]
Publish = Callable[[StoreInfo, HabitRows | None], OnlineStore]

ITEMS = ("milk", "Käse 客/1", "nul\x00inside", "007", "O'Brien's \"best\" %_", "two\nlines")


def row(shares: dict[int, float]) -> StoredHabits:
    return StoredHabits(np.array(list(shares), np.int32), np.array(list(shares.values()), np.float64))


ROWS: list[Row] = [
    ("1", row({2: 1.0, 0: 1 / 3, 5: 5e-324})),
    ("01", row({3: 0.1 + 0.2})),
    ("Åse Ødegård 客", row({1: 0.5, 4: 0.25})),
    ('O\'Brien "the" %_', row({})),
    ("nul\x00inside", row({0: 0.75})),
    ("nul", row({0: 0.5})),
]
BUNDLES = BundleInfo(item_level="type", customers=len(ROWS))
INFO = replace(test_store.INFO, bundles=BUNDLES)


def used(rows: list[Row] = ROWS) -> HabitRows:
    return HabitRows(ITEMS, iter(rows))


def info_for(rows: list[Row]) -> StoreInfo:
    return replace(INFO, bundles=replace(BUNDLES, customers=len(rows)))


@pytest.fixture(params=["sqlite", "memory"])
def publish(request: pytest.FixtureRequest, tmp_path: Path) -> Publish:
    def sqlite(info: StoreInfo, habits: HabitRows | None) -> OnlineStore:
        publish_sqlite(tmp_path / "online.sqlite", info, test_store.ROWS, habits=habits)
        return SqliteStore(tmp_path / "online.sqlite")

    def memory(info: StoreInfo, habits: HabitRows | None) -> OnlineStore:
        return MemoryStore(info, test_store.ROWS, habits=habits)

    return {"sqlite": sqlite, "memory": memory}[request.param]


@pytest.fixture
def store(publish: Publish) -> Iterator[OnlineStore]:
    opened = publish(INFO, used())
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    publish_sqlite(tmp_path / "online.sqlite", INFO, test_store.ROWS, habits=used())
    return tmp_path / "online.sqlite"


def bits(habits: StoredHabits | None) -> list[object]:
    """Both arrays as what they are to the last bit."""
    assert habits is not None
    return [(one.dtype, one.shape, one.tobytes()) for one in (habits.items, habits.share)]


@pytest.mark.parametrize(("customer_id", "expected"), ROWS, ids=lambda value: ascii(value)[:20])
def test_habits_come_back_to_the_last_bit(
    store: OnlineStore, customer_id: str, expected: StoredHabits
) -> None:
    assert bits(store.habits(customer_id)) == bits(expected)


def test_items_and_description_come_back_as_they_were(store: OnlineStore) -> None:
    assert tuple(store.habit_items) == ITEMS
    assert store.info == INFO


@pytest.mark.parametrize("stranger", ["", "2", "001", " 1", "%", "' OR 1=1 --", "\ud800", "y" * 10_000])
def test_a_stranger_has_no_habits(store: OnlineStore, stranger: str) -> None:
    assert store.habits(stranger) is None


def test_a_customer_is_found_beside_the_habits(store: OnlineStore) -> None:
    assert store.get("two\nlines") is not None
    assert store.habits("two\nlines") is None
    assert (store.items, store.candidates("1")) == ((), None)


def test_a_store_without_habits_has_none(publish: Publish) -> None:
    store = publish(test_store.INFO, None)
    assert store.info.bundles is None
    assert (tuple(store.habit_items), store.habits("1"), store.habits("\ud800")) == ((), None, None)


def test_perhaps_nobody_has_habits(publish: Publish) -> None:
    store = publish(info_for([]), HabitRows((), iter(())))
    assert store.info.bundles == BundleInfo("type", 0)
    assert (tuple(store.habit_items), store.habits("1")) == ((), None)


def test_nobody_writes_into_what_a_store_hands_out(store: OnlineStore) -> None:
    habits = store.habits("1")
    assert habits is not None
    for values in (habits.items, habits.share):
        with pytest.raises(ValueError, match="read-only"):
            values[:] = 1


def test_what_was_handed_over_stays_the_publishers(publish: Publish) -> None:
    handed = row({1: 0.5})
    store = publish(info_for([("1", handed)]), used([("1", handed)]))
    handed.share[:] = 0.25
    assert bits(store.habits("1")) == bits(row({1: 0.5}))


GOOD = row({2: 0.5, 0: 1.0})
BAD_ROWS: dict[str, Row] = {
    "place-beyond": ("2", replace(GOOD, items=np.array([2, 6], np.int32))),
    "place-below": ("2", replace(GOOD, items=np.array([2, -1], np.int32))),
    "item-twice": ("2", replace(GOOD, items=np.array([2, 2], np.int32))),
    "places-as-numbers": ("2", replace(GOOD, items=np.array([2.0, 1.5]))),
    "share-short": ("2", replace(GOOD, share=np.array([0.5]))),
    "share-in-a-square": ("2", replace(GOOD, share=np.array([[0.5], [0.5]]))),
    "share-of-nothing": ("2", replace(GOOD, share=np.array([0.5, 0.0]))),
    "share-above-1": ("2", replace(GOOD, share=np.array([0.5, 1.01]))),
    "share-unknown": ("2", replace(GOOD, share=np.array([0.5, np.nan]))),
    "id-empty": ("", GOOD),
    "id-no-text": ("\ud800", GOOD),
    "id-doubled": ("1", GOOD),
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused(publish: Publish, bad: Row) -> None:
    rows = [*ROWS[:2], bad]
    with pytest.raises(StoreError):
        publish(info_for(rows), used(rows))


@pytest.mark.parametrize("bad", ["", "milk", "\ud800"], ids=["no-id", "doubled", "no-text"])
def test_a_bad_item_is_refused(publish: Publish, bad: str) -> None:
    with pytest.raises(StoreError, match="item"):
        publish(INFO, replace(used(), items=(*ITEMS, bad)))


@pytest.mark.parametrize("rows", [ROWS[:-1], [*ROWS, ("2", GOOD)], []], ids=["fewer", "more", "none"])
def test_another_number_of_rows_than_announced_is_refused(publish: Publish, rows: list[Row]) -> None:
    with pytest.raises(StoreError):
        publish(INFO, used(rows))


@pytest.mark.parametrize(("info", "habits"), [(INFO, None), (test_store.INFO, used())])
def test_habits_and_their_description_come_together(
    publish: Publish, info: StoreInfo, habits: HabitRows | None
) -> None:
    with pytest.raises(StoreError, match="description"):
        publish(info, habits)


def test_a_failed_publish_leaves_the_old_store_and_nothing_else(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError):
        publish_sqlite(path, INFO, test_store.ROWS, habits=used(ROWS[:3]))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("column", ["items", "share", "checksum"])
def test_altered_habits_are_never_answered(path: Path, column: str) -> None:
    alter(path, "habits", column)
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="publish it again"):
        store.habits("1")
    assert bits(store.habits("01")) == bits(ROWS[1][1])


@pytest.mark.parametrize("column", ["text", "checksum"])
def test_a_store_with_altered_habit_items_is_not_opened(path: Path, column: str) -> None:
    alter(path, "habit_items", column)
    with pytest.raises(StoreError, match="publish it again"):
        SqliteStore(path)


@st.composite
def habits_of(draw: st.DrawFn, items: int) -> StoredHabits:
    places = draw(st.lists(st.integers(0, items - 1), unique=True))
    shares = arrays(np.float64, len(places), elements=st.floats(0, 1, exclude_min=True))
    return StoredHabits(np.array(places, np.int32), draw(shares))


@st.composite
def contents(draw: st.DrawFn) -> tuple[list[str], dict[str, StoredHabits]]:
    items = draw(st.lists(ids, min_size=1, unique=True))
    return items, draw(st.dictionaries(ids, habits_of(len(items)), max_size=5))


def in_sqlite(folder: Path, info: StoreInfo, habits: HabitRows) -> OnlineStore:
    publish_sqlite(folder / "online.sqlite", info, test_store.ROWS, habits=habits)
    return SqliteStore(folder / "online.sqlite")


def in_memory(_: Path, info: StoreInfo, habits: HabitRows) -> OnlineStore:
    return MemoryStore(info, test_store.ROWS, habits=habits)


@pytest.mark.parametrize("publish", [in_sqlite, in_memory])
@settings(deadline=None, max_examples=60)
@given(content=contents())
def test_what_is_published_comes_back(
    publish: Callable[[Path, StoreInfo, HabitRows], OnlineStore],
    content: tuple[list[str], dict[str, StoredHabits]],
) -> None:
    items, rows = content
    with TemporaryDirectory() as folder:
        info = info_for(list(rows.items()))
        store = publish(Path(folder), info, HabitRows(items, rows.items()))
        assert list(store.habit_items) == items
        for customer_id, habits in rows.items():
            assert bits(store.habits(customer_id)) == bits(habits)
        store.close()
