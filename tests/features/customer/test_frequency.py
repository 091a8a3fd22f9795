import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny, some

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@0+1s,i1,1.00,1
ann,b2,@7-1s,i1,1.00,1
ann,b3,@7,i1,1.00,1
ann,b4,@28-1s,i1,1.00,1
ann,b5,@28,i1,1.00,1
ann,b6,@168-1s,i1,1.00,1
ann,b7,@168,i1,1.00,1
ann,b7,@168,i2,1.00,1
ann,b8,@0,i1,1.00,1
ann,b9,@-7,i1,1.00,1
bob,b10,@5,i1,1.00,1
bob,b11,@5,i1,1.00,1
bob,b12,@6,i1,1.00,1
bob,b12,@4,i1,1.00,1
cid,b10,@5,i1,1.00,
cid,b13,@3,i1,-1.00,-1
dan,b14,@3,i1,-1.00,-1
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("frequency"), transactions=LINES))


def test_a_window_ends_a_second_before_its_days_are_full(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "frequency") == nearly(
        {
            "baskets_all": 7,
            "baskets_7d": 2,
            "baskets_14d": 3,
            "baskets_28d": 4,
            "baskets_56d": 5,
            "baskets_84d": 5,
            "baskets_168d": 6,
            "visit_days_all": 7,  # days 0, 6, 7, 27, 28, 167 and 168
            "visit_days_3d": 1,
            "visit_days_10d": 3,
            "visit_days_21d": 3,
            "visit_days_28d": 4,
            "visit_days_42d": 5,
            "visit_days_56d": 5,
            "visit_days_84d": 5,
            "visit_days_112d": 5,
            "active_weeks_4w": 3,  # weeks 0, 1, 3, 4, 23 and 24
            "active_weeks_8w": 4,
            "active_weeks_12w": 4,
            "active_weeks_24w": 5,
        }
    )


def test_baskets_of_one_moment_are_several_and_their_day_is_one(found: dict[str, Row]) -> None:
    expected = {"baskets_all": 3, "baskets_7d": 3, "visit_days_all": 2, "active_weeks_4w": 1}
    assert some(found["bob"], expected) == expected


def test_an_unknown_quantity_is_a_purchase_and_a_return_is_none(found: dict[str, Row]) -> None:
    expected = {"baskets_all": 1, "baskets_7d": 1, "visit_days_all": 1, "active_weeks_24w": 1}
    assert some(found["cid"], expected) == expected


def test_who_only_returned_is_no_customer_yet(found: dict[str, Row]) -> None:
    assert set(found) == {"ann", "bob", "cid"}
