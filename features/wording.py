"""The words of a feature with its value in them, as a person would say it."""

import math
from collections.abc import Callable, Sequence

PLACE = "{value}"
_FINE_PERCENT = 9.95  # below ten per cent a decimal matters


def say(words: str, unit: str, value: float, currency: str = "", levels: Sequence[str] = ()) -> str:
    """A feature's words with its value: `last purchase {value} ago`, days, 12 -> `last purchase 12 days ago`.

    `unit` is one of `UNITS`; a share is a fraction (0.12 -> `12 %`), a flag 0 or 1, money is followed by
    `currency`, and a level is the place of its text in `levels`. `(s)` in the words falls away for exactly
    one: `{value} basket(s)` -> `1 basket`. For NaN the words without the value are `unknown`: `last purchase:
    unknown`. Raises ValueError for other units and words without `{value}`.
    """
    if unit not in UNITS or PLACE not in words:
        raise ValueError(f"unit {unit!r} is one of {', '.join(UNITS)}, and the words {words!r} hold {PLACE}")
    if math.isnan(value):
        return _unknown(words)
    text = levels[int(value)] if levels else UNITS[unit](value)
    singular = text.split()[0] == "1"
    if unit == "money" and currency:
        text = f"{text} {currency}"
    return words.replace("(s)", "" if singular else "s").replace(PLACE, text)


def _unknown(words: str) -> str:
    rest = words.replace("(s)", "s").replace(f"{PLACE} ago", "").replace(PLACE, "")
    return f"{' '.join(rest.split()).rstrip(':')}: unknown"


def _number(value: float, decimals: int) -> str:
    """Thousands with commas, no trailing zeros, never a negative zero."""
    text = f"{value:z,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _of(noun: str) -> Callable[[float], str]:
    return lambda value: f"{_number(value, 1)} {noun}{'' if _number(value, 1) == '1' else 's'}"


def _share(value: float) -> str:
    percent = 100 * value
    return f"{_number(percent, 1 if abs(percent) < _FINE_PERCENT else 0)} %"


def _flag(value: float) -> str:
    return "yes" if value else "no"


UNITS: dict[str, Callable[[float], str]] = {
    "days": _of("day"),
    "hours": _of("hour"),
    "count": lambda value: _number(value, 1),
    "share": _share,
    "money": lambda value: f"{value:z,.2f}",
    "ratio": lambda value: _number(value, 2),
    "number": lambda value: _number(value, 2),
    "level": lambda value: _number(value, 1),
    "flag": _flag,
}
"""How each unit writes a value."""
