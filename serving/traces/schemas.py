"""What the call about a past decision gives."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from serving.decision.facts import Kind
from serving.decision.trace import Group, Reason, Stage
from serving.ledger import OutcomeKind
from serving.next_best_offer.schemas import FactorAnswer
from serving.schemas import Answer


class RecordedOutcome(Answer):
    """One outcome as it was recorded."""

    key: str
    kind: OutcomeKind
    offer_id: str | None
    value: float | None
    at: datetime = Field(description="UTC.")


class PricedAnswer(Answer):
    """One candidate that reached arbitration."""

    offer_id: str | None = Field(description="Null is *no offer*.")
    kind: Kind | None
    item: str | None
    priority: float = Field(description="What it was expected to bring, in `currency`.")
    reserved: float = Field(description="Money that giving it takes from the offer's budget.")
    factors: list[FactorAnswer]
    selection_probability: float = Field(description="Of being the first answer, over all draws.")


class EndedAnswer(Answer):
    """Where one candidate ended."""

    offer_id: str | None = Field(description="Null is *no offer*.")
    stage: Stage
    rule: str = Field(description="What ended it there.", examples=["churn_probability >= 0.3"])
    value: str = Field(description="What the rule met.", examples=["churn_probability is 0.12"])


class DecisionAnswer(Answer):
    """One decision with all that led to it and became of it."""

    decision_id: str
    customer_id: str
    channel: str
    placement: str
    decided_at: datetime = Field(description="UTC.")
    asked_by: str = Field(
        description="Id of the key that asked first, or `batch`; empty where nobody was named."
    )
    as_of: datetime = Field(description="Moment of knowledge, UTC.")
    status: Literal["known", "unknown"]
    group: Group
    explored: bool
    reason: Reason
    why: str = Field(description="The same as a sentence.")
    given: list[str] = Field(description="Ids of the offers of the answer, the best first.")
    withheld: list[str] = Field(description="What a customer of the control group would have been given.")
    selection_probability: float
    currency: str = Field(description="Of all its money.", examples=["USD"])
    priced: list[PricedAnswer] = Field(description="Who reached arbitration, the best first.")
    ended: list[EndedAnswer] = Field(description="Every candidate once.")
    release: dict[str, str]
    rulebook: str
    outcomes: list[RecordedOutcome] = Field(description="By moment and key.")
    impressions: int = Field(description="Offers of it that were seen, each counted once.")
