from math import exp, sqrt

import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny, some

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@3,i1,10.00,1
ann,b1,@3,i2,2.50,2
ann,b2,@10,i1,20.00,1
ann,b2,@9,i1,-10.00,-1
ann,b3,@12,i3,4.00,1
ann,b4,@40,i1,40.00,1
ann,b5,@100,i1,8.00,
ann,b6,@8,i2,-1.25,-1
ann,b7,@0,i1,500.00,1
ann,b8,@0,i1,-500.00,-1
bob,b9,@60,i1,0.00,1
cid,b10,@28,i1,5.00,1
cid,b11,@28,i1,7.00,1
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("spend"), transactions=LINES))


def fading(constant: float) -> float:
    ages = {3: 12.5, 10: 20, 12: 4, 40: 40, 100: 8}
    return sum(amount * exp(-age / constant) for age, amount in ages.items())


def test_returns_are_counted_apart_and_never_taken_off(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "spend") == nearly(
        {
            "spend_all": 84.5,
            "spend_7d": 12.5,
            "spend_14d": 36.5,
            "spend_28d": 36.5,
            "spend_56d": 76.5,
            "spend_84d": 76.5,
            "spend_168d": 84.5,
            "spend_fading_21d": fading(21),
            "spend_fading_56d": fading(56),
            "largest_basket": 40,
            # weeks of 12.5, 24, 40 and 8 around a mean of 21.125
            "weekly_spend_spread": sqrt((8.625**2 + 2.875**2 + 18.875**2 + 13.125**2) / 3),
            "spend_last_basket": 12.5,
            "share_of_spend_28d": 36.5 / 84.5,
            "returns_all": 2,
            "returned_amount": 11.25,
        }
    )


def test_nothing_spent_has_no_share(found: dict[str, Row]) -> None:
    expected = {
        "spend_all": 0,
        "spend_84d": 0,
        "share_of_spend_28d": None,
        "returns_all": 0,
        "returned_amount": 0,
    }
    assert some(found["bob"], expected) == expected


def test_28_days_ago_is_past_the_window(found: dict[str, Row]) -> None:
    assert some(found["cid"], ["spend_28d", "spend_56d"]) == {"spend_28d": 0, "spend_56d": 12}


def test_of_baskets_at_one_moment_the_first_id_is_the_last_basket(found: dict[str, Row]) -> None:
    assert found["cid"]["spend_last_basket"] == 5
