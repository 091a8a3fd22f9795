from math import sqrt

import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny, some

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@1,i1,2.00,1
ann,b1,@1,i2,3.00,4
ann,b1,@1,i3,4.00,
ann,b1,@1,i1,-2.00,-1
ann,b2,@28,i1,6.00,2
ann,b2,@28,i4,9.00,1
ann,b3,@90,i1,6.00,1
ann,b4,@0,i1,99.00,9
bob,b5,@30,i1,7.00,1
bob,b6,@30,i1,8.00,1
bob,b7,@100,i1,9.00,3
cid,b8,@84,i1,0.00,1
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("basket"), transactions=LINES))


def test_baskets_of_9_15_and_6_euros(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "basket") == nearly(
        {
            "basket_value_mean": 10,
            "basket_value_spread": sqrt((1**2 + 5**2 + 4**2) / 2),
            "basket_lines_mean": (3 + 2 + 1) / 3,
            "basket_lines_max": 3,
            "basket_units_mean": (5 + 3 + 1) / 3,  # an unknown quantity adds none
            "lines_28d": 3,
            "lines_84d": 5,
            "small_baskets_share": 2 / 3,
            "basket_value_28d": 9,
            "basket_value_84d": 12,
            "basket_value_trend": 0.9,
        }
    )


def test_no_recent_basket_has_no_recent_value(found: dict[str, Row]) -> None:
    expected = {
        "basket_value_mean": 8.0,
        "basket_value_28d": None,
        "basket_value_84d": 7.5,
        "basket_value_trend": None,
        "lines_28d": 0,
        "lines_84d": 2,
    }
    assert some(found["bob"], expected) == expected


def test_a_basket_84_days_ago_is_past_the_window(found: dict[str, Row]) -> None:
    expected = {"basket_value_mean": 0, "basket_value_84d": None, "lines_84d": 0, "small_baskets_share": 1}
    assert some(found["cid"], expected) == expected
