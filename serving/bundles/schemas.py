"""What the bundle calls take and give."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from serving.schemas import WHOLE, Answer, CustomerId, ItemId, Request, ServedModel

MAX_BASKET = 5000
MAX_SUGGESTIONS = 50

Limit = Annotated[int, Field(ge=1, le=MAX_SUGGESTIONS, description="How many suggestions at most."), WHOLE]
Evidence = Literal["significant", "weak", "none"]
Relation = Literal["independent", "complement", "substitute"]


class BundlesQuery(Request):
    """Query of one item's bundles."""

    limit: Limit = 5


class Basket(Request):
    """A basket, and whose it is."""

    model_config = ConfigDict(strict=True)

    basket: Annotated[
        list[ItemId],
        Field(max_length=MAX_BASKET, description="What is in it, each counted once.", examples=[["PASTA"]]),
    ]
    customer_id: CustomerId | None = Field(default=None, description="Whose habits to go by, if anybody's.")
    limit: Limit = 5


class Suggestion(Answer):
    """One item to add, and the rule that speaks most for it; what a rule says is null without one."""

    item_id: str = Field(description="Id at the item level.", examples=["PASTA SAUCE"])
    name: str
    probability: float = Field(description="That it is the one item which this basket lacks.")
    margin: float | None = Field(
        description="What is earned in a basket that holds it, in `currency`; null when unknown."
    )
    expected_margin: float | None = Field(description="Probability times margin, null without a margin.")
    evidence: Evidence = Field(
        description="`significant`: the rule holds beyond chance (its q-value is small enough) and is not "
        "`explained`; `weak`: there are rules, and none of them is; `none`: there is no rule."
    )
    because: list[str] = Field(description="The items of the basket that the rule starts from.")
    count: int | None = Field(description="Baskets with `because` and this item.")
    support: float | None = Field(description="Share of all baskets with both.")
    confidence: float | None = Field(description="Share of the baskets with `because` that hold this item.")
    lift: float | None = Field(description="How many times more baskets have both than by chance.")
    lift_low: float | None = Field(description="Lower end of the lift's 95 % interval.")
    lift_high: float | None = Field(description="Upper end of the lift's 95 % interval.")
    leverage: float | None = Field(description="Share of the baskets with both, above the share by chance.")
    conviction: float | None = Field(
        description="How many times more often the rule would fail by chance; null when it never fails."
    )
    zhang: float | None = Field(description="Zhang's metric, -1 to 1.")
    adjusted_lift: float | None = Field(
        description="The lift with basket size, store, season and promotions held fixed; null where none can be "
        "compared."
    )
    p_value: float | None = Field(description="Chance of so many baskets with both among unrelated items.")
    q_value: float | None = Field(description="Share of false pairs among all with a p-value as small.")
    relation: Relation | None = Field(
        description="Together more often, or less, than the purchases of the same customers lead one to expect."
    )
    explained: bool | None = Field(
        description="No longer significant once basket size, store, season and promotions are held fixed."
    )


class BundlesAnswer(Answer):
    """What to add to a basket, the best first."""

    basket: list[str] = Field(description="The known items of the basket, each once, in the order given.")
    ignored: list[str] = Field(description="Ids that the model does not know, each once.")
    starter: bool = Field(
        description="Nothing in the basket is known, so these are the best items to begin with."
    )
    personal: bool = Field(description="The customer's own habits were used.")
    ranked_by: Literal["expected_margin", "probability"] = Field(
        description="`expected_margin` where every item of the model has a margin."
    )
    suggestions: list[Suggestion]
    item_level: str = Field(description="What an item is here.", examples=["type"])
    currency: str = Field(description="Of the margins.", examples=["USD"])
    learned_through: datetime = Field(description="The newest basket behind the statistics is from before.")
    as_of: datetime = Field(description="Moment of knowledge of the customers' habits, UTC.")
    model: ServedModel
    stale: bool = Field(description="The data is older than the operator allows.")
