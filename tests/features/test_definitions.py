from collections.abc import Sequence

import ibis
import pyarrow as pa
import pytest
from ibis import Deferred, _

from features.definitions import (
    DAY,
    Feature,
    Grain,
    Unit,
    between,
    columns_of,
    in_days,
    only_if,
    ratio,
    within,
)


def evaluated(formula: Deferred, **columns: Sequence[float | None]) -> list[float | None]:
    """The formula over rows written by hand, one value each."""
    count = len(next(iter(columns.values())))
    rows = ibis.memtable(pa.table({"row": list(range(count)), **columns}))
    values = rows.mutate(value=formula).order_by("row")["value"]
    assert str(values.type()) == "float64"
    found: list[float | None] = values.to_pyarrow().to_pylist()
    return found


def test_within_ends_before_the_days_are_full() -> None:
    age = [1, 28 * DAY - 1, 28 * DAY, 28 * DAY + 1]
    assert evaluated(within(28, _.age), age=age) == [1.0, 1.0, 0.0, 0.0]


def test_between_starts_where_within_ends() -> None:
    age = [28 * DAY - 1, 28 * DAY, 56 * DAY - 1, 56 * DAY]
    assert evaluated(between(28, 56, _.age), age=age) == [0.0, 1.0, 1.0, 0.0]


def test_seconds_become_days_with_their_fraction() -> None:
    assert evaluated(in_days(_.age), age=[DAY, DAY // 4]) == [1.0, 0.25]


def test_a_ratio_of_whole_numbers_keeps_its_fraction_and_nothing_divides_by_zero() -> None:
    assert evaluated(ratio(_.part, _.whole), part=[1, 1, 0, None], whole=[4, 0, 0, 2]) == [
        0.25,
        None,
        None,
        None,
    ]


def test_only_if_keeps_a_value_where_the_condition_holds() -> None:
    assert evaluated(only_if(_.age > 1, _.age), age=[1, 2, None]) == [None, 2.0, None]


@pytest.mark.parametrize(
    ("formula", "columns"),
    [
        (_.amount.sum(), ["amount"]),
        (ratio(_.amount.max(), _.lines.sum() + 1.0), ["amount", "lines"]),
        (only_if(_.rank == 0, _.amount).sum(), ["rank", "amount"]),
        ((within(84, _.age) * _.promoted).sum(), ["age", "promoted"]),
        (_["monthly charges"].max() + _["it's"].min(), ["monthly charges", "it's"]),
        (_["count"].cast("float64") / float(-7), ["count"]),
        (_.day.lead().over(ibis.window(group_by="customer_id", order_by="day")) - _.day, ["day"]),
        (ibis.cases((_.income == "15-24K", 1.0), (_.income == "own_home", 2.0)), ["income"]),
    ],
    ids=repr,  # lists: all workers have to call a test alike, and a set is written in any order
)
def test_the_columns_of_a_formula_are_read_from_its_text(formula: Deferred, columns: list[str]) -> None:
    assert columns_of(formula) == set(columns)
    assert Feature("x", Unit.COUNT, "{value}", formula).needs == set(columns)


def test_only_counts_and_money_are_zero_without_rows() -> None:
    assert {unit for unit in Unit if unit.adds_up} == {Unit.COUNT, Unit.MONEY}


LINE = Grain("line", rolls_up="purchases", keys={"basket": _.basket_id}, columns={"amount": _.amount.sum()})


@pytest.mark.parametrize(
    "other",
    [
        Grain("line", rolls_up="returns", keys=LINE.keys, columns=LINE.columns),
        Grain("line", rolls_up="purchases", keys={"item": _.basket_id}, columns=LINE.columns),
        Grain("line", rolls_up="purchases", keys={"basket": _.item_id}, columns=LINE.columns),
        Grain("line", rolls_up="purchases", keys=LINE.keys, columns={"amount": _.amount.max()}),
        Grain(
            "line", rolls_up="purchases", keys=LINE.keys, columns=LINE.columns, then={"half": _.amount / 2}
        ),
        Grain("line", rolls_up="purchases", keys=LINE.keys, columns=LINE.columns, described_by="items"),
    ],
    ids=["table", "key", "key-formula", "column", "then", "description"],
)
def test_the_definition_of_a_grain_tells_whatever_changes(other: Grain) -> None:
    assert other.definition != LINE.definition
    above = [Grain("day", rolls_up=below, columns={"amount": _.amount.sum()}) for below in (LINE, other)]
    assert above[0].definition != above[1].definition


def test_equal_grains_have_one_definition() -> None:
    again = Grain(
        "row", rolls_up="purchases", keys={"basket": _.basket_id}, columns={"amount": _.amount.sum()}
    )
    assert again.definition == LINE.definition
