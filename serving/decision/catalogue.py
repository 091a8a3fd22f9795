"""The catalogue of offers, as marketers write it: TOML with one `[[offer]]` each, or a CSV file.

The file says everything that an offer is; what it is worth to whom is decided elsewhere.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from features.errors import InputError
from serving.decision.facts import Kind
from serving.decision.nearest import nearest
from serving.decision.sections import Money, Section, Share, Text, Texts, checked, read_toml, readable, refuse

_BEST = "best"
_LISTS = ("channels", "items", "measured", "must", "relevant", "good")
_OF_FILE = ("version", "currency")
"""Keys that a TOML file has once, and a CSV file in every row."""
_TOO_MANY = "cells beyond the header"

_BETWEEN = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
"""A semicolon that is not inside quotes."""

MOST_PER_DAY = 1_000_000_000
"""What every database counts to."""

ASSUMED = ("save_rate", "redemption", "acceptance", "incremental", "stake.margin")
"""Factors that are assumptions until the offer lists them as `measured`."""

NEEDED: Mapping[Kind, frozenset[str]] = {
    "retention": frozenset({"save_rate"}),
    "cross_sell": frozenset({"items", "incremental"}),
    "bundle": frozenset({"items", "incremental"}),
    "loyalty": frozenset({"value", "acceptance", "incremental"}),
}
REFUSED: Mapping[Kind, frozenset[str]] = {
    "retention": frozenset({"items", "margin", "acceptance", "incremental"}),
    "cross_sell": frozenset({"save_rate", "redemption"}),
    "bundle": frozenset({"save_rate", "redemption"}),
    "loyalty": frozenset({"items", "margin", "save_rate", "redemption"}),
}


def _items(given: object) -> object:
    if (
        given is None
        or given == _BEST
        or (isinstance(given, list | tuple) and given and all(map(_is_id, given)))
    ):
        return given
    raise ValueError(f'is "{_BEST}" or a list of item ids, not {given!r}')


def _is_id(given: object) -> bool:
    return isinstance(given, str) and given != ""


class Offer(Section):
    """One entry of the catalogue; `docs/decision.md` has the meaning of each key and which kind takes which.

    Money is in the catalogue's currency, `lever` in percent. `cost` None is the channel's; `items` None for kinds
    that are about no item. `incremental` has no default, since every guess flatters the offer: it is None for
    retention alone. Dates are days in UTC, the first and the last.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9._-]{1,64}$")]
    name: Text
    kind: Kind
    channels: Annotated[Texts, Field(min_length=1)]
    items: Annotated[Literal["best"] | Texts | None, BeforeValidator(_items)] = None
    valid_from: date | None = None
    valid_to: date | None = None
    per_day: Annotated[int, Field(ge=1, le=MOST_PER_DAY)] | None = None
    budget: Annotated[float, Field(gt=0)] | None = None
    cost: Money | None = None
    discount: Money = 0.0
    value: Annotated[float, Field(gt=0)] | None = None
    margin: Share | None = None
    acceptance: Share | None = None
    save_rate: Share | None = None
    redemption: Share = 1.0
    incremental: Share | None = None
    lever: float = 0.0
    measured: Texts = ()
    must: Texts = ()
    relevant: Texts = ()
    good: Texts = ()

    def valid_on(self, day: date) -> bool:
        """Whether the offer runs on that day (UTC)."""
        return (self.valid_from or day) <= day <= (self.valid_to or day)

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        problems = [*self._misfits(), *self._contradictions()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _misfits(self) -> Iterator[str]:
        """What an offer of this kind lacks or cannot have."""
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        for name in sorted(NEEDED[self.kind] - given):
            yield f"needs {name}, as every {self.kind} offer does"
        for name in sorted(REFUSED[self.kind] & given):
            yield f"cannot have {name}, as no {self.kind} offer does"
        if self.kind in {"cross_sell", "bundle"} and len(given & {"value", "margin"}) != 1:
            yield "needs exactly one of value and margin"
        if self.kind == "bundle" and (self.items == _BEST or len(set(self.items or ())) == 1):
            yield "needs at least two items, as every bundle does"

    def _contradictions(self) -> Iterator[str]:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            yield f"begins on {self.valid_from}, after it ends on {self.valid_to}"
        for name in self.measured:
            if name not in ASSUMED:
                yield f'measured names "{name}", which is never assumed{nearest(name, ASSUMED)}'


class Catalogue(Section):
    """All offers of one file, at least one and each id once; `currency` is that of every amount in it."""

    version: Text
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    offers: Annotated[tuple[Offer, ...], Field(alias="offer", strict=False)] = ()

    @model_validator(mode="after")
    def _names_each_offer_once(self) -> Self:
        ids = [offer.id for offer in self.offers]
        problems = [f'two offers have the id "{name}"' for name in _doubled(ids)]
        if not ids:
            problems.append("there is no offer in it; write at least one [[offer]]")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def read_catalogue(path: Path, today: date | None = None) -> Catalogue:
    """Read and check a catalogue: CSV when the file is called so, TOML otherwise.

    Raises `InputError` with every problem; an offer that has ended before `today` (UTC) is one, where a day is
    given.
    """
    is_csv = path.suffix.lower() == ".csv"
    content = _read_csv(path) if is_csv else read_toml(path)
    catalogue = checked(Catalogue, content, path, {"offer": Offer}, texts=is_csv)
    ended = () if today is None else ended_before(today, catalogue.offers)
    refuse(
        path,
        [f'offer "{one.id}" has ended on {one.valid_to}: take it out or let it end later' for one in ended],
    )
    return catalogue


def ended_before(day: date, offers: Iterable[Offer]) -> list[Offer]:
    """The offers whose last day (UTC) is over; they are candidates no more."""
    return [offer for offer in offers if offer.valid_to and offer.valid_to < day]


def _read_csv(path: Path) -> dict[str, Any]:
    """The same content as from a TOML file; empty cells are absent, lists are separated by semicolons."""
    header, lines = _lines(path)
    known = [*_OF_FILE, *Offer.model_fields]
    unknown = [f"{name} is an unknown column{nearest(name, known)}" for name in header if name not in known]
    refuse(path, [*unknown, *(f"two columns are called {name}" for name in _doubled(header))])
    rows = [{name: _cell(name, cell) for name, cell in line.items() if cell} for line in lines]
    longer = [number for number, row in enumerate(rows, start=1) if _TOO_MANY in row]
    refuse(path, [f"offer {number} has more cells than the header" for number in longer])
    of_file = {name: {str(row.pop(name, "")) for row in rows} for name in _OF_FILE}
    refuse(path, [f"{name} is not the same in every row" for name, said in of_file.items() if len(said) > 1])
    return {"offer": rows, **{name: value for name, said in of_file.items() for value in said if value}}


def _lines(path: Path) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """The header, and every line that says anything."""
    reader = csv.DictReader(StringIO(readable(path)), restkey=_TOO_MANY)
    try:
        lines = [line for line in reader if any("".join(cell) for cell in line.values() if cell)]
    except csv.Error as fault:
        raise InputError(f"{path} is no valid CSV: {fault}") from fault
    return reader.fieldnames or (), lines


def _doubled(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _cell(name: str, cell: str | list[str]) -> str | list[str]:
    if isinstance(cell, list):
        return cell
    if name not in _LISTS or (name == "items" and cell.strip() == _BEST):
        return cell.strip()
    return [part.strip() for part in _BETWEEN.split(cell) if part.strip()]
