"""Plain sentences about churn as the dataset defines it."""

from datetime import datetime
from typing import cast

from features.wording import PLACE, say
from serving.churn.artifact import Definition


def meaning(definition: Definition) -> str:
    """What churn means."""
    if definition.kind == "inactivity":
        before, after = _days(definition.active_days), _days(definition.horizon_days)
        return f"Churn means: bought in the {before} before as_of, then buys nothing for {after}."
    if definition.horizon_days is None:
        return "Churn means: has left, as labelled in the data."
    return (
        f"Churn means: leaves within {_days(definition.horizon_days)} after as_of, as recorded in the data."
    )


def summary(definition: Definition, as_of: datetime, probability: float | None) -> str:
    """What a probability says about a customer, or why there is none."""
    if probability is not None:
        return f"{say(PLACE, 'share', probability)} likely to {_event(definition, as_of)}."
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
