import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@1,i1,3.00
ann,b2,@13,i1,2.00
ann,b3,@28-1s,i1,4.00
ann,b4,@28,i1,5.00
ann,b5,@56-1s,i1,6.00
ann,b6,@56,i1,7.00
ann,b7,@84,i1,8.00
ann,b8,@112-1s,i1,9.00
ann,b9,@112,i1,10.00
ann,b10,@0,i1,99.00
bob,b11,@200,i1,1.00
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("trend"), transactions=LINES))


def test_periods_meet_without_sharing_a_second(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "trend") == nearly(
        {
            "baskets_28_56d": 2,
            "baskets_56_84d": 1,
            "baskets_84_112d": 2,
            "spend_28_56d": 11,
            "spend_56_84d": 7,
            "spend_84_112d": 17,
            "baskets_trend_28d": (3 + 1) / (2 + 1),
            "spend_trend_28d": (9 + 1) / (11 + 1),
            "baskets_trend_14d": (2 + 0.5) * 4 / (5 + 2),
            "baskets_trend_84d": (3 + 1) * 3 / (6 + 3),
            "spend_trend_84d": (9 + 1) * 3 / (27 + 3),
            "pace_against_own_past": (3 + 1) * (112 + 28) / ((9 + 1) * 28),
        }
    )


def test_a_lapsed_customer_keeps_a_steady_trend(found: dict[str, Row]) -> None:
    assert of_family(found["bob"], "trend") == nearly(
        {
            **dict.fromkeys(["baskets_28_56d", "baskets_56_84d", "baskets_84_112d"], 0),
            **dict.fromkeys(["spend_28_56d", "spend_56_84d", "spend_84_112d"], 0),
            "baskets_trend_28d": 1,
            "spend_trend_28d": 1,
            "baskets_trend_14d": 1,
            "baskets_trend_84d": 1,
            "spend_trend_84d": 1,
            "pace_against_own_past": 228 / (2 * 28),
        }
    )
