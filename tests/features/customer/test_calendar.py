from math import sqrt

import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount,channel
ann,b1,2024-03-29T23:59:59Z,i1,1.00,shop
ann,b2,2024-03-30T00:00:00Z,i1,1.00,web
ann,b3,2024-03-31T23:59:59Z,i1,1.00,web
ann,b4,2024-03-25T00:00:00Z,i1,6.00,shop
ann,b5,2024-03-25T22:30:00-05:00,i1,1.00,
ann,b6,2024-04-06T12:00:00Z,i1,9.00,phone
bob,b7,2024-03-27T09:59:00Z,i1,0.00,shop
bob,b7,2024-03-27T10:01:00Z,i2,0.00,shop
cid,b8,2024-03-27T14:00:00Z,i1,1.00,
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("calendar"), transactions=LINES))


def test_hours_and_weekdays_are_those_of_utc(found: dict[str, Row]) -> None:
    # Friday 23, Saturday 0, Sunday 23, Monday 0 and Tuesday 3 o'clock
    assert of_family(found["ann"], "calendar") == nearly(
        {
            "hour_mean": 49 / 5,
            "hour_spread": sqrt((2 * 13.2**2 + 2 * 9.8**2 + 6.8**2) / 4),
            "weekend_share": 2 / 5,
            "channels_all": 2,
            "top_channel_share": 7 / 9,
        }
    )


def test_a_basket_counts_at_its_last_line(found: dict[str, Row]) -> None:
    assert of_family(found["bob"], "calendar") == {
        "hour_mean": 10,
        "hour_spread": None,
        "weekend_share": 0,
        "channels_all": 1,
        "top_channel_share": None,
    }


def test_an_unknown_channel_is_no_channel(found: dict[str, Row]) -> None:
    assert (found["cid"]["channels_all"], found["cid"]["top_channel_share"]) == (0, None)
