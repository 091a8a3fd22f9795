"""The policy: what holds for every offer, as marketers write it in `policy.toml`."""

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from serving.decision.catalogue import Money, Section, Share, Text
from serving.decision.facts import Kind

Days = Annotated[float, Field(gt=0, le=3650)]
Rest = Annotated[float, Field(ge=0, le=3650)]
LocalTime = Annotated[time, Field(strict=False)]


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


class Clock(Section):
    """Where the quiet hours are local: the name of an IANA time zone."""

    timezone: Text = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone itself."""
        return ZoneInfo(self.timezone)


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
