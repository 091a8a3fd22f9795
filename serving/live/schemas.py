"""What `GET /v1/release` says."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from serving.churn.artifact import Definition
from serving.schemas import Answer, ServedModel


class ModelAnswer(ServedModel):
    """One model of the release."""

    run_id: str | None = Field(description="The MLflow run that trained it.")
    labelled_through: datetime | None = Field(description="It knows what happened until then.")
    population: str = Field(description="Whom it scores.")
    answers: bool = Field(description="False when it does not fit the store; `fault` says why.")


class CandidatesAnswer(Answer):
    """What the store holds to offer."""

    fingerprint: str = Field(description="Of the features of a customer and an item.")
    item_level: str = Field(examples=["category"])
    horizon_days: int
    new_after_days: int
    items: int
    customers: int


class HabitsAnswer(Answer):
    """What the store holds of what customers are used to buying."""

    item_level: str = Field(examples=["type"])
    items: int
    customers: int


class StoreAnswer(Answer):
    """The published data behind every answer."""

    fingerprint: str = Field(description="Of the features of a customer.")
    as_of: datetime
    published_at: datetime
    customers: int
    candidates: CandidatesAnswer | None = Field(description="Null in a store without cross-sell.")
    habits: HabitsAnswer | None = Field(description="Null in a store without bundles.")


class ReleaseAnswer(Answer):
    """What is being served right now."""

    version: str = Field(description="Of the registered model `release`.", examples=["7"])
    replaces: str | None = Field(
        description="The version that was live before this one was made so, null for the first.",
        examples=["6"],
    )
    models: list[ModelAnswer]
    alias: str = Field(examples=["champion"])
    pulled_at: datetime
    definition: Definition | None = Field(description="What churn means, null without a churn model.")
    store: StoreAnswer
    rules: Literal["release", "files"] = Field(
        description="Where policy and catalogue come from: the release, or files that the service was given."
    )
    rulebook: str | None = Field(
        description="Version and hash of policy and catalogue, null when there is none yet.",
        examples=["2026.11-0b6f3d2a9c41"],
    )
    stale: bool
    fault: str | None = Field(
        description="Why something newer on disk is not served, or why a model does not answer; or null."
    )
