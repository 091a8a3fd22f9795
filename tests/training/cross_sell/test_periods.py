"""What was bought in a horizon, by kind, for customers and items that were known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from features.errors import InputError
from training.cross_sell.findings import Findings
from training.cross_sell.periods import Period, period


@pytest.fixture(scope="module")
def newest(grocer: Findings) -> Period:
    return period(grocer.workspace.tables, grocer.pairs, grocer.backtest.judged[-1].as_of)


def test_purchases_are_those_of_the_horizon(newest: Period, grocer: Findings) -> None:
    lines = grocer.workspace.tables.transactions
    assert lines is not None
    frame = lines.to_pyarrow().to_pandas()
    start = newest.snapshot.as_of.replace(tzinfo=None)
    inside = frame[(frame["ts"] >= start) & (frame["ts"] < start + timedelta(days=14))]
    assert newest.truth.sum() + newest.unforeseen == len(inside[["customer_id", "item_id"]].drop_duplicates())


def test_repeat_and_new_are_all(newest: Period) -> None:
    again, new = newest.targets("repeat"), newest.targets("new")
    assert (again + new - newest.targets("all")).nnz == 0
    assert again.multiply(new).nnz == 0
    assert min(again.sum(), new.sum()) > 0


def test_lists_of_a_kind_hold_that_kind_only(newest: Period) -> None:
    rows = np.arange(20)
    again, new = newest.allowed("repeat", rows), newest.allowed("new", rows)
    assert again is not None
    assert new is not None
    assert (again ^ new).all()
    assert newest.allowed("all", rows) is None


def test_candidates_know_what_became_of_them(newest: Period) -> None:
    for rows in newest.snapshot.blocks():
        bought = newest.bought(rows)
        expected = newest.truth.toarray()[rows.customer, rows.item]
        assert bought.tolist() == expected.tolist()


def test_an_item_without_category_has_none(newest: Period) -> None:
    parents = newest.parents({"milk": "dairy"})
    assert dict(zip(newest.snapshot.items.tolist(), parents.tolist(), strict=True))["milk"] == "dairy"
    assert (parents == "").sum() == len(parents) - 1


def test_a_moment_before_which_no_item_was_bought_is_one_sentence(grocer: Findings) -> None:
    with pytest.raises(InputError, match="nothing that was bought before 2000-01-01 has a"):
        period(grocer.workspace.tables, grocer.pairs, datetime(2000, 1, 1, tzinfo=UTC))
