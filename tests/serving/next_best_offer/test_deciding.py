"""Which limits go with each offer into the ledger."""

from pathlib import Path

from serving.ledger import Limits
from serving.next_best_offer.deciding import limits_of
from tests.serving.next_best_offer.tiny import read_tiny
from tests.serving.rules import CATALOGUE


def test_each_offer_that_has_limits_goes_with_them(tmp_path: Path) -> None:
    limited = CATALOGUE.replace("save_rate = 0.2", "save_rate = 0.2\nbudget = 50.0")
    assert limits_of(read_tiny(tmp_path, catalogue=limited)) == {
        "stay": Limits(budget=50.0),
        "thanks": Limits(per_day=2),
    }
