"""What the calls about past decisions take and give."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from serving.decision.facts import Kind
from serving.decision.trace import Group, Reason, Stage
from serving.ledger import OutcomeKind
from serving.next_best_offer.schemas import FactorAnswer
from serving.schemas import MAX_ID, TEXT, Answer, Moment, Request

MOST_MONEY = 1e12
"""No purchase is larger; sums of smaller ones stay exact enough."""

DecisionId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=TEXT),
    Field(description="As an answer gave it.", examples=["5f0c1b7d9e2a4c6f8b1d3e5f7a9c2b4d"]),
]
Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID, pattern=TEXT),
    Field(description="The caller's own name of this outcome: posting it again changes nothing."),
]
OfferId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Money = Annotated[float, Field(ge=-MOST_MONEY, le=MOST_MONEY, allow_inf_nan=False)]


class OutcomePosted(Request):
    """What became of a decision, or of one offer of it."""

    model_config = ConfigDict(strict=True)

    key: Key
    decision_id: DecisionId
    kind: OutcomeKind
    offer_id: OfferId | None = Field(
        default=None, description="Which offer of the answer, the first one when not given."
    )
    value: Money | None = Field(
        default=None, description="Money paid, of a purchase or a redemption; a purchase needs it."
    )
    at: Moment | None = Field(
        default=None, description="When it happened, now when not given; may be long ago."
    )

    @model_validator(mode="after")
    def _has_its_value(self) -> Self:
        if self.kind == "purchase" and self.value is None:
            raise ValueError("a purchase needs a value")
        if self.kind not in {"purchase", "redeem"} and self.value is not None:
            raise ValueError("only a purchase or a redemption has a value")
        return self


class OutcomeAnswer(Answer):
    """The outcome is in the ledger."""

    recorded: bool = Field(description="False when it had been recorded before, under the same key.")


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
