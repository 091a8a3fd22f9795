"""Posted outcomes become the ledger's. No HTTP here."""

from datetime import datetime

from serving.ledger import Outcome
from serving.outcomes.schemas import OutcomePosted


def outcome_of(posted: OutcomePosted, at: datetime) -> Outcome:
    """The outcome as the ledger takes it; `at` is when it happened."""
    return Outcome(posted.key, posted.decision_id, posted.kind, posted.offer_id, posted.value, at)
