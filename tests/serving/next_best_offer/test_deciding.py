"""Which limits go with each offer into the ledger."""

from pathlib import Path

from serving.ledger import Limits
from serving.next_best_offer.deciding import limits_of
from tests.serving.next_best_offer.tiny import CATALOGUE, read_tiny


def test_each_offer_goes_with_its_limits(tmp_path: Path) -> None:
    limited = CATALOGUE.replace("save_rate = 0.2", "save_rate = 0.2\nbudget = 50.0")
    assert limits_of(read_tiny(tmp_path, catalogue=limited)) == {
        "stay": Limits(budget=50.0),
        "taste": Limits(),
        "toast": Limits(),
        "thanks": Limits(per_day=2),
    }
