"""Every online store keeps these promises about what may be offered."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.store import (
    CandidateInfo,
    CandidateRows,
    OnlineStore,
    PopularItem,
    SqliteStore,
    StoredCandidates,
    StoredItem,
    StoreError,
    StoreInfo,
    publish_sqlite,
)
from tests.contracts import test_store
from tests.fakes import MemoryStore

Row = tuple[str, StoredCandidates]
Publish = Callable[[StoreInfo, CandidateRows | None], OnlineStore]

ITEMS = (
    StoredItem("milk", "Milk", "DAIRY", np.array([0.31, np.nan])),
    StoredItem("Käse 客/1", "O'Brien's \"best\" %_", "", np.array([0.1 + 0.2, -0.0])),
    StoredItem("nul\x00inside", "", "two\nlines", np.array([1e308, 5e-324])),
    StoredItem("007", "007", "7", np.array([np.nan, np.nan])),
)
POPULAR = {
    "": (PopularItem(3, 1.0), PopularItem(0, 0.1 + 0.2), PopularItem(1, 0.0)),
    'the "old" client\'s/客': (PopularItem(2, 0.25), PopularItem(1, 0.25)),
    "nobody buys": (),
}


def row(items: list[int], because: list[int], *, segment: str = "") -> StoredCandidates:
    pairs = np.linspace(-1, 1, 3 * len(items)).reshape(len(items), 3)
    pairs[:, 1:2] = np.nan
    return StoredCandidates(
        np.array(items, np.int32), np.array(because, np.int32), pairs, np.array([4.0]), segment
    )


ROWS: list[Row] = [
    ("1", row([2, 0, 3, 1], [-1, 3, 3, 0])),
    ("01", row([3], [3], segment="young")),
    ("Åse Ødegård 客", row([1, 0], [-1, -1], segment='the "old" client\'s/客')),
    ('O\'Brien "the" %_', row([], [])),
    ("nul\x00inside", row([], [], segment="nul\x00")),
    ("nul", replace(row([1], [1]), customer=np.array([np.nan]))),
    ("DE/4711", row([0, 1, 2], [1, 2, 0])),
]
CANDIDATES = CandidateInfo(
    fingerprint="p1",
    item_level="category",
    horizon_days=28,
    new_after_days=364,
    pair_names=("days_since", "share", "affinity"),
    item_names=("popularity", "trend"),
    customer_names=("baskets",),
    customers=len(ROWS),
)
INFO = replace(test_store.INFO, candidates=CANDIDATES)


def offered(rows: list[Row] = ROWS) -> CandidateRows:
    return CandidateRows(ITEMS, iter(rows), POPULAR)


def info_for(rows: list[Row]) -> StoreInfo:
    return replace(INFO, candidates=replace(CANDIDATES, customers=len(rows)))


def published(path: Path, info: StoreInfo = INFO, candidates: CandidateRows | None = None) -> SqliteStore:
    publish_sqlite(path, info, test_store.ROWS, candidates or offered())
    return SqliteStore(path)


@pytest.fixture(params=["sqlite", "memory"])
def publish(request: pytest.FixtureRequest, tmp_path: Path) -> Publish:
    def sqlite(info: StoreInfo, candidates: CandidateRows | None) -> OnlineStore:
        publish_sqlite(tmp_path / "online.sqlite", info, test_store.ROWS, candidates)
        return SqliteStore(tmp_path / "online.sqlite")

    def memory(info: StoreInfo, candidates: CandidateRows | None) -> OnlineStore:
        return MemoryStore(info, test_store.ROWS, candidates)

    return {"sqlite": sqlite, "memory": memory}[request.param]


@pytest.fixture
def store(publish: Publish) -> Iterator[OnlineStore]:
    opened = publish(INFO, offered())
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    published(tmp_path / "online.sqlite").close()
    return tmp_path / "online.sqlite"


def bits(thing: StoredItem | StoredCandidates) -> list[object]:
    """All fields, arrays as what they are to the last bit."""
    return [
        (value.dtype, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for value in vars(thing).values()
    ]


def found(store: OnlineStore, customer_id: str) -> StoredCandidates:
    candidates = store.candidates(customer_id)
    assert candidates is not None
    return candidates


@pytest.mark.parametrize(("customer_id", "expected"), ROWS, ids=lambda value: ascii(value)[:20])
def test_candidates_come_back_to_the_last_bit(
    store: OnlineStore, customer_id: str, expected: StoredCandidates
) -> None:
    assert bits(found(store, customer_id)) == bits(expected)


def test_items_come_back_to_the_last_bit(store: OnlineStore) -> None:
    assert [bits(item) for item in store.items] == [bits(item) for item in ITEMS]


def test_the_description_comes_back_as_it_was(store: OnlineStore) -> None:
    assert store.info == INFO


def test_the_models_order_is_pair_item_customer() -> None:
    assert CANDIDATES.names == ("days_since", "share", "affinity", "popularity", "trend", "baskets")


@pytest.mark.parametrize("segment", POPULAR, ids=ascii)
def test_a_segment_has_its_popular_items(store: OnlineStore, segment: str) -> None:
    assert store.popular(segment) == POPULAR[segment]


@pytest.mark.parametrize("segment", ["young", " ", "the", "\ud800", "nul\x00"], ids=ascii)
def test_an_unknown_segment_gets_everybodys(store: OnlineStore, segment: str) -> None:
    assert store.popular(segment) == POPULAR[""]


@pytest.mark.parametrize("stranger", ["", "2", "001", " 1", "%", "' OR 1=1 --", "\ud800", "y" * 10_000])
def test_a_stranger_has_no_candidates(store: OnlineStore, stranger: str) -> None:
    assert store.candidates(stranger) is None


def test_a_customer_is_found_beside_the_candidates(store: OnlineStore) -> None:
    assert store.get("1") is not None
    assert store.get("two\nlines") is not None
    assert store.candidates("two\nlines") is None


def test_a_store_without_candidates_has_none(publish: Publish) -> None:
    store = publish(test_store.INFO, None)
    assert store.info.candidates is None
    assert (store.items, store.popular(""), store.popular("young")) == ((), (), ())
    assert (store.candidates("1"), store.candidates("\ud800")) == (None, None)


def test_nobody_writes_into_what_a_store_hands_out(store: OnlineStore) -> None:
    customer, row = store.get("1"), found(store, "1")
    assert customer is not None
    numbers = [customer.features, store.items[0].features, row.pairs, row.customer]
    assert not any(array.flags.writeable for array in numbers)
    assert not any(array.flags.writeable for array in (row.items, row.because))


def test_published_arrays_are_not_modified_and_not_shared(publish: Publish) -> None:
    handed = row([2, 0], [-1, 1])
    before = bits(handed)
    store = publish(info_for([("1", handed)]), offered([("1", handed)]))
    assert bits(handed) == before
    handed.pairs[:] = 0
    assert bits(found(store, "1")) == before


GOOD = row([2, 0], [-1, 1])
BAD_ROWS: dict[str, Row] = {
    "place-beyond": ("2", replace(GOOD, items=np.array([2, 4], np.int32))),
    "place-below": ("2", replace(GOOD, items=np.array([2, -1], np.int32))),
    "because-beyond": ("2", replace(GOOD, because=np.array([2, 4], np.int32))),
    "because-below": ("2", replace(GOOD, because=np.array([2, -2], np.int32))),
    "item-twice": ("2", replace(GOOD, items=np.array([2, 2], np.int32))),
    "because-short": ("2", replace(GOOD, because=np.array([2], np.int32))),
    "places-as-numbers": ("2", replace(GOOD, items=np.array([2.0, 1.5]))),
    "places-in-a-square": ("2", replace(GOOD, items=np.array([[2], [0]], np.int32))),
    "pairs-short": ("2", replace(GOOD, pairs=np.zeros((1, 3)))),
    "pairs-narrow": ("2", replace(GOOD, pairs=np.zeros((2, 2)))),
    "pairs-flat": ("2", replace(GOOD, pairs=np.zeros(6))),
    "pairs-infinite": ("2", replace(GOOD, pairs=np.full((2, 3), -np.inf))),
    "pairs-of-nothing": ("2", replace(row([], []), pairs=np.zeros((0, 2)))),
    "customer-long": ("2", replace(GOOD, customer=np.zeros(2))),
    "customer-infinite": ("2", replace(GOOD, customer=np.array([np.inf]))),
    "segment-no-text": ("2", replace(GOOD, segment="\ud800")),
    "id-empty": ("", GOOD),
    "id-no-text": ("\ud800", GOOD),
    "id-doubled": ("1", GOOD),
}


@pytest.mark.parametrize("bad", BAD_ROWS.values(), ids=BAD_ROWS)
def test_a_bad_row_is_refused(publish: Publish, bad: Row) -> None:
    rows = [*ROWS[:2], bad]
    with pytest.raises(StoreError):
        publish(info_for(rows), offered(rows))


NUMBERS = np.zeros(2)
BAD_ITEMS = {
    "no-id": StoredItem("", "x", "", NUMBERS),
    "doubled": StoredItem("milk", "x", "", NUMBERS),
    "id-no-text": StoredItem("\ud800", "x", "", NUMBERS),
    "name-no-text": StoredItem("x", "\ud800", "", NUMBERS),
    "parent-no-text": StoredItem("x", "x", "\ud800", NUMBERS),
    "long": StoredItem("x", "x", "", np.zeros(3)),
    "infinite": StoredItem("x", "x", "", np.array([0.0, np.inf])),
}


@pytest.mark.parametrize("bad", BAD_ITEMS.values(), ids=BAD_ITEMS)
def test_a_bad_item_is_refused(publish: Publish, bad: StoredItem) -> None:
    with pytest.raises(StoreError, match="item"):
        publish(INFO, replace(offered(), items=(*ITEMS, bad)))


BAD_POPULAR = {
    "nobody": {"young": POPULAR[""]},
    "place-beyond": {"": [PopularItem(4, 0.5)]},
    "place-below": {"": [PopularItem(-1, 0.5)]},
    "twice": {"": [PopularItem(1, 0.5), PopularItem(1, 0.5)]},
    "least-first": {"": [PopularItem(1, 0.5), PopularItem(2, 0.6)]},
    "above-1": {"": [PopularItem(1, 1.01)]},
    "below-0": {"": [PopularItem(1, -0.01)]},
    "unknown": {"": [PopularItem(1, float("nan"))]},
    "segment-no-text": {**POPULAR, "\ud800": []},
}


@pytest.mark.parametrize("bad", BAD_POPULAR.values(), ids=BAD_POPULAR)
def test_bad_popular_items_are_refused(publish: Publish, bad: dict[str, list[PopularItem]]) -> None:
    with pytest.raises(StoreError, match="popular"):
        publish(INFO, replace(offered(), popular=bad))


@pytest.mark.parametrize("rows", [ROWS[:-1], [*ROWS, ("2", GOOD)], []], ids=["fewer", "more", "none"])
def test_another_number_of_rows_than_announced_is_refused(publish: Publish, rows: list[Row]) -> None:
    with pytest.raises(StoreError):
        publish(INFO, offered(rows))


def test_a_store_announced_without_any_candidates_is_refused(publish: Publish) -> None:
    with pytest.raises(StoreError):
        publish(info_for([]), offered([]))


@pytest.mark.parametrize(("info", "candidates"), [(INFO, None), (test_store.INFO, offered())])
def test_candidates_and_their_description_come_together(
    publish: Publish, info: StoreInfo, candidates: CandidateRows | None
) -> None:
    with pytest.raises(StoreError, match="description"):
        publish(info, candidates)


class BrokenSourceError(Exception):
    """The rows stop coming."""


def breaking() -> Iterator[Row]:
    yield from ROWS[:3]
    raise BrokenSourceError


@pytest.mark.parametrize("failing", [breaking(), iter(ROWS[:3])], ids=["source-breaks", "too-few"])
def test_a_failed_publish_leaves_the_old_store_and_nothing_else(path: Path, failing: Iterator[Row]) -> None:
    before = path.read_bytes()
    with pytest.raises((BrokenSourceError, StoreError)):
        published(path, candidates=CandidateRows(ITEMS, failing, POPULAR))
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_open_store_goes_on_reading_what_it_opened(path: Path) -> None:
    old = SqliteStore(path)
    new = published(path, info_for([("new", GOOD)]), CandidateRows(ITEMS[:3], [("new", GOOD)], {"": ()}))
    assert (len(old.items), len(new.items)) == (4, 3)
    assert (old.popular(""), new.popular("")) == (POPULAR[""], ())
    assert bits(found(old, "1")) == bits(ROWS[0][1])
    assert bits(found(new, "new")) == bits(GOOD)
    assert (old.candidates("new"), new.candidates("1")) == (None, None)
