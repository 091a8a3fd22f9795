"""The policy: what holds for every offer, as marketers write it in `policy.toml`."""

import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field, field_validator, model_validator

from features.errors import InputError
from serving.decision.facts import Kind
from serving.decision.nearest import nearest
from serving.decision.sections import Money, Section, Sections, Share, Text, checked, read_toml

_CLOCK_TIME = re.compile(r"\d\d:\d\d(:\d\d)?")

Days = Annotated[float, Field(gt=0, le=3650)]
Rest = Annotated[float, Field(ge=0, le=3650)]


def _local(given: object) -> object:
    """A time of day as a text or as TOML has it; a number would be seconds, and a zone is the clock's to say."""
    if isinstance(given, time) or (isinstance(given, str) and _CLOCK_TIME.fullmatch(given)):
        return given
    raise ValueError(f'write a time of day such as "21:00", not {given!r:.80}')


LocalTime = Annotated[time, Field(strict=False), BeforeValidator(_local)]


class Stake(Section):
    """What is lost with a customer who leaves: `margin` (0 to 1) of their spend over the next `days`."""

    margin: Share
    days: Days


class Levers(Section):
    """A percentage for each kind of offer, by which its priority is raised or lowered; 0 is neutral."""

    retention: float = 0.0
    cross_sell: float = 0.0
    bundle: float = 0.0
    loyalty: float = 0.0

    def of(self, kind: Kind) -> float:
        """The percentage of one kind."""
        percent: float = getattr(self, kind)
        return percent


class Channel(Section):
    """One way to reach customers.

    `consent` says whether they must have agreed to it for `purpose`. `cost` is that of one contact, in money;
    `context` multiplies the probability that an offer is taken there, 1 is neutral. Between `quiet_from` and
    `quiet_to` (local times, the second excluded; may span midnight) nobody is spoken to.
    """

    consent: bool = True
    purpose: Text = "marketing"
    cost: Money = 0.0
    context: Annotated[float, Field(gt=0)] = 1.0
    quiet_from: LocalTime | None = None
    quiet_to: LocalTime | None = None

    @model_validator(mode="after")
    def _is_quiet_from_and_to(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("give both quiet_from and quiet_to, or neither")
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValueError(f"quiet_from and quiet_to are both {self.quiet_from:%H:%M}; leave both out")
        return self


class Clock(Section):
    """Where the quiet hours are local: the name of an IANA time zone."""

    timezone: Text = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f'"{name}" is no time zone{nearest(name, available_timezones())}') from None
        return name


class Cap(Section):
    """At most `contacts` with one customer in any `days` days.

    Counted over all offers (`per` customer), or over those of one offer, kind or channel: the one called `name`,
    or, without a name, each one for itself.
    """

    per: Literal["offer", "kind", "channel", "customer"]
    name: Text | None = None
    contacts: Annotated[int, Field(ge=1)]
    days: Days


class CoolOff(Section):
    """For how many days after a customer turned an offer down it, and every offer of its kind, rests."""

    offer_days: Rest = 0.0
    kind_days: Rest = 0.0


class Control(Section):
    """The share of customers who are never given anything, chosen once and for all by a hash with `salt`."""

    share: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    salt: Text


class Exploration(Section):
    """In which share of decisions one is drawn by lot, among those that cost at most `max_loss` of money."""

    share: Annotated[float, Field(ge=0, le=0.2)] = 0.02
    max_loss: Money = 0.0


class Policy(Section):
    """Everything of `policy.toml`."""

    version: Text
    stake: Stake
    levers: Levers = Levers()
    clock: Clock = Clock()
    channels: dict[Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")], Channel]
    caps: Annotated[tuple[Cap, ...], Field(alias="cap", strict=False)] = ()
    cool_off: CoolOff = CoolOff()
    control: Control
    exploration: Exploration = Exploration()

    def require_channel(self, name: str) -> None:
        """Raise `InputError` that names the nearest channel, unless there is one of this name.

        No offer is ever made where nobody declared a channel; who asks has to know.
        """
        if name not in self.channels:
            raise InputError(f'"{name}" is no channel of the policy{nearest(name, self.channels)}')

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Self:
        problems = [*self._cap_problems()] if self.channels else ["there is no [channels.NAME]; declare one"]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _cap_problems(self) -> Iterator[str]:
        for number, cap in enumerate(self.caps, start=1):
            if cap.per == "customer" and cap.name is not None:
                yield f"cap {number} is per customer and has no name"
            known = {"kind": get_args(Kind), "channel": self.channels}.get(cap.per)
            if known is not None and cap.name is not None and cap.name not in known:
                yield f'cap {number}: "{cap.name}" is no {cap.per}{nearest(cap.name, known)}'


SECTIONS: Sections = {
    "stake": Stake,
    "levers": Levers,
    "clock": Clock,
    "channels": Channel,
    "cap": Cap,
    "cool_off": CoolOff,
    "control": Control,
    "exploration": Exploration,
}


def read_policy(path: Path) -> Policy:
    """Read and check a policy. Raises `InputError` with every problem."""
    return checked(Policy, read_toml(path), path, SECTIONS)
