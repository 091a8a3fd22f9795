"""What was known of customers and items at a moment stays what was known at that moment."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.dataset import CrossSell
from features.labels import purchased
from features.pairs import PairSnapshot, pair_set
from features.publish import publish
from features.store import SqliteStore
from features.workspace import Workspace
from tests.properties.futures import SLOW, copied, followed_by, futures, moments, seconds
from tests.properties.histories import CUSTOMERS, DAYS, MOMENTS, START, Row, Rows, before, made_up, opened

Pairs = dict[tuple[str, str], NDArray[np.float64]]
"""By customer and item: which sources propose the pair, then its features."""

BASE = made_up(seed=2)
HORIZON = timedelta(days=28)


def declared(workspace: Workspace) -> CrossSell:
    assert workspace.dataset.cross_sell is not None
    return workspace.dataset.cross_sell


def known_of(workspace: Workspace, as_of: datetime) -> PairSnapshot:
    return PairSnapshot(workspace.tables, pair_set(workspace.tables, declared(workspace)), as_of)


def pairs_of(known: PairSnapshot) -> Pairs:
    return {
        (str(known.customers[customer]), str(known.items[item])): np.array([proposed, *values])
        for rows in known.blocks()
        for customer, item, proposed, values in zip(
            rows.customer, rows.item, rows.proposed, rows.values, strict=True
        )
    }


def pairs_from(rows: Rows, as_of: datetime) -> Pairs:
    with opened(rows) as workspace:
        return pairs_of(known_of(workspace, as_of))


def assert_same(found: Pairs, expected: Pairs) -> None:
    assert list(found) == list(expected)
    for pair, values in expected.items():
        np.testing.assert_allclose(found[pair], values, rtol=1e-9, atol=1e-9, err_msg=str(pair))


def bought_in(rows: Rows, as_of: datetime) -> list[tuple[str, str]]:
    with opened(rows) as workspace:
        table = purchased(workspace.tables, declared(workspace), as_of).to_pyarrow()
        return sorted(zip(*(table[name].to_pylist() for name in ("customer_id", "item_id")), strict=True))


@pytest.fixture(scope="module")
def base() -> Iterator[Workspace]:
    with opened(BASE) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def known(base: Workspace) -> dict[datetime, Pairs]:
    return {moment: pairs_of(known_of(base, moment)) for moment in MOMENTS}


def test_there_is_something_to_know(base: Workspace, known: dict[datetime, Pairs]) -> None:
    """The properties would hold for candidates that nobody has."""
    repeat = 1 + pair_set(base.tables, declared(base)).names.index("repeat")
    for pairs in known.values():
        assert {customer for customer, _ in pairs} == set(CUSTOMERS)
        assert {values[repeat] for values in pairs.values()} == {0.0, 1.0}


@settings(SLOW, max_examples=8)
@given(as_of=moments, future=futures, late=st.lists(seconds, max_size=5))
def test_another_future_and_late_duplicates_change_nothing(
    known: dict[datetime, Pairs], as_of: datetime, future: Mapping[str, Sequence[Row]], late: list[int]
) -> None:
    past = before(BASE, as_of)
    twice = {name: [*rows, *copied(past.get(name, ()), late)] for name, rows in future.items()}
    assert_same(pairs_from(followed_by(past, twice, as_of), as_of), known[as_of])


@settings(SLOW, max_examples=6)
@given(as_of=moments, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    known: dict[datetime, Pairs], as_of: datetime, chance: random.Random
) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in BASE.items()}
    assert_same(pairs_from(shuffled, as_of), known[as_of])


def test_a_row_a_second_earlier_does_matter(known: dict[datetime, Pairs]) -> None:
    as_of = MOMENTS[-1]
    row = {
        "after": -1,
        "customer_id": "c01",
        "basket_id": "b99",
        "item_id": "i1",
        "amount": 1.0,
        "quantity": 1.0,
    }
    found = pairs_from(followed_by(BASE, {"transactions": [row]}, as_of), as_of)
    was, now = known[as_of]["c01", "1kind"], found["c01", "1kind"]
    assert not np.allclose(now, was, rtol=1e-9, atol=1e-9, equal_nan=True)


@settings(SLOW, max_examples=6)
@given(second=st.integers(60 * 86_400, DAYS * 86_400))
def test_published_with_the_past_alone_equals_the_snapshot_with_hindsight(
    base: Workspace, second: int
) -> None:
    as_of = START + timedelta(seconds=second)
    offline = known_of(base, as_of)
    with opened(before(BASE, as_of)) as then:
        path = then.folder / "online.sqlite"
        published = publish(then, as_of, path)
        store = SqliteStore(path)
    assert store.info.candidates is not None
    assert store.info.candidates.names == offline.pairs.names
    assert [item.item for item in store.items] == offline.items.tolist()
    online = {
        (customer, store.items[item].item): np.concatenate([pair, store.items[item].features, row.customer])
        for customer in CUSTOMERS
        if (row := store.candidates(customer)) is not None
        for item, pair in zip(row.items, row.pairs, strict=True)
    }
    assert published.candidates == len(online)
    expected = {pair: values[1:] for pair, values in pairs_of(offline).items()}
    assert_same(dict(sorted(online.items())), expected)


@settings(SLOW, max_examples=6)
@given(as_of=moments, future=futures, early=st.lists(seconds, max_size=5))
def test_a_label_looks_neither_before_the_moment_nor_at_its_end_or_after(
    as_of: datetime, future: Mapping[str, Sequence[Row]], early: list[int]
) -> None:
    end = as_of + HORIZON
    inside = [row for row in BASE["transactions"] if as_of <= row["ts"] < end]
    anything = [row for row in BASE["transactions"] if row not in inside]
    earlier = [{**row, "after": -1 - second} for second, row in zip(early, anything, strict=False)]
    kept: Rows = {**BASE, "transactions": inside}
    other = followed_by(kept, {"transactions": future["transactions"]}, end)
    other = followed_by(other, {"transactions": earlier}, as_of)
    found = bought_in(BASE, as_of)
    assert found
    assert bought_in(other, as_of) == found


@pytest.mark.parametrize(("second", "counts"), [(-1, False), (0, True)])
def test_a_label_begins_at_the_moment(second: int, counts: bool) -> None:  # noqa: FBT001 - the expected answer
    as_of = MOMENTS[0]
    row = {"after": second, "customer_id": "stranger", "basket_id": "b", "item_id": "i1", "amount": 1.0}
    bought = bought_in(followed_by(BASE, {"transactions": [row]}, as_of), as_of)
    assert (("stranger", "1kind") in bought) == counts
