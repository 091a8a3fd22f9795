"""The catalogue of offers, as marketers write it: TOML with one `[[offer]]` each, or a CSV file.

The file names everything that an offer is; what it is worth to whom is decided elsewhere.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.decision.facts import Kind

Text = Annotated[str, Field(min_length=1)]
Money = Annotated[float, Field(ge=0)]
Earned = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Rules = Annotated[tuple[Text, ...], Field(strict=False)]


class Section(BaseModel):
    """A part of a file that marketers edit: unknown keys, infinite numbers and texts for numbers are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True
    )


class Offer(Section):
    """One entry of the catalogue; `docs/decision.md` has the meaning of each key and which kind takes which.

    Money is in the catalogue's currency, `lever` in percent. `cost` None is the channel's; `items` None for kinds
    that are about no item. Dates are days in UTC, the first and the last.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]
    name: Text
    kind: Kind
    channels: Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]
    items: Literal["best"] | Annotated[tuple[Text, ...], Field(strict=False)] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    per_day: Annotated[int, Field(ge=1)] | None = None
    budget: Earned | None = None
    cost: Money | None = None
    discount: Money = 0.0
    value: Earned | None = None
    margin: Share | None = None
    acceptance: Share | None = None
    save_rate: Share | None = None
    redemption: Share = 1.0
    incremental: Share = 1.0
    lever: float = 0.0
    measured: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    must: Rules = ()
    relevant: Rules = ()
    good: Rules = ()

    def valid_on(self, day: date) -> bool:
        """Whether the offer runs on that day (UTC)."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)


class Catalogue(Section):
    """All offers of one file, at least one and each id once; `currency` is that of every amount in it."""

    version: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    offers: Annotated[tuple[Offer, ...], Field(alias="offer", strict=False)]
