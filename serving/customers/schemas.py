"""What the customer call gives."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from features.store import LifeCycle, ValueTier
from serving.schemas import Answer, ConsentAnswer, ServedModel


class CustomerChurn(Answer):
    """The customer's churn in short; `/churn` has definition and reasons."""

    status: Literal["active", "lapsed"]
    probability: float | None = Field(description="Calibrated, null when lapsed.")
    band: Literal["high", "medium", "low"] | None
    summary: str = Field(examples=["12 % likely to buy nothing in the 28 days after 2017-12-04."])
    model: ServedModel


class CustomerSegments(Answer):
    """Where the customer stands among all; quintiles are 1 to 5, 5 the best, null where nothing was bought."""

    recency_quintile: int | None = Field(description="5: bought most recently.", examples=[5])
    frequency_quintile: int | None = Field(description="5: most baskets.", examples=[4])
    monetary_quintile: int | None = Field(description="5: highest spend.", examples=[4])
    life_cycle: LifeCycle | None = Field(examples=["steady"])
    value_tier: ValueTier | None = Field(examples=["medium"])
    words: list[str] = Field(
        description="The same for people, what is unknown left out.", examples=[["buys as usual"]]
    )


class CustomerFact(Answer):
    """One feature of the customer at `as_of`."""

    feature: str = Field(examples=["spend_84d"])
    value: float | None = Field(description="Null when unknown.", examples=[312.4])
    words: str = Field(description="The same for people.", examples=["312.40 USD spent in the last 84 days"])


class Favourite(Answer):
    """An item that the customer is used to buying."""

    item: str = Field(description="Id at the item level of bundles.", examples=["CHEESE"])
    basket_share: float = Field(description="Share of the baskets of the last year that hold it.")
    words: str = Field(examples=["CHEESE in 40 % of the baskets"])


class CustomerAnswer(Answer):
    """What is known of one customer."""

    customer_id: str = Field(examples=["1"])
    churn: CustomerChurn | None = Field(description="Null when no churn model answers.")
    segments: CustomerSegments
    facts: list[CustomerFact] = Field(description="Last and first purchase, baskets and spend.")
    favourites: list[Favourite] = Field(description="At most five, the most usual first.")
    consents: list[ConsentAnswer] = Field(description="Each channel and purpose once.")
    as_of: datetime = Field(description="Moment of knowledge, UTC: nothing later was used.")
    stale: bool = Field(description="The data is older than the operator allows.")
