import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny, some

LINES = """\
customer_id,basket_id,ts,item_id,amount,store
ann,b1,@1,apple,2.00,north
ann,b1,@1,pear,4.00,north
ann,b2,@28,apple,2.00,south
ann,b3,@28-1s,soap,10.00,south
ann,b4,@60,bread,3.00,
ann,b5,@56,bread,3.00,north
ann,b6,@100,pear,6.00,north
ann,b7,@84,milk,1.00,south
ann,b8,@90,milk,1.00,south
ann,b9,@90,mystery,8.00,west
ann,b10,@0,caviar,99.00,moon
bob,b11,@5,mystery,0.00,
"""

ITEMS = """\
item_id,category,department,brand
apple,fruit,food,own
pear,fruit,food,farm
bread,bakery,food,own
milk,dairy,food,
soap,care,drugs,own
caviar,fish,food,farm
"""


ITEM_FEATURES = {
    # apple 2 x, newest @1; pear 2 x, @1; soap 1 x, @28-1s; bread 2 x, @56; milk 2 x, @84; mystery 1 x, @90
    "items_all": 6,
    "items_28d": 3,
    "items_84d": 4,
    "top_item_share": 10 / 40,
    "repeat_items_share": 4 / 6,
    "dropped_items_share": 2 / 4,
    "new_items_28d": 1,
    "line_price_mean": 40 / 10,
}

KIND_FEATURES = {
    # fruit 4 x 14 euros, newest @1; care 1 x 10, @28-1s; bakery 2 x 6, @56; dairy 2 x 2, @84
    "categories_all": 4,
    "categories_28d": 2,
    "categories_84d": 3,
    "top_category_share": 14 / 32,
    "repeat_categories_share": 3 / 4,
    "dropped_categories_share": 2 / 3,
    "new_categories_28d": 1,
    "categories_trend": 2 / 3,
    # food 22 euros, newest @1; drugs 10, @28-1s
    "departments_all": 2,
    "departments_28d": 2,
    "departments_84d": 2,
    "top_department_share": 22 / 32,
    # own 20 euros, newest @1; farm 10, @1; milk has no brand
    "brands_all": 2,
    "brands_28d": 2,
    "brands_84d": 2,
    "top_brand_share": 20 / 30,
    # north 6 + 3 + 6 euros, newest @1; south 2 + 10 + 1 + 1, @28-1s; west 8, @90; one basket without a store
    "stores_all": 3,
    "stores_28d": 2,
    "stores_84d": 2,
    "top_store_share": 15 / 37,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("mix"), transactions=LINES, items=ITEMS))


def test_items(found: dict[str, Row]) -> None:
    assert some(found["ann"], ITEM_FEATURES) == nearly(ITEM_FEATURES)


def test_kinds_of_items_and_stores(found: dict[str, Row]) -> None:
    assert some(found["ann"], KIND_FEATURES) == nearly(KIND_FEATURES)


def test_every_feature_of_the_family_is_expected_above(found: dict[str, Row]) -> None:
    assert set(of_family(found["ann"], "mix")) == {*ITEM_FEATURES, *KIND_FEATURES}


def test_an_item_outside_the_catalogue_has_no_kind(found: dict[str, Row]) -> None:
    expected = {
        "items_all": 1,
        "top_item_share": None,
        "repeat_items_share": 0,
        "dropped_items_share": None,
        "line_price_mean": 0,
        "categories_all": 0,
        "top_category_share": None,
        "repeat_categories_share": None,
        "new_categories_28d": 0,
        "categories_trend": None,
        "stores_all": 0,
        "top_store_share": None,
    }
    assert some(found["bob"], expected) == expected
