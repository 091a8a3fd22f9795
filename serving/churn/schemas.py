"""What the churn calls take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from serving.schemas import MAX_BATCH, Answer, CustomerId, ReasonCount, Request, ServedModel


class ChurnQuery(Request):
    """Query of one customer's churn."""

    reasons: ReasonCount = 5


class ChurnBatch(Request):
    """Many customers at once."""

    model_config = ConfigDict(strict=True)

    customer_ids: Annotated[
        list[CustomerId], Field(min_length=1, max_length=MAX_BATCH, examples=[["1", "2"]])
    ]
    reasons: ReasonCount = 0


class Reason(Answer):
    """What one feature does to the score."""

    feature: str = Field(examples=["days_since_purchase"])
    value: float | None = Field(description="The feature's value, null when unknown.", examples=[41.0])
    words: str = Field(description="The same for people.", examples=["last purchase 41 days ago"])
    direction: Literal["raises", "lowers"] = Field(description="What it does to the probability.")
    contribution: float = Field(description="Exact share of the score, in log-odds.", examples=[0.83])


class ChurnAnswer(Answer):
    """One customer's churn."""

    customer_id: str = Field(examples=["1"])
    status: Literal["active", "lapsed"] = Field(
        description="`lapsed`: outside the churn definition's population, so there is no probability."
    )
    probability: float | None = Field(description="Calibrated probability of churn, null when lapsed.")
    band: Literal["high", "medium", "low"] | None
    summary: str = Field(
        description="The answer in a sentence.",
        examples=["12 % likely to buy nothing in the 28 days after 2017-12-04."],
    )
    horizon_days: int | None = Field(description="Days from `as_of` that the probability is about.")
    definition: str = Field(
        description="What churn means here, in a sentence.",
        examples=["Churn means: bought in the 56 days before as_of, then buys nothing for 28 days."],
    )
    as_of: datetime = Field(description="Moment of knowledge, UTC: nothing later was used.")
    reasons: list[Reason] = Field(description="Largest contributions first.")
    model: ServedModel
    stale: bool = Field(description="The data is older than the operator allows.")


class ChurnBatchAnswer(Answer):
    """The known customers in the order asked, and the ids that nobody has."""

    results: list[ChurnAnswer]
    unknown: list[str]
