from math import exp

import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny, some

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@2.75,i1,1.00
ann,b2,@2.25,i1,1.00
ann,b3,@9,i1,1.00
ann,b4,@20,i1,1.00
ann,b5,@33,i1,1.00
ann,b6,@33,i2,1.00
ann,b7,@50.5,i1,1.00
ann,b8,@100,i1,1.00
ann,b9,@101,i1,1.00
ann,b10,@140.25,i1,1.00
bob,b11,@0+1s,i1,1.00
cid,b12,@0,i1,1.00
dan,b13,@28,i1,1.00
dan,b14,@0,i1,1.00
dan,b15,@-1,i1,1.00
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("recency"), transactions=LINES))


def fading(constant: float, *days: int) -> float:
    return sum(exp(-day / constant) for day in days)


def test_a_long_history(found: dict[str, Row]) -> None:
    days = (2, 9, 20, 33, 50, 100, 101, 140)
    assert of_family(found["ann"], "recency") == nearly(
        {
            "days_since_purchase": 2.25,
            "days_since_first_purchase": 140.25,
            "days_since_visit_2": 9,
            "days_since_visit_3": 20,
            "days_since_visit_5": 50,
            "days_since_visit_8": 140,
            "visits_fading_10d": fading(10, *days),
            "visits_fading_21d": fading(21, *days),
            "visits_fading_35d": fading(35, *days),
            "visits_fading_56d": fading(56, *days),
            "visits_fading_100d": fading(100, *days),
        }
    )


def test_one_purchase_a_second_ago_has_no_earlier_visit(found: dict[str, Row]) -> None:
    assert some(found["bob"], ["days_since_visit_2", "days_since_visit_8", "visits_fading_10d"]) == {
        "days_since_visit_2": None,
        "days_since_visit_8": None,
        "visits_fading_10d": 1.0,
    }
    assert found["bob"]["days_since_purchase"] == found["bob"]["days_since_first_purchase"] == 1 / 86_400


def test_a_purchase_at_the_moment_itself_is_not_known(found: dict[str, Row]) -> None:
    assert set(found) == {"ann", "bob", "dan"}
    assert found["dan"]["days_since_purchase"] == found["dan"]["days_since_first_purchase"] == 28
