"""Plain sentences about churn as the dataset defines it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self, cast

from features.wording import PLACE, say
from serving.churn.artifact import Definition


@dataclass(frozen=True)
class Sentences:
    """What can be said of every customer of one store: put into words once, since each answer says it."""

    meaning: str
    """What churn means."""
    event: str
    """What may happen, after `likely to`."""
    lapsed: str
    """Why a customer has no probability."""

    @classmethod
    def of(cls, definition: Definition, as_of: datetime) -> Self:
        """Those of a definition and a moment of knowledge."""
        return cls(_meaning(definition), _event(definition, as_of), _lapsed(definition, as_of))

    def summary(self, probability: float | None) -> str:
        """What a probability says about a customer, or why there is none."""
        if probability is None:
            return self.lapsed
        return f"{say(PLACE, 'share', probability)} likely to {self.event}."


def _meaning(definition: Definition) -> str:
    if definition.kind == "inactivity":
        before, after = _days(definition.active_days), _days(definition.horizon_days)
        return f"Churn means: bought in the {before} before as_of, then buys nothing for {after}."
    if definition.horizon_days is None:
        return "Churn means: has left, as labelled in the data."
    return (
        f"Churn means: leaves within {_days(definition.horizon_days)} after as_of, as recorded in the data."
    )


def _lapsed(definition: Definition, as_of: datetime) -> str:
    if definition.kind == "inactivity":
        active = _days(definition.active_days)
        return f"Bought nothing in the {active} before {_date(as_of)}: lapsed, so not scored."
    return f"Had left before {_date(as_of)}, so not scored."


def _event(definition: Definition, as_of: datetime) -> str:
    if definition.horizon_days is None:
        return "leave"
    verb = "buy nothing" if definition.kind == "inactivity" else "leave"
    return f"{verb} in the {_days(definition.horizon_days)} after {_date(as_of)}"


def _days(number: int | None) -> str:
    return say(PLACE, "days", cast("int", number))  # A definition of this kind has it.


def _date(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
