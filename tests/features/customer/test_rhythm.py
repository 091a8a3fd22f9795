from math import sqrt

import pytest

from tests.features.tiny import Row, known, nearly, of_family, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@2.5,i1,1.00
ann,b2,@2.75,i1,1.00
ann,b3,@9,i1,1.00
ann,b4,@20,i1,1.00
ann,b5,@90,i1,1.00
ann,b6,@120.5,i1,1.00
ann,b7,@0,i1,1.00
bob,b8,@40,i1,1.00
bob,b9,@-3,i1,1.00
cid,b10,@4,i1,1.00
cid,b11,@11,i1,1.00
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    return known(open_tiny(tmp_path_factory.mktemp("rhythm"), transactions=LINES))


def test_visits_on_days_2_9_20_90_and_120(found: dict[str, Row]) -> None:
    mean, spread = (
        29.5,
        sqrt((22.5**2 + 18.5**2 + 40.5**2 + 0.5**2) / 3),
    )  # of pauses of 7, 11, 70 and 30 days
    assert of_family(found["ann"], "rhythm") == nearly(
        {
            "gap_mean": mean,
            "gap_spread": spread,
            "gap_longest": 70,
            "gap_longest_84d": 70,
            "gap_mean_84d": 88 / 3,
            "gap_last": 7,
            "recency_over_gap": 2.5 / mean,
            "recency_over_longest_gap": 2.5 / 70,
            "recency_in_spreads": (2.5 - mean) / spread,
            "gap_irregularity": spread / mean,
            "silent_share_7d": (0 + 4 + 63 + 23 + 1) / (120 + 28),
            "silent_share_14d": (56 + 16 + 1) / (120 + 28),
            "silent_share_28d": (42 + 2 + 1) / (120 + 28),
            "silent_share_14d_lately": 56 / 84,
            "visits_per_week": 5 * 7 / 121.5,
        }
    )


def test_one_purchase_has_no_rhythm_but_a_silence(found: dict[str, Row]) -> None:
    unknown = dict.fromkeys(
        [
            *("gap_mean", "gap_spread", "gap_longest", "gap_longest_84d", "gap_mean_84d", "gap_last"),
            *("recency_over_gap", "recency_over_longest_gap", "recency_in_spreads", "gap_irregularity"),
        ]
    )
    assert of_family(found["bob"], "rhythm") == nearly(
        {
            **unknown,
            "silent_share_7d": (33 + 1) / (40 + 28),
            "silent_share_14d": (26 + 1) / (40 + 28),
            "silent_share_28d": (12 + 1) / (40 + 28),
            "silent_share_14d_lately": 26 / 84,
            "visits_per_week": 7 / 41,
        }
    )


def test_one_pause_has_no_spread(found: dict[str, Row]) -> None:
    row = found["cid"]
    assert (row["gap_mean"], row["gap_last"], row["recency_over_gap"]) == (7, 7, 4 / 7)
    assert row["gap_spread"] is row["recency_in_spreads"] is row["gap_irregularity"] is None
