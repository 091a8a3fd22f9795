from dataclasses import replace
from pathlib import Path

import pytest

from features.attributes import attribute_names
from features.definitions import Unit
from features.feature_set import feature_set
from features.wording import say
from features.workspace import Workspace
from tests.features.shop import EXPLICIT
from tests.features.tiny import AS_OF, known, open_tiny

CUSTOMERS = """\
customer_id,churned,income,city,kids_count,age,home owner,signed_up,renews,it's
ann,yes,high,Rome,2,41,yes,@30.5,@-30,1.5
bob,no,low,Oslo,3+,,no,@0+1s,@2,-2
cid,no,,,0,19,,@0,,0
dan,yes,low,Rome,,1e3,yes,,@0,
"""
LEVELS = """\
kids_count = ["0", "1", "2", "3+"]
income = ["low", "middle", "high"]
"""
SECOND = 1 / 86_400


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_tiny(tmp_path_factory.mktemp("attributes"), EXPLICIT, LEVELS, customers=CUSTOMERS)


def test_every_kind_of_attribute_becomes_a_number(opened: Workspace) -> None:
    names = ("income", "kids_count", "age", "home owner", "signed_up", "renews", "it's")
    expected = {
        "ann": (2.0, 2.0, 41.0, 1.0, 30.5, None, 1.5),
        "bob": (0.0, 3.0, None, 0.0, SECOND, 2.0, -2.0),
        "cid": (None, 0.0, 19.0, None, None, None, 0.0),
        "dan": (0.0, None, 1000.0, 1.0, None, None, None),
    }
    assert opened.features.names == tuple(f"attribute_{name}" for name in names)
    assert {customer: tuple(row.values()) for customer, row in known(opened).items()} == expected


def test_their_units_words_and_levels(opened: Workspace) -> None:
    told = {f.name.removeprefix("attribute_"): (f.unit, f.words, f.levels) for f in opened.features.features}
    assert told == {
        "income": (Unit.LEVEL, "income: {value}", ("low", "middle", "high")),
        "kids_count": (Unit.LEVEL, "kids count: {value}", ("0", "1", "2", "3+")),
        "age": (Unit.NUMBER, "age: {value}", ()),
        "home owner": (Unit.FLAG, "home owner: {value}", ()),
        "signed_up": (Unit.DAYS, "signed up was {value} ago", ()),
        "renews": (Unit.DAYS, "renews was {value} ago", ()),
        "it's": (Unit.NUMBER, "it's: {value}", ()),
    }


def test_their_words_can_be_said(opened: Workspace) -> None:
    said = [say(f.words, f.unit, 1.0) for f in opened.features.features]
    assert said[2:5] == ["age: 1", "home owner: yes", "signed up was 1 day ago"]


def test_text_without_levels_and_the_label_are_no_features(opened: Workspace) -> None:
    assert opened.tables.customers is not None
    assert "city" in attribute_names(opened.tables.customers)
    assert "churned" not in attribute_names(opened.tables.customers)
    assert not {"attribute_city", "attribute_churned"} & set(opened.features.names)


def test_a_level_that_is_not_declared_is_unknown(opened: Workspace) -> None:
    fewer = replace(opened, features=feature_set(opened.tables, {"income": ["high"]}))
    incomes = {customer: row["attribute_income"] for customer, row in known(fewer).items()}
    assert incomes == {"ann": 0.0, "bob": None, "cid": None, "dan": None}


def test_the_order_of_levels_is_the_order_of_codes(opened: Workspace) -> None:
    turned = replace(opened, features=feature_set(opened.tables, {"income": ["high", "middle", "low"]}))
    assert known(turned)["bob"]["attribute_income"] == 2.0


def test_attributes_stand_beside_purchases(tmp_path: Path) -> None:
    lines = "customer_id,basket_id,ts,item_id,amount\nann,b1,@3,i1,2.00\neve,b2,@4,i1,3.00\n"
    opened = open_tiny(tmp_path, EXPLICIT, LEVELS, customers=CUSTOMERS, transactions=lines)
    found = known(opened, AS_OF)
    assert (found["ann"]["attribute_age"], found["ann"]["spend_all"]) == (41.0, 2.0)
    assert (found["eve"]["attribute_age"], found["eve"]["spend_all"]) == (None, 3.0)
