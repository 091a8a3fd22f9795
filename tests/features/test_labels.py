from dataclasses import replace
from datetime import datetime

import pytest

from features.dataset import Churn, CrossSell
from features.errors import InputError
from features.labels import LABEL, labels, population, purchased
from features.tables import Tables
from tests.features.shop import EXPLICIT
from tests.features.tiny import AS_OF, ago, open_tiny, rows_of

INACTIVITY = Churn(kind="inactivity", active_days=56, horizon_days=28)
LEAVING = Churn(kind="explicit", horizon_days=28)
MARKED = Churn(kind="explicit")

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@56,i1,1.00,1
bob,b2,@56+1s,i1,1.00,1
cid,b3,@0+1s,i1,1.00,1
cid,b4,@0,i1,1.00,1
dan,b5,@10,i1,1.00,
dan,b6,@-28+1s,i1,1.00,
eve,b7,@10,i1,1.00,1
eve,b8,@-28,i1,1.00,1
fay,b9,@10,i1,1.00,1
fay,b10,@-5,i1,-1.00,-1
gus,b11,@10,i1,-1.00,-1
gus,b12,@90,i1,1.00,1
hal,b13,@0,i1,1.00,1
"""

PEOPLE = """\
customer_id,churned_at
ann,
bob,@0+1s
cid,@0
dan,@-28+1s
eve,@-28
fay,@100
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return open_tiny(tmp_path_factory.mktemp("shop"), transactions=LINES).tables


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    declared = EXPLICIT + "horizon_days = 28\n"
    return open_tiny(tmp_path_factory.mktemp("people"), declared, customers=PEOPLE).tables


def spoken_of(tables: Tables, churn: Churn, as_of: datetime = AS_OF) -> set[object]:
    rows = rows_of(population(tables, churn, as_of))
    assert all(list(row) == ["customer_id"] for row in rows)
    assert len({row["customer_id"] for row in rows}) == len(rows)
    return {row["customer_id"] for row in rows}


def label_of(tables: Tables, churn: Churn, as_of: datetime = AS_OF) -> dict[object, object]:
    table = labels(tables, churn, as_of)
    assert table.columns == ("customer_id", LABEL)
    assert str(table[LABEL].type()) == "float64"
    return {row["customer_id"]: row[LABEL] for row in rows_of(table)}


def test_active_is_who_bought_in_the_window_its_first_second_included(shop: Tables) -> None:
    assert spoken_of(shop, INACTIVITY) == {"ann", "cid", "dan", "eve", "fay"}


def test_inactive_is_who_buys_nothing_until_the_horizon_ends(shop: Tables) -> None:
    assert label_of(shop, INACTIVITY) == {
        "ann": 1.0,
        "cid": 0.0,  # bought at as_of itself
        "dan": 0.0,  # bought in the last second of the horizon
        "eve": 1.0,  # bought when the horizon was over
        "fay": 1.0,  # a return is no purchase
    }


def test_without_quantities_every_line_is_a_purchase(shop: Tables) -> None:
    assert shop.transactions is not None
    tables = replace(shop, transactions=shop.transactions.drop("quantity"))
    assert label_of(tables, INACTIVITY) == {
        "ann": 1.0,
        "cid": 0.0,
        "dan": 0.0,
        "eve": 1.0,
        "fay": 0.0,
        "gus": 1.0,
    }


def test_the_population_looks_back_only(shop: Tables) -> None:
    assert shop.transactions is not None
    past = shop.transactions.filter(shop.transactions.ts < ago(0).replace(tzinfo=None))
    assert spoken_of(replace(shop, transactions=past), INACTIVITY) == spoken_of(shop, INACTIVITY)


def test_a_second_later_the_buyer_of_as_of_is_active(shop: Tables) -> None:
    assert "hal" not in spoken_of(shop, INACTIVITY)
    assert "hal" in spoken_of(shop, INACTIVITY, ago(0, -1))


def test_a_date_of_leaving_labels_who_has_not_left_yet(people: Tables) -> None:
    assert label_of(people, LEAVING) == {"ann": 0.0, "cid": 1.0, "dan": 1.0, "eve": 0.0}
    assert spoken_of(people, LEAVING) == {"ann", "cid", "dan", "eve"}


def test_a_timeless_label_speaks_of_everybody(tmp_path_factory: pytest.TempPathFactory) -> None:
    text = "customer_id,churned,minutes\nann,yes,1\nbob,no,2\ncid,0,3\n"
    tables = open_tiny(tmp_path_factory.mktemp("marked"), EXPLICIT, customers=text).tables
    expected = {"ann": 1.0, "bob": 0.0, "cid": 0.0}
    assert label_of(tables, MARKED) == label_of(tables, MARKED, ago(9999)) == expected
    assert spoken_of(tables, MARKED) == set(expected)


def test_explicit_churn_without_customers_names_the_table(shop: Tables) -> None:
    with pytest.raises(InputError, match=r"\[tables\.customers\]"):
        labels(shop, LEAVING, AS_OF)


BOUGHT = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@0+1s,i1,1.00,1
ann,b2,@0,i2,1.00,1
ann,b3,@-3,i2,1.00,
ann,b4,@-28+1s,i3,1.00,0
ann,b5,@-28,i4,1.00,1
bob,b6,@-5,i1,-1.00,-1
bob,b7,@-5,i4,1.00,1
cid,b8,@-6,unheard of,1.00,1
"""
LEVELS = "item_id,category\ni1,FRUIT\ni2,FRUIT\ni3,FRUIT\ni4,\n"


def bought(tables: Tables, level: str, horizon_days: int = 28) -> list[tuple[object, ...]]:
    table = purchased(tables, CrossSell(item_level=level, horizon_days=horizon_days), AS_OF)
    assert table.columns == ("customer_id", "item_id")
    return [tuple(row.values()) for row in rows_of(table)]


@pytest.fixture(scope="module")
def basket_shop(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return open_tiny(tmp_path_factory.mktemp("bought"), transactions=BOUGHT, items=LEVELS).tables


def test_purchased_is_what_is_bought_from_the_moment_until_the_horizon_ends(basket_shop: Tables) -> None:
    assert bought(basket_shop, "product") == [
        ("ann", "i2"),  # at as_of itself, and again: once
        ("ann", "i3"),  # in the last second of the horizon
        ("bob", "i4"),  # the return is no purchase
        ("cid", "unheard of"),
    ]
    assert bought(basket_shop, "product", 1) == [("ann", "i2")]


def test_purchased_is_told_at_the_level(basket_shop: Tables) -> None:
    assert bought(basket_shop, "category") == [("ann", "FRUIT")]


def test_purchased_without_quantities_counts_every_line(basket_shop: Tables) -> None:
    assert basket_shop.transactions is not None
    plain = replace(basket_shop, transactions=basket_shop.transactions.drop("quantity"))
    assert ("bob", "i1") in bought(plain, "product")
