"""Decides for one customer after another, says each time what is acknowledged, and never ends by itself."""

import sys
from itertools import count

from serving.ledger import open_ledger
from tests.entries import SECRET, enter, giving, priced, question

if __name__ == "__main__":
    ledger = open_ledger(sys.argv[1], SECRET)
    for number in count():
        made = enter(ledger, giving(question(ledger, f"{number}"), priced("cheese", reserved=1.0)))
        print(made.decision_id, flush=True)  # noqa: T201 - what the test reads
