import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity,discount,promoted
ann,b1,@1,i1,9.00,1,1.00,yes
ann,b1,@1,i2,5.00,1,0.00,no
ann,b1,@1,i3,4.00,1,2.00,
ann,b2,@84-1s,i1,9.00,1,1.00,yes
ann,b2,@84-1s,i2,5.00,1,,no
ann,b3,@84,i1,8.00,1,2.00,yes
ann,b3,@84,i1,-8.00,-1,2.00,yes
ann,b4,@0,i1,1.00,1,9.00,yes
bob,b5,@100,i2,0.00,1,0.00,no
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("promotion"), transactions=LINES))


def test_six_lines_four_of_them_discounted(found: dict[str, Row]) -> None:
    assert of_family(found["ann"], "promotion") == nearly(
        {
            "discount_share": 6 / 46,
            "discount_84d": 4,
            "discounted_lines_share": 4 / 6,
            "promoted_lines_share": 3 / 6,
            "promoted_lines_share_84d": 2 / 5,
            "bargain_baskets_share": 2 / 3,  # half of b2 is not most of it
        }
    )


def test_what_cost_nothing_has_no_discount_share(found: dict[str, Row]) -> None:
    assert of_family(found["bob"], "promotion") == {
        "discount_share": None,
        "discount_84d": 0,
        "discounted_lines_share": 0,
        "promoted_lines_share": 0,
        "promoted_lines_share_84d": None,
        "bargain_baskets_share": 0,
    }
