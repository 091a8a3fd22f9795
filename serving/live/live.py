"""What is being served right now."""

from serving.decision.rulebook import Rulebook
from serving.ledger import Ledger
from serving.live.served import Served


class Live:
    """Holds what answers right now, and of each part why there is none, or why a newer one is refused.

    `served` are models, store and rules, `ledger` remembers.
    """

    def __init__(self, served: Served | None = None, fault: str | None = None) -> None:
        self.served = served
        self.fault = fault
        self.rulebook_fault: str | None = None
        self.ledger: Ledger | None = None
        self.ledger_fault: str | None = None

    @property
    def rulebook(self) -> Rulebook | None:
        """What marketers decided, as the served set has it."""
        return None if self.served is None else self.served.rulebook

    @property
    def faults(self) -> str | None:
        """All that is wrong, in one text, or None."""
        every = (self.fault, self.rulebook_fault, self.ledger_fault)
        return "; ".join(fault for fault in every if fault) or None
