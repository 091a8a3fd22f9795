"""Baskets of a small shop by hand: what is in them, where and when they were bought, what the caps leave out."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from features.baskets import Baskets, Caps, LeftOut, baskets
from features.dataset import Bundles
from features.errors import InputError
from tests.features.tiny import AS_OF, ago, open_tiny

ALL = Caps(max_basket_items=10, max_items=10, min_count=1)
TYPE, PRODUCT = Bundles(item_level="type"), Bundles(item_level="product")

ITEMS = """\
item_id,type
p1,milk
p2,milk
p3,bread
p4,figs
p5,
p6,wine
"""

# b1 is a basket of ann and another one of bob; b4 is of no type, b5 a return, b6 and b7 are of the future.
LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity,store,promoted
ann,b1,@8,p1,2.00,1,s1,no
ann,b1,@8,p2,2.00,1,s1,yes
ann,b1,@8,p3,2.00,1,s1,no
ann,b1,@8,p3,2.00,1,s1,no
ann,b2,@8,p3,2.00,1,s1,
ann,b3,@2,p3,2.00,1,s2,no
ann,b3,@2+1s,p4,2.00,1,s2,yes
bob,b1,@30,p1,2.00,1,s1,no
bob,b4,@3,p5,2.00,1,s1,yes
bob,b5,@1,p1,-2.00,-1,s1,yes
bob,b6,@0,p1,2.00,1,s1,yes
cid,b7,@-1,p6,2.00,1,s1,yes
dan,b8,@5,p4,2.00,1,,no
"""
FUTURE = ("bob,b6", "cid,b7")

PROMOTIONS = """\
item_id,from_ts,to_ts,store
p2,@14,@7,s1
p1,@28,@21,s1
p4,@7,@0,
p3,@35,@28,s2
p3,@6,@5,s2
p3,@0,@-7,s1
p5,@7,@0,s1
"""


def made(
    folder: Path, declared: Bundles = TYPE, caps: Caps = ALL, as_of: datetime = AS_OF, **tables: str
) -> Baskets:
    folder.mkdir(exist_ok=True)
    opened = open_tiny(folder, **{"transactions": LINES, "items": ITEMS, **tables})
    return baskets(opened.tables, declared, as_of, caps)


def bought_at(*ages: str) -> str:
    """Milk in a basket of each age; the baskets of the table come in this order."""
    rows = "".join(f"{number},b,{age},p1,1.00\n" for number, age in enumerate(ages))
    return "customer_id,basket_id,ts,item_id,amount\n" + rows


def without(column: str, table: str) -> str:
    header, *rows = (line.split(",") for line in table.splitlines())
    place = header.index(column)
    return "".join(",".join(row[:place] + row[place + 1 :]) + "\n" for row in [header, *rows])


def places(weeks: list[int]) -> list[int]:
    """The cells of baskets in these weeks, where no basket has a store."""
    return [sorted(set(weeks)).index(week) for week in weeks]


def promoted(found: Baskets) -> list[list[float]]:
    assert found.promoted is not None
    table: list[list[float]] = found.promoted.toarray().tolist()
    return table


def assert_same(one: Baskets, other: Baskets) -> None:
    for name in ("items", "customers", "customer", "age", "cell", "stratum"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.table.toarray(), other.table.toarray())
    assert promoted(one) == promoted(other)
    assert one.left_out == other.left_out


def test_baskets_of_a_shop(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert found.items.tolist() == ["bread", "figs", "milk"]
    assert found.customers.tolist() == ["ann", "bob", "dan"]
    assert found.table.toarray().tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert found.table.dtype == np.float64
    assert found.table.nnz == 7
    assert found.table.has_sorted_indices
    assert found.customer.tolist() == [0, 0, 0, 1, 2]
    np.testing.assert_allclose(found.age, [2, 8, 8, 30, 5])
    np.testing.assert_allclose(found.oldest, [2, 8, 8, 30, 5], atol=2 / 86_400)
    assert found.counts.tolist() == [3, 2, 2]
    assert found.left_out == LeftOut(large_baskets=0, rare_items=0, lines=0)


def test_a_cell_is_a_store_and_a_week_and_a_stratum_four_weeks_of_it(tmp_path: Path) -> None:
    found = made(tmp_path)
    # no store in week 0; s1 in weeks 1 and 4; s2 in week 0
    assert found.cell.tolist() == [3, 1, 1, 2, 0]
    assert found.stratum.tolist() == [0, 1, 2, 3]


def test_without_promotions_weeks_begin_on_mondays(tmp_path: Path) -> None:
    ages = ("@0+1s", "@7", "@7+1s", "@14", "@14+1s", "@28", "@28+1s", "@56")
    found = made(tmp_path, transactions=bought_at(*ages))
    assert found.cell.tolist() == places([0, 0, 1, 1, 2, 3, 4, 7])
    assert found.stratum.tolist() == [0, 0, 0, 0, 1, 1]


def test_a_moment_in_the_middle_of_a_week_cuts_it_short(tmp_path: Path) -> None:
    thursday = ago(4)
    ages = ("@4+1s", "@7", "@7+1s", "@11", "@14", "@14+1s", "@28", "@28+1s", "@56")
    found = made(tmp_path, as_of=thursday, transactions=bought_at(*ages, "@4", "@3"))
    assert found.cell.tolist() == places([0, 0, 1, 1, 1, 2, 3, 4, 7])
    assert found.stratum.tolist() == [0, 0, 0, 0, 1, 1]
    assert found.age[0] == 1 / 86_400


def test_weeks_begin_when_promotions_do(tmp_path: Path) -> None:
    """On Wednesdays, seen from a Thursday: each round of promotions is in one week, the last in a day of it."""
    promotions = "item_id,from_ts,to_ts\np1,@12,@5\np4,@5,@-2\np3,@19,@12\n"
    ages = ("@4+1s", "@5", "@5+1s", "@7", "@12", "@12+1s", "@19", "@19+1s")
    lines = bought_at(*ages) + "x,b,@5,p3,1.00\nx,b,@5,p4,1.00\n"
    found = made(tmp_path, as_of=ago(4), transactions=lines, promotions=promotions)
    assert found.items.tolist() == ["bread", "figs", "milk"]
    assert found.cell.tolist() == [0, 0, 1, 1, 1, 2, 2, 3, 0]
    assert promoted(found) == [[0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 0, 0]]


def test_periods_are_four_of_the_weeks_that_begin_when_promotions_do(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        as_of=ago(4),
        transactions=bought_at("@4+1s", "@26", "@26+1s", "@54", "@54+1s"),
        promotions="item_id,from_ts,to_ts\np1,@12,@5\n",
    )
    assert found.cell.tolist() == places([0, 3, 4, 7, 8])
    assert found.stratum.tolist() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("days", [0, 4])
def test_the_future_changes_nothing(tmp_path: Path, days: int) -> None:
    past = "".join(line for line in LINES.splitlines(keepends=True) if not line.startswith(FUTURE))
    begun = PROMOTIONS.replace("p3,@0,@-7,s1\n", "")
    later = "".join(f"p3,@{days - after},@-20,s1\n" for after in (0, 1, 1, 1, 8, 8, 8, 15, 15, 15))
    assert_same(
        made(tmp_path / "a", as_of=ago(days), transactions=past, promotions=begun),
        made(tmp_path / "b", as_of=ago(days), promotions=PROMOTIONS + later),
    )


def test_large_baskets_are_left_out_first(tmp_path: Path) -> None:
    lines = LINES + "eve,b9,@1,p1,1.00,1,s9,no\neve,b9,@1,p3,1.00,1,s9,no\neve,b9,@1,p4,1.00,1,s9,no\n"
    found = made(tmp_path, caps=Caps(2, 10, 3), transactions=lines)
    # eve's basket is none, nor is she a customer, nor her store one; of the others only bread is in three
    assert found.customers.tolist() == ["ann", "bob", "dan"]
    assert found.items.tolist() == ["bread"]
    assert found.table.toarray().tolist() == [[1], [1], [1], [0], [0]]
    assert found.cell.tolist() == [3, 1, 1, 2, 0]
    assert found.left_out == LeftOut(large_baskets=1, rare_items=2, lines=3 + 4)


def test_of_items_in_equally_many_baskets_the_first_are_kept(tmp_path: Path) -> None:
    found = made(tmp_path, caps=Caps(10, 2, 1), promotions=PROMOTIONS)
    assert found.items.tolist() == ["bread", "figs"]
    assert promoted(found) == [[0, 1], [0, 0], [0, 0], [1, 1]]
    assert found.left_out == LeftOut(large_baskets=0, rare_items=1, lines=2)


def test_a_product_may_be_the_item(tmp_path: Path) -> None:
    found = made(tmp_path, PRODUCT, promotions=PROMOTIONS)
    assert found.items.tolist() == ["p1", "p2", "p3", "p4", "p5"]
    assert found.table.shape == (6, 5)
    assert found.table.toarray()[1].tolist() == [1, 1, 1, 0, 0]


def test_chosen_baskets_keep_their_codes(tmp_path: Path) -> None:
    found = made(tmp_path, promotions=PROMOTIONS)
    some = found.chosen(np.array([0, 3]))
    assert some.table.toarray().tolist() == [[1, 1, 0], [0, 0, 1]]
    assert (some.customer.tolist(), some.cell.tolist(), some.age.tolist()) == ([0, 1], [3, 2], [2, 30])
    assert some.counts.tolist() == [1, 1, 1]
    assert some.stratum is found.stratum
    assert some.customers is found.customers


@pytest.mark.parametrize("ids", [("b", "a"), ("é", "z"), ("x''y", 'x"y'), ("\U0001f95b", "ﬀ")])
def test_any_ids_meet_their_own_stores(tmp_path: Path, ids: tuple[str, str]) -> None:
    """Whoever sorts the ids, SQL or numpy, a basket keeps its store."""
    rows = [[who, which, "@1", "p1", "1.00", f"{who}{which}"] for who in ids for which in (*ids, "\x7f", "~")]
    quoted = ("".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n") for row in rows)
    found = made(tmp_path, transactions="customer_id,basket_id,ts,item_id,amount,store\n" + "".join(quoted))
    names = sorted(row[5] for row in rows)
    expected = [names.index(row[5]) for row in sorted(rows)]
    assert found.cell.tolist() == expected


def test_a_level_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='item_level = "brand": the items table has no column'):
        made(tmp_path, Bundles(item_level="brand"))


def test_a_moment_before_all_purchases_is_refused(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items=ITEMS)
    with pytest.raises(InputError, match="nothing that was bought before 2024-02-01 has a value"):
        baskets(opened.tables, TYPE, ago(60), ALL)


def test_no_item_in_enough_baskets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no item is in 4 baskets before 2024-04-01"):
        made(tmp_path, caps=Caps(10, 10, 4))


def test_a_basket_is_as_old_as_its_oldest_line_whatever_came_again(tmp_path: Path) -> None:
    lines = "customer_id,basket_id,ts,item_id,amount\nann,b1,@9,p1,1\nann,b1,@2,p1,1\nann,b1,@4,p3,1\n"
    found = made(tmp_path, transactions=lines)
    assert (found.age.tolist(), found.oldest.tolist()) == ([2], [9])
    assert found.chosen(np.array([0])).oldest.tolist() == [9]
