"""What the service takes and gives: strict on the way in, only listed fields on the way out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from serving.artifact import Definition

MAX_ID = 128
MAX_BATCH = 1000
MAX_REASONS = 20

CustomerId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"),
    Field(description="The customer's id as in the data: 1 to 128 characters, no control characters."),
]
ReasonCount = Annotated[int, Field(ge=0, le=MAX_REASONS, description="How many reasons to give.")]


class Request(BaseModel):
    """Unknown fields and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Answer(BaseModel):
    """Only listed fields leave the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServedModel(Answer):
    """The registered model version that gave an answer."""

    name: str = Field(examples=["churn"])
    version: str = Field(examples=["3"])


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


class ReleaseAnswer(Answer):
    """What is being served right now."""

    model: ServedModel
    run_id: str | None = Field(description="The MLflow run that trained the model.")
    alias: str = Field(examples=["champion"])
    pulled_at: datetime
    fingerprint: str = Field(description="The feature set of model and store.")
    labelled_through: datetime | None = Field(description="The model knows what happened until then.")
    population: str = Field(description="Whom the model scores.")
    definition: Definition
    as_of: datetime
    published_at: datetime
    customers: int
    stale: bool
    fault: str | None = Field(description="Why something newer on disk is not served, or null.")


class Health(Answer):
    """The service is there."""

    status: Literal["alive", "ready"]
