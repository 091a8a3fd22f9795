"""What the call about outcomes takes and gives."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from serving.ids import MAX_ID, TEXT
from serving.ledger import OutcomeKind
from serving.schemas import Answer, Moment, Request

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


def _when(kind: str, then: JsonDict, otherwise: JsonDict) -> JsonDict:
    return {"if": {"properties": {"kind": {"const": kind}}}, "then": then, "else": otherwise}


VALUED: JsonDict = _when(
    "purchase",
    {"required": ["value"], "properties": {"value": {"type": "number"}}},
    _when("redeem", {}, {"properties": {"value": {"type": "null"}}}),
)
"""The document's words for what `OutcomePosted` checks of `value`."""


class OutcomePosted(Request):
    """What became of a decision, or of one offer of it."""

    model_config = ConfigDict(strict=True, json_schema_extra=VALUED)

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
