"""What the cross-sell call takes and gives."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from serving.schemas import Answer, Request, ServedModel

MAX_OFFERS = 100

Asked = Literal["all", "new", "repeat"]
Kind = Literal["new", "repeat"]
Status = Literal["known", "cold"]
Evidence = Literal["mature", "thin"]


class OffersQuery(Request):
    """Query of one customer's offers."""

    kind: Asked = Field(default="all", description="`new` to the customer, bought again (`repeat`), or both.")
    limit: int = Field(default=10, ge=1, le=MAX_OFFERS, description="How many offers at most.")


class OfferReason(Answer):
    """One fact that speaks for an offer."""

    code: Literal[
        "rhythm", "bought_once", "last_bought", "basket_share", "goes_with", "neighbours", "buyers", "popular"
    ] = Field(description="Which fact it is; stays the same when the words change.")
    words: str = Field(
        description="The fact as a person would say it.",
        examples=["bought every 23 days on average, last 27 days ago"],
    )


class Offer(Answer):
    """One item and how probably the customer buys it."""

    item: str = Field(description="Id at the item level.", examples=["CHEESE"])
    name: str
    category: str | None = Field(description="Id one level up, null when the data names none.")
    kind: Kind
    probability: float = Field(
        description="Calibrated probability of a purchase within the horizon. For a `cold` customer the share "
        "of the segment's active customers who bought the item within the last horizon: no personal forecast."
    )
    evidence: Evidence = Field(
        description="`thin`: few have bought the item or the customer has been here little, so the probability "
        "leans on what is usual."
    )
    reasons: list[OfferReason] = Field(description="At most three, the strongest first.")


class OffersAnswer(Answer):
    """What to offer one customer, the most probable first."""

    customer_id: str = Field(examples=["1"])
    status: Status = Field(
        description="`cold`: nothing is known of what the customer buys, so these are the popular items."
    )
    kind: Asked = Field(description="As asked.")
    offers: list[Offer]
    item_level: str = Field(description="What an item is here.", examples=["category"])
    horizon_days: int = Field(description="Days from `as_of` that the probabilities are about.")
    new_after_days: int = Field(description="An item not bought for so many days is new to a customer.")
    as_of: datetime = Field(description="Moment of knowledge, UTC: nothing later was used.")
    model: ServedModel
    stale: bool = Field(description="The data is older than the operator allows.")
