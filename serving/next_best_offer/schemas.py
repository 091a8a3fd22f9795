"""What the next-best-offer calls take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from serving.bundles.schemas import MAX_BASKET
from serving.decision.facts import Kind
from serving.decision.trace import Group, Reason, Unit
from serving.ids import TEXT
from serving.next_best_offer.asking import Asking
from serving.schemas import MAX_BATCH, WHOLE, Answer, CustomerId, ItemId, Request

MOST = 10
"""Offers of one answer."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=TEXT)]
Channel = Annotated[Name, Field(description="A channel of the policy.", examples=["web"])]
Placement = Annotated[
    Name | None,
    Field(description="Where in the channel, the channel itself when not given.", examples=["home"]),
]
Place = Annotated[Name | None, Field(description="For rules to speak of.")]
Limit = Annotated[int, Field(ge=1, le=MOST, description="How many offers at most."), WHOLE]


class NextBestOfferQuery(Request):
    """Query of one customer's next best offer."""

    channel: Channel
    placement: Placement = None
    limit: Limit = 1


class NextBestOfferAsked(Request):
    """One customer, and what they are doing right now."""

    model_config = ConfigDict(strict=True)

    customer_id: CustomerId
    channel: Channel
    placement: Placement = None
    limit: Limit = 1
    basket: Annotated[
        tuple[ItemId, ...],
        Field(
            max_length=MAX_BASKET,
            strict=False,
            description="What is in it, each counted once.",
            examples=[["PASTA"]],
        ),
    ] = ()
    page: Place = None
    location: Place = None


class NextBestOfferBatch(Request):
    """Many customers at once."""

    model_config = ConfigDict(strict=True)

    customer_ids: Annotated[
        list[CustomerId], Field(min_length=1, max_length=MAX_BATCH, examples=[["1", "2"]])
    ]
    channel: Channel
    placement: Placement = None
    limit: Limit = 1


class FactorAnswer(Answer):
    """One number of an offer's price."""

    name: str = Field(examples=["probability"])
    value: float = Field(examples=[0.21])
    unit: Unit
    source: str = Field(description="Who vouches for it.", examples=["cross_sell 2"])
    words: str = Field(description="The same for people.", examples=["probability 21 % (cross_sell 2)"])


class GivenOffer(Answer):
    """One offer, what it is worth and why."""

    offer_id: str = Field(examples=["cheese-week"])
    name: str = Field(description="For people.")
    kind: Kind
    item: str | None = Field(
        description="Id of the item that it is about, null for none.", examples=["CHEESE"]
    )
    item_name: str | None
    rank: int = Field(description="1 is the best.")
    priority: float = Field(description="What it is expected to bring, in `currency`.")
    currency: str = Field(examples=["USD"])
    words: list[str] = Field(
        description="What a person can say: the reasons for the item, none when unknown."
    )
    factors: list[FactorAnswer] = Field(description="All that the priority was computed from, in its order.")
    assumptions: list[str] = Field(description="Factors that nobody has measured.", examples=[["save_rate"]])


class NextBestOfferAnswer(Answer):
    """The next best offer of one customer, or none."""

    decision_id: str | None = Field(description="For outcomes to quote; null when `degraded`.")
    customer_id: str = Field(examples=["1"])
    status: Literal["known", "unknown"] | None = Field(
        description="`unknown`: nobody in the store has this id; null when `degraded`."
    )
    answer: Literal["offer", "no_offer"]
    reason: Reason | Literal["degraded"] = Field(description="Why; stays the same when the words change.")
    why: str = Field(description="The same as a sentence.")
    group: Group | None = Field(description="`control`: never given anything, to compare with.")
    explored: bool = Field(description="Drawn by lot among those that are nearly as good.")
    offers: list[GivenOffer]
    selection_probability: float | None = Field(description="Of this first answer, over all draws.")
    decided_at: datetime = Field(description="UTC; a repeat has the moment of the first.")
    as_of: datetime = Field(description="Moment of knowledge, UTC: of the snapshot that was used.")
    release: dict[str, str] = Field(
        description="Version of each model by its name.", examples=[{"churn": "3"}]
    )
    rulebook: str = Field(description="Version and hash of policy and catalogue.")
    degraded: bool = Field(description="Nothing was decided or counted: `fault` says why.")
    fault: str | None
    stale: bool = Field(description="The data is older than the operator allows.")


class NextBestOfferBatchAnswer(Answer):
    """An answer for each customer, in the order asked."""

    results: list[NextBestOfferAnswer]


def asking_of(asked: NextBestOfferQuery | NextBestOfferAsked | NextBestOfferBatch) -> Asking:
    """What is asked of each customer; the placement is the channel itself when none is given."""
    placement = asked.placement or asked.channel
    if isinstance(asked, NextBestOfferAsked):
        basket = frozenset(asked.basket)
        return Asking(asked.channel, placement, asked.limit, basket, asked.page, asked.location)
    return Asking(asked.channel, placement, asked.limit)
