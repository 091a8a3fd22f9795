from dataclasses import replace
from datetime import timedelta

import pytest
from ibis import _

from features.definitions import Feature, Unit, ratio
from features.grains import BASKET, BASKET_ITEM, CONTACT, PAIR_WEEK
from features.grains import PAIR as OF_PAIR
from features.snapshot import ITEM, PAIR, history, snapshot
from features.workspace import Workspace
from tests.features.shop import EXPLICIT
from tests.features.tiny import AS_OF, ago, open_tiny, rows_of

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@0+1s,apple,2.00,1
ann,b2,@28,pear,4.00,
ann,b3,@0,apple,8.00,1
bob,b4,@10,pear,5.00,0
bob,b4,@9,pear,-5.00,-1
cid,b5,@0,apple,1.00,1
dan,b6,@3,apple,-1.00,-1
eve,b7,@-400,apple,1.00,1
"""
CUSTOMERS = """\
customer_id,minutes,since,ends
ann,5,@100,@-100
bob,7,@0,
zoe,9,@1,@0+1s
"""
CONTACTS = """\
customer_id,ts,offer_id
ann,@1,spring
ann,@0,summer
zoe,@1,spring
"""

SPEND = Feature("spend", Unit.MONEY, "{value} spent", _.amount.sum(), BASKET)
BASKETS = Feature("baskets", Unit.COUNT, "{value} baskets", _.age.count(), BASKET)
CONTACTED = Feature("contacted", Unit.COUNT, "{value} offers", _.age.count(), CONTACT)
SILENCE = Feature("silence", Unit.DAYS, "{value} ago", _.age.min(), CONTACT)
DISCOUNT = Feature("discount", Unit.MONEY, "{value} of discounts", _.discount.sum(), BASKET)
VALUE = Feature("value", Unit.MONEY, "{value} a basket", ratio(_.spend, _.baskets))
DOUBLE = Feature("double", Unit.MONEY, "{value} twice", _.value * 2.0)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("snapshot")
    return open_tiny(folder, transactions=LINES, customers=CUSTOMERS, contacts=CONTACTS)


def test_history_holds_what_happened_before_the_moment(opened: Workspace) -> None:
    tables = history(opened.tables, AS_OF).tables

    assert [
        (row["customer_id"], row["age"]) for row in rows_of(tables["contacts"].select("customer_id", "age"))
    ] == [
        ("ann", 86_400),
        ("zoe", 86_400),
    ]
    lines = {name: rows_of(tables[name].select("customer_id", "age")) for name in ("purchases", "returns")}
    assert [tuple(row.values()) for row in lines["purchases"]] == [
        ("ann", 1),
        ("ann", 28 * 86_400),
        ("bob", 10 * 86_400),
    ]
    assert [tuple(row.values()) for row in lines["returns"]] == [("bob", 9 * 86_400), ("dan", 3 * 86_400)]


def test_dates_of_customers_become_ages_unless_they_are_not_past(opened: Workspace) -> None:
    customers = history(opened.tables, AS_OF).tables["customers"]
    assert [tuple(row.values()) for row in rows_of(customers)] == [
        ("ann", 5.0, 100 * 86_400, None),
        ("bob", 7.0, None, None),
        ("zoe", 9.0, 86_400, 1),
    ]


def test_a_moment_later_one_line_more_is_known(opened: Workspace) -> None:
    def baskets(moment_seconds: int) -> object:
        past = history(opened.tables, AS_OF + timedelta(seconds=moment_seconds))
        return {row["customer_id"]: row["baskets"] for row in rows_of(snapshot(past, [BASKETS]))}

    assert baskets(-1) == {"ann": 1, "bob": 1}
    assert baskets(0) == {"ann": 2, "bob": 1}
    assert baskets(1) == {"ann": 3, "bob": 1, "cid": 1}


def test_without_quantities_every_line_is_a_purchase(opened: Workspace) -> None:
    assert opened.tables.transactions is not None
    tables = replace(opened.tables, transactions=opened.tables.transactions.drop("quantity"))
    known = history(tables, AS_OF).tables
    assert "returns" not in known
    assert {row["customer_id"] for row in rows_of(known["purchases"])} == {"ann", "bob", "dan"}


def test_a_snapshot_has_one_row_a_customer_and_its_features_in_the_order_given(opened: Workspace) -> None:
    offered = [DOUBLE, CONTACTED, SPEND, DISCOUNT, SILENCE, BASKETS, VALUE]
    table = snapshot(history(opened.tables, AS_OF), offered)

    names = ("customer_id", "double", "contacted", "spend", "silence", "baskets", "value")
    assert table.columns == names
    assert {str(dtype) for name, dtype in table.schema().items() if name != "customer_id"} == {"float64"}
    assert rows_of(table) == [
        dict(zip(names, ("ann", 6.0, 1.0, 6.0, 86_400.0, 2.0, 3.0), strict=True)),
        dict(zip(names, ("bob", 10.0, 0.0, 5.0, None, 1.0, 5.0), strict=True)),
    ]


def test_what_needs_a_missing_column_is_left_out_with_all_that_builds_on_it(opened: Workspace) -> None:
    share = Feature("discount_share", Unit.SHARE, "{value} off", ratio(_.discount, _.spend))
    more = Feature("more", Unit.SHARE, "{value} more", _.discount_share + 1.0)
    table = snapshot(history(opened.tables, AS_OF), [more, share, DISCOUNT, SPEND])
    assert table.columns == ("customer_id", "spend")


def test_derived_features_come_in_any_order(opened: Workspace) -> None:
    past = history(opened.tables, AS_OF)
    orders = ([SPEND, BASKETS, VALUE, DOUBLE], [DOUBLE, VALUE, BASKETS, SPEND])
    found = [rows_of(snapshot(past, order).select("customer_id", "double")) for order in orders]
    assert found[0] == found[1] != []


def test_before_the_first_purchase_nobody_is_known(opened: Workspace) -> None:
    assert rows_of(snapshot(history(opened.tables, ago(28)), [SPEND, VALUE, CONTACTED])) == []


def test_without_transactions_the_customers_table_says_who_is_known(opened: Workspace) -> None:
    tables = replace(opened.tables, transactions=None)
    found = rows_of(snapshot(history(tables, AS_OF), [CONTACTED, SPEND, SILENCE]))
    assert [tuple(row.values()) for row in found] == [
        ("ann", 1.0, 86_400.0),
        ("bob", 0.0, None),
        ("zoe", 1.0, 86_400.0),
    ]


def test_a_plain_customer_table_is_enough(tmp_path_factory: pytest.TempPathFactory) -> None:
    people = "customer_id,churned,minutes\nann,yes,5\nbob,no,\n"
    opened = open_tiny(tmp_path_factory.mktemp("plain"), EXPLICIT, customers=people)
    table = snapshot(history(opened.tables, AS_OF), opened.features.features)
    assert [tuple(row.values()) for row in rows_of(table)] == [("ann", 5.0), ("bob", None)]
    assert table.columns == ("customer_id", "attribute_minutes")


PAIRS = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@3,apple,2.00,1
ann,b1,@3,apple,1.00,1
ann,b2,@20,apple,4.00,1
ann,b2,@20,pear,4.00,1
bob,b3,@9,pear,5.00,1
bob,b4,@8,pear,-5.00,-1
cid,b5,@0,figs,1.00,1
dan,b6,@3,plum,-1.00,-1
"""
IN_BASKETS = Feature("in_baskets", Unit.NUMBER, "in {value} baskets", _.age.count(), BASKET_ITEM)
IN_WEEKS = Feature("in_weeks", Unit.NUMBER, "in {value} weeks", _.week.count(), PAIR_WEEK)
BUYERS = Feature("buyers", Unit.COUNT, "{value} buyers", _.age.count(), OF_PAIR)
AGAIN = Feature("again", Unit.NUMBER, "{value} baskets a buyer", _.baskets.mean(), OF_PAIR)
RATE = Feature("rate", Unit.RATIO, "{value} baskets a week", ratio(_.in_baskets, _.in_weeks))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_tiny(tmp_path_factory.mktemp("keys"), transactions=PAIRS)


def test_a_snapshot_of_pairs_has_a_row_for_each_customer_and_item_bought(pairs: Workspace) -> None:
    table = snapshot(history(pairs.tables, AS_OF), [RATE, IN_WEEKS, IN_BASKETS], PAIR)
    assert table.columns == ("customer_id", "item_id", "rate", "in_weeks", "in_baskets")
    assert [tuple(row.values()) for row in rows_of(table)] == [
        ("ann", "apple", 1.0, 2.0, 2.0),  # two lines of one basket are one
        ("ann", "pear", 1.0, 1.0, 1.0),
        ("bob", "pear", 1.0, 1.0, 1.0),
    ]


def test_a_snapshot_of_items_has_a_row_for_each_item_bought(pairs: Workspace) -> None:
    table = snapshot(history(pairs.tables, AS_OF), [BUYERS, AGAIN], ITEM)
    assert [tuple(row.values()) for row in rows_of(table)] == [("apple", 1.0, 2.0), ("pear", 2.0, 1.0)]


def test_a_snapshot_of_customers_may_count_their_pairs(pairs: Workspace) -> None:
    table = snapshot(history(pairs.tables, AS_OF), [BUYERS])
    assert [tuple(row.values()) for row in rows_of(table)] == [("ann", 2.0), ("bob", 1.0)]
