"""The language of rules: `churn_probability >= 0.3`, `bought has "CHEESE" or life_cycle in [new, growing]`.

A rule is comparisons joined by `or`. What is unknown makes every comparison false but `is unknown`, so that a
rule about something that nobody knows fails closed.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from features.errors import InputError
from serving.decision.attributes import OF_ITEM, Attribute, AttributeKind
from serving.decision.facts import Value
from serving.decision.nearest import nearest

_KNOWLEDGE = ("is known", "is unknown")
OPERATORS: Mapping[AttributeKind, tuple[str, ...]] = {
    "number": ("=", "!=", "<", "<=", ">", ">=", "in", "not in", *_KNOWLEDGE),
    "text": ("=", "!=", "in", "not in", *_KNOWLEDGE),
    "flag": ("is yes", "is no", *_KNOWLEDGE),
    "set": ("has", "has not", *_KNOWLEDGE),
}
"""What each kind of attribute can be asked."""

_TOKEN = re.compile(r'"[^"]*"|[\w.+-]+|[\[\],]|[^\w\s"\[\],.+-]+|"')

_NUMBERS = (float, int)

Test = Callable[[Value], bool]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute against some values; `test` takes what the attribute is."""

    attribute: Attribute
    values: tuple[str, ...]
    test: Test


@dataclass(frozen=True, slots=True)
class Condition:
    """One rule, ready to be asked; equal to another of the same text. `names` are its attributes, each once."""

    text: str
    names: tuple[str, ...]
    comparisons: tuple[Comparison, ...] = field(compare=False, repr=False)

    @property
    def of_item(self) -> bool:
        """Whether the answer depends on the candidate's item; other rules hold or fail for a whole decision."""
        return not OF_ITEM.isdisjoint(self.names)


def holds(condition: Condition, facts: Mapping[str, Value]) -> bool:
    """Whether one of the comparisons is true of the attributes; one that is missing counts as unknown."""
    for one in condition.comparisons:  # noqa: SIM110 - any() takes twice as long, and decisions ask hundreds
        if one.test(facts.get(one.attribute.name)):
            return True
    return False


def met(condition: Condition, facts: Mapping[str, Value]) -> str:
    """What the rule met, such as `churn_probability is 0.12` or `bought has no "CHEESE"`."""
    said = [_value_in_words(one, facts.get(one.attribute.name)) for one in condition.comparisons]
    return said[0] if len(said) == 1 else ", ".join(dict.fromkeys(said))


def _value_in_words(one: Comparison, value: Value) -> str:
    name = one.attribute.name
    if not _is_known(value):
        return f"{name} is unknown"
    if isinstance(value, frozenset):
        sought = [f'{"" if item in value else "no "}"{item}"' for item in one.values]
        return f"{name} has {sought[0]}" if sought else f"{name} is known"
    if isinstance(value, str):
        return f"{name} is {value}"
    if one.attribute.kind == "flag":
        return f"{name} is {'yes' if value else 'no'}"
    return f"{name} is {value:.10g}"


def parse(text: str, attributes: Mapping[str, Attribute]) -> Condition:
    """A rule from its text.

    Raises `InputError` that quotes the rule and says which name, operator or value is wrong, with the nearest
    right one.
    """
    try:
        comparisons = tuple(_comparison(tokens, attributes) for tokens in _alternatives(_TOKEN.findall(text)))
    except ValueError as fault:
        raise InputError(f"the rule '{text}' cannot be used: {fault}") from fault
    names = tuple(dict.fromkeys(one.attribute.name for one in comparisons))
    return Condition(text, names, comparisons)


def _alternatives(tokens: list[str]) -> list[list[str]]:
    """What stands between the words `or`."""
    if "and" in tokens:
        raise ValueError('there is no "and"; write a rule for each part, all rules of a list must hold')
    ends = [-1, *(place for place, word in enumerate(tokens) if word == "or"), len(tokens)]
    return [tokens[last + 1 : end] for last, end in pairwise(ends)]


def _comparison(tokens: list[str], attributes: Mapping[str, Attribute]) -> Comparison:
    name, asked, given = _parts(tokens)
    if name not in attributes:
        raise ValueError(f'"{name}" is no attribute{nearest(name, attributes)}')
    attribute = attributes[name]
    allowed = OPERATORS[attribute.kind]
    if asked not in allowed:
        raise ValueError(
            f'{name} is a {attribute.kind} and cannot be asked "{asked}"{nearest(asked, allowed)}'
        )
    values = tuple(token.strip('"') for token in given)
    return Comparison(attribute, values, _test(attribute, asked, values))


def _parts(tokens: list[str]) -> tuple[str, str, list[str]]:
    """Name, operator and values of one comparison."""
    match tokens:
        case [name, "is", state]:
            return name, f"is {state}", []
        case [name, "has", "not", value] if _is_value(value):
            return name, "has not", [value]
        case [name, "in", "[", *listed, "]"]:
            return name, "in", _listed(listed)
        case [name, "not", "in", "[", *listed, "]"]:
            return name, "not in", _listed(listed)
        case [name, asked, value] if _is_value(value) and [asked, value] != ["has", "not"]:
            return name, asked, [value]
    raise ValueError(
        f"'{' '.join(tokens)}' is no comparison; write NAME OPERATOR VALUE such as spend_84d > 100, put "
        'other texts than single words in "quotes" and lists in [brackets, with commas]'
    )


def _listed(tokens: list[str]) -> list[str]:
    values, commas = tokens[::2], tokens[1::2]
    if not values or len(commas) != len(values) - 1 or {*commas} - {","} or not all(map(_is_value, values)):
        raise ValueError(f"'[{' '.join(tokens)}]' is no list; write values with commas between")
    return values


def _is_value(token: str) -> bool:
    """A quoted text, or a word."""
    return token[0] == token[-1] == '"' != token or bool(re.fullmatch(r"[\w.+-]+", token))


def _test(attribute: Attribute, asked: str, values: tuple[str, ...]) -> Test:
    """What decides the comparison; a value of another type than the attribute's counts as unknown."""
    if asked in _KNOWLEDGE:
        return lambda value: _is_known(value) is (asked == "is known")
    match attribute.kind:
        case "flag":
            return lambda value: isinstance(value, _NUMBERS) and value == (asked == "is yes")
        case "set":
            return lambda value: isinstance(value, frozenset) and (values[0] in value) is (asked == "has")
        case "number":
            return _of_number(asked, [_number(value) for value in values])
        case "text":
            _require_levels(attribute, values)
            return _of_text(asked, frozenset(values))


def _require_levels(attribute: Attribute, values: tuple[str, ...]) -> None:
    for value in values:
        if attribute.levels and value not in attribute.levels:
            raise ValueError(f'{attribute.name} is never "{value}"{nearest(value, attribute.levels)}')


def _of_number(asked: str, numbers: list[float]) -> Test:
    bound = numbers[0]
    match asked:
        case "<":
            return lambda value: isinstance(value, _NUMBERS) and value < bound
        case "<=":
            return lambda value: isinstance(value, _NUMBERS) and value <= bound
        case ">":
            return lambda value: isinstance(value, _NUMBERS) and value > bound
        case ">=":
            return lambda value: isinstance(value, _NUMBERS) and value >= bound
    listed, wanted = frozenset(numbers), asked in {"=", "in"}
    return lambda value: isinstance(value, _NUMBERS) and not math.isnan(value) and (value in listed) is wanted


def _of_text(asked: str, listed: frozenset[str]) -> Test:
    wanted = asked in {"=", "in"}
    return lambda value: isinstance(value, str) and (value in listed) is wanted


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f'"{text}" is no number')
    return number


def _is_known(value: Value) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))
