"""What the service takes and gives: strict on the way in, only listed fields on the way out."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from serving.ids import MAX_ID, TEXT

MAX_BATCH = 1000
MAX_REASONS = 20
MAX_FIELDS = 50
"""Of one object of a request; none has half as many."""

CustomerId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID, pattern=TEXT),
    Field(description="The customer's id as in the data: 1 to 128 characters, no control characters."),
]
ItemId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_ID),
    Field(description="The item's id as in the data, at the item level: 1 to 128 characters of any kind."),
]


def _iso_8601(given: object) -> object:
    """A number would be taken for seconds since 1970, `20261125` among them."""
    if not (isinstance(given, str) and re.match(r"\d{4}-\d{2}-\d{2}[Tt ]", given)):
        raise ValueError("write a moment with its offset from UTC, such as 2026-05-04T09:30:00Z")
    return given


Moment = Annotated[
    AwareDatetime, BeforeValidator(_iso_8601), Field(strict=False, examples=["2026-05-04T09:30:00Z"])
]
"""A moment with its offset from UTC; an unknown offset is refused."""


def _whole(given: object) -> object:
    """JSON has one kind of number, and its schemas take 5.0 for an integer as well."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


WHOLE = BeforeValidator(_whole)
"""Takes a whole number however it is written; stands behind the bounds, or the document would lose them."""
ReasonCount = Annotated[int, Field(ge=0, le=MAX_REASONS, description="How many reasons to give."), WHOLE]


class Request(BaseModel):
    """Unknown fields and values of another type are refused; very many of them before they are looked at."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _of_few_fields(cls, given: object) -> object:
        """Each unknown field is a fault of its own, which costs more than the request may."""
        if isinstance(given, dict) and len(given) > MAX_FIELDS:
            raise ValueError(f"there are no more than {MAX_FIELDS} fields")
        return given


class Answer(BaseModel):
    """Only listed fields leave the service."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServedModel(Answer):
    """The registered model version that gave an answer."""

    name: str = Field(examples=["churn"])
    version: str = Field(examples=["3"])
    release: str = Field(description="The version of the release that it is part of.", examples=["7"])


class ConsentAnswer(Answer):
    """What a customer said last about one use of one channel."""

    channel: str = Field(examples=["email"])
    purpose: str = Field(examples=["marketing"])
    granted: bool
    at: datetime = Field(description="UTC.")


class Health(Answer):
    """The service is there."""

    status: Literal["alive"]


class Readiness(Answer):
    """The service can be asked."""

    status: Literal["ready", "degraded"] = Field(
        description="`degraded`: a model of the release does not fit the store, or there are no rules for "
        "next best offers; the others answer."
    )
