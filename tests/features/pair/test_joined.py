"""What only shows when pair, item and customer stand side by side, by hand."""

from math import nan
from pathlib import Path

import pytest

from features.pair.joined import joined
from tests.features.pair.tiny import HEADER, Values, known_pairs, offering, values_of

LINES = f"""\
{HEADER}ann,b1,@100,apple,1.00
ann,b2,@70,apple,1.00
ann,b3,@40,pear,1.00
ann,b4,@10,apple,1.00
bob,b5,@30,apple,1.00
bob,b6,@20,apple,1.00
cid,b7,@1,pear,1.00
"""
NAMES = [feature.name for feature in joined(365)]


def told(folder: Path, customer: str, item: str, new_after_days: int = 365) -> Values:
    rows = values_of(known_pairs(folder, offering(new_after_days=new_after_days), transactions=LINES))
    return {name: rows[customer, item][name] for name in NAMES}


def test_of_an_item_that_the_customer_buys(tmp_path: Path) -> None:
    assert told(tmp_path, "ann", "apple") == pytest.approx(
        {
            "repeat": 1,
            "pair_basket_share": 3 / 4,
            "pair_basket_share_84d": 2 / 3,
            "pair_week_share": 3 / 15,  # 100 days are fifteen weeks begun
            "pair_period_share": 3 / 4,
            "pair_since_over_item_gap": 10 / ((90 + 10) / 3),
        }
    )


def test_of_an_item_that_the_customer_never_had(tmp_path: Path) -> None:
    expected = dict.fromkeys(NAMES, nan) | {"repeat": 0.0}
    assert told(tmp_path, "cid", "apple") == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("new_after_days", "repeat"), [(41, 1.0), (40, 0.0)])
def test_new_is_what_was_not_bought_for_so_long(tmp_path: Path, new_after_days: int, repeat: float) -> None:
    assert told(tmp_path, "ann", "pear", new_after_days)["repeat"] == repeat
