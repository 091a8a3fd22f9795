"""Which limits and margins go with each offer into the ledger."""

from pathlib import Path

from serving.ledger import Terms
from serving.next_best_offer.deciding import terms_of
from tests.serving.next_best_offer.tiny import CATALOGUE, read_tiny


def test_each_offer_goes_with_its_limits_and_what_a_purchase_after_it_earns(tmp_path: Path) -> None:
    limited = CATALOGUE.replace("save_rate = 0.2", "save_rate = 0.2\nbudget = 50.0")
    assert terms_of(read_tiny(tmp_path, catalogue=limited)) == {
        None: Terms(margin=0.2),  # of what is at stake: whatever is bought after no offer
        "stay": Terms(budget=50.0, margin=0.2),  # likewise
        "taste": Terms(margin=0.5),
        "toast": Terms(),  # agreed values
        "thanks": Terms(per_day=2),
    }
