"""What was known at a moment stays what was known at that moment."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.feature_set import features_at
from features.labels import labels, population
from features.profiles import profiles
from features.publish import publish
from features.stack import stack
from features.store import SqliteStore
from features.workspace import Workspace
from tests.properties.futures import SLOW, copied, followed_by, futures, moments, seconds
from tests.properties.histories import (
    CUSTOMERS,
    DAYS,
    MOMENTS,
    START,
    Row,
    Snapshot,
    assert_same,
    before,
    features_of,
    made_up,
    opened,
    snapshot_of,
)

Known = dict[datetime, Snapshot]

BASE = made_up(seed=1)


@pytest.fixture(scope="module")
def base() -> Iterator[Workspace]:
    with opened(BASE) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def known(base: Workspace) -> Known:
    found = {moment: snapshot_of(base, moment) for moment in MOMENTS}
    assert {len(snapshot) for snapshot in found.values()} == {len(CUSTOMERS)}
    return found


@settings(SLOW, max_examples=10)
@given(as_of=moments, future=futures, late=st.lists(seconds, max_size=5))
def test_another_future_and_late_duplicates_change_nothing(
    known: Known, as_of: datetime, future: Mapping[str, Sequence[Row]], late: list[int]
) -> None:
    past = before(BASE, as_of)
    twice = {name: [*rows, *copied(past.get(name, ()), late)] for name, rows in future.items()}
    assert_same(features_of(followed_by(past, twice, as_of), as_of), known[as_of])


@settings(SLOW, max_examples=8)
@given(as_of=moments, chance=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(known: Known, as_of: datetime, chance: random.Random) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in BASE.items()}
    assert_same(features_of(shuffled, as_of), known[as_of])


@settings(SLOW, max_examples=8)
@given(as_of=moments, kept=st.sets(st.sampled_from(CUSTOMERS), min_size=1))
def test_other_customers_change_nothing(known: Known, as_of: datetime, kept: set[str]) -> None:
    stay = {CUSTOMERS[0], *kept}  # the first has rows in every table, which may not be empty
    alone = {
        name: [row for row in rows if name == "items" or row["customer_id"] in stay]
        for name, rows in BASE.items()
    }
    assert_same(features_of(alone, as_of), {name: known[as_of][name] for name in stay})


@settings(SLOW, max_examples=8)
@given(second=st.integers(60 * 86_400, DAYS * 86_400))
def test_online_with_the_past_alone_equals_offline_with_hindsight(base: Workspace, second: int) -> None:
    as_of = START + timedelta(seconds=second)
    offline = snapshot_of(base, as_of)
    inside = population(base.tables, base.dataset.churn, as_of).to_pyarrow()["customer_id"].to_pylist()
    with opened(before(BASE, as_of)) as then:
        path = then.folder / "online.sqlite"
        publish(then, as_of, path)
        store = SqliteStore(path)
        online = {name: found for name in (*CUSTOMERS, "stranger") if (found := store.get(name))}
        told = {name: store.profile(name) for name in CUSTOMERS}
    assert store.info.fingerprint == base.features.fingerprint
    assert {name for name, found in online.items() if found.in_population} == set(inside)
    assert_same({name: found.features for name, found in online.items()}, offline)
    known = features_at(base.tables, base.features, as_of).to_pyarrow()
    for name, expected in profiles(base.tables, as_of, known, {}):
        profile = told[name]
        assert profile is not None
        assert (profile.segments, profile.consents) == (expected.segments, expected.consents)
        assert {store.items[place].item for place in profile.bought} == bought_lately(name, as_of)


def bought_lately(customer: str, as_of: datetime) -> set[str]:
    """The categories of a customer's purchases in the 60 days before, counted row by row."""
    category = {row["item_id"]: row["category"] for row in BASE["items"]}
    return {
        category[row["item_id"]]
        for row in BASE["transactions"]
        if row["customer_id"] == customer
        and row["item_id"] in category
        and row["quantity"] != -1
        and as_of - timedelta(days=60) < row["ts"] < as_of
    }


def test_a_row_a_second_earlier_does_matter(known: Known) -> None:
    """The other properties would hold for features that look at nothing."""
    as_of = MOMENTS[-1]
    row = {
        "after": -1,
        "customer_id": "c01",
        "basket_id": "b99",
        "item_id": "i1",
        "amount": 1.0,
        "quantity": 1.0,
    }
    found = features_of(followed_by(BASE, {"transactions": [row]}, as_of), as_of)
    assert not np.allclose(found["c01"], known[as_of]["c01"], rtol=1e-9, atol=1e-9, equal_nan=True)
    assert_same({**found, "c01": known[as_of]["c01"]}, known[as_of])


def test_inputs_are_not_modified(tmp_path: Path) -> None:
    with opened(BASE) as workspace:
        folder = workspace.dataset.folder
        given_files, given_rows = _bytes_below(folder), _counts(workspace)
        snapshot_of(workspace, MOMENTS[0])
        labels(workspace.tables, workspace.dataset.churn, MOMENTS[0]).to_pyarrow()
        stack(workspace, MOMENTS[:1])
        publish(workspace, MOMENTS[0], tmp_path / "online.sqlite")
        found_files = _bytes_below(folder)
        assert {name: found_files[name] for name in given_files} == given_files
        assert _counts(workspace) == given_rows == {name: len(rows) for name, rows in BASE.items()}


def _bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _counts(workspace: Workspace) -> dict[str, int]:
    return {name: getattr(workspace.tables, name).count().to_pyarrow().as_py() for name in BASE}
