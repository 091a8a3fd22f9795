"""The bundle artifact as it lies on disk: verified first, then parsed.

The format is the contract between training and serving.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Any, Literal, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from pydantic import Field, TypeAdapter, model_validator

from serving.scoring.artifact import Described, Part, Probability, readable, verified

PARTS = ("golden.json", "items.json", "model.json", "rules.npy", "substitutes.npy", "weights.npy")

NONE = -1
"""Fills an antecedent of fewer than three items."""
RELATIONS = ("independent", "complement", "substitute")
"""What the numbers of the column `relation` mean."""
RULE = np.dtype(
    [
        ("antecedent", "<i4", (3,)),
        ("consequent", "<i4"),
        ("count", "<i8"),
        ("antecedent_count", "<i8"),
        ("lift_low", "<f8"),
        ("lift_high", "<f8"),
        ("p_value", "<f8"),
        ("q_value", "<f8"),
        ("adjusted_lift", "<f8"),
        ("relation", "<i1"),
        ("explained", "?"),
    ]
)
_CODES, _WEIGHTS = np.dtype("<i4"), np.dtype("<f4")

RuleRows = NDArray[np.void]
"""Rows of the type `RULE`."""


class Evidence(Part):
    """Up to which q-value a rule is significant, and from how many baskets on a pair has a rule."""

    max_q_value: Probability
    min_count: int = Field(ge=1)


class Score(Part):
    """What a customer's own share counts beside the basket, and how sharply scores become probabilities."""

    habit: float = Field(ge=0)
    floor: float = Field(gt=0)
    known: float = Field(gt=0)
    unknown: float = Field(gt=0)


class Description(Described):
    """`model.json`: everything of the model that is no table."""

    format: Literal[1] = Field(alias="schema")
    kind: Literal["bundles"]
    item_level: str = Field(min_length=1)
    baskets: int = Field(ge=1)
    learned_from: datetime
    learned_through: datetime
    score: Score
    evidence: Evidence

    @property
    def labelled_through(self) -> datetime:
        """The same moment, as the other models call it."""
        return self.learned_through


class Item(Part):
    """One item: in how many baskets it is, and what is earned in a basket that holds it (None = unknown)."""

    id: str = Field(min_length=1)
    name: str
    parent: str | None
    count: int = Field(ge=0)
    margin: float | None


class GoldenBaskets(Part):
    """`golden.json`: of each made-up basket some items with the probabilities that training gave them."""

    baskets: list[list[int]] = Field(min_length=1)
    items: list[list[int]]
    probabilities: list[list[Probability]]

    @model_validator(mode="after")
    def _has_a_probability_an_item(self) -> Self:
        lengths = [list(map(len, lists)) for lists in (self.items, self.probabilities)]
        if len(self.items) != len(self.baskets) or lengths[0] != lengths[1] or not any(lengths[0]):
            raise ValueError("every golden basket needs its items, and one probability for each")
        return self

    def require_codes(self, items: int) -> None:
        """Raise `ValueError` unless every code is one of the items."""
        if not all(0 <= code < items for codes in (*self.baskets, *self.items) for code in codes):
            raise ValueError(f"golden.json: a code is one of the {items} items, counted from 0")


@dataclass(frozen=True)
class BundlesArtifact:
    """The parsed artifact; the arrays cannot be written to."""

    description: Description
    items: tuple[Item, ...]
    """By code."""
    weights: NDArray[np.float32]
    """(items, items): what the item of the row in a basket adds to the item of the column."""
    rules: RuleRows
    """(n,) of `RULE`; no rule twice."""
    substitutes: NDArray[np.int32]
    """(n, 2) codes, the smaller first."""
    golden: GoldenBaskets


_ITEMS = TypeAdapter(tuple[Item, ...])


def read_artifact(folder: Path) -> BundlesArtifact:
    """Read a model folder. Raises `ModelError` for missing, extra or altered files and for contradictions."""
    parts = verified(folder, PARTS)
    with readable(folder):
        artifact = _parsed(parts)
        _require_items(artifact.items, artifact.description.baskets)
        _require_shapes(artifact)
        _require_rules(artifact)
        artifact.golden.require_codes(len(artifact.items))
    return artifact


def _parsed(parts: Mapping[str, bytes]) -> BundlesArtifact:
    return BundlesArtifact(
        description=Description.model_validate_json(parts["model.json"]),
        items=_ITEMS.validate_json(parts["items.json"]),
        weights=_array(parts, "weights.npy", _WEIGHTS),
        rules=_array(parts, "rules.npy", RULE),
        substitutes=_array(parts, "substitutes.npy", _CODES),
        golden=GoldenBaskets.model_validate_json(parts["golden.json"]),
    )


def _array(parts: Mapping[str, bytes], name: str, kind: np.dtype[Any]) -> NDArray[Any]:
    """A view of the file's bytes: no size is believed before the bytes are there, no object is ever made."""
    content = BytesIO(parts[name])
    shape, by_column, found = _header(content, name)
    if found != kind:
        raise ValueError(f"{name} holds {found} instead of {kind}")
    if math.prod(shape) * kind.itemsize != len(parts[name]) - content.tell():
        raise ValueError(f"{name} is longer or shorter than its header says")
    values = np.frombuffer(parts[name], kind, offset=content.tell())
    return values.reshape(shape, order="F" if by_column else "C")


def _header(content: BytesIO, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(content)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        return read(content)
    except (TokenError, SyntaxError, OverflowError) as fault:  # numpy evaluates the header's text
        raise ValueError(f"{name} has no header that can be read") from fault


def _require_items(items: tuple[Item, ...], baskets: int) -> None:
    _require(len(items) > 0, "items.json: there is at least one item")
    _require(len({item.id for item in items}) == len(items), "items.json: an id comes once")
    _require(
        all(item.count <= baskets for item in items),
        "items.json: an item is in no more baskets than there are",
    )


def _require_shapes(artifact: BundlesArtifact) -> None:
    count, pairs = len(artifact.items), artifact.substitutes
    _require(artifact.weights.shape == (count, count), "weights.npy: one row and one column an item")
    _require(bool(np.isfinite(artifact.weights).all()), "weights.npy: a weight is a finite number")
    _require(pairs.ndim == 2 and pairs.shape[1] == 2, "substitutes.npy: rows of two items")  # noqa: PLR2004 - a pair
    first, second = pairs.T
    within = bool(((first >= 0) & (first < second) & (second < count)).all())
    _require(within, f"substitutes.npy: the smaller of two of the {count} items comes first")


def _require_rules(artifact: BundlesArtifact) -> None:
    rules, items = artifact.rules, artifact.items
    _require(rules.ndim == 1, "rules.npy: one row a rule")
    _require_members(rules, len(items))
    _require_counts(rules, np.array([item.count for item in items]), artifact.description.baskets)
    _require_statistics(rules)


def _require_members(rules: RuleRows, items: int) -> None:
    antecedent, consequent = rules["antecedent"], rules["consequent"]
    named = antecedent != NONE
    _require(
        bool(named[:, 0].all() and (named[:, :-1] | ~named[:, 1:]).all()),
        "rules.npy: an antecedent has one to three items, and -1 after them",
    )
    codes = np.concatenate([antecedent[named], consequent])
    _require(bool(((codes >= 0) & (codes < items)).all()), f"rules.npy: a code is one of the {items} items")
    rising = (np.diff(antecedent, axis=1) > 0) | ~named[:, 1:]
    _require(bool(rising.all()), "rules.npy: the items of an antecedent go up")
    apart = (antecedent != consequent[:, np.newaxis]).all()
    _require(bool(apart), "rules.npy: what follows is not among its antecedent")
    members = np.column_stack([antecedent, consequent])
    members = members[np.lexsort(members.T)]  # np.unique lets no other thread run meanwhile, for 0.1 s
    doubled = (members[1:] == members[:-1]).all(axis=1)
    _require(not doubled.any(), "rules.npy: a rule comes once")


def _require_counts(rules: RuleRows, of_items: NDArray[np.int64], baskets: int) -> None:
    antecedent, count, before = rules["antecedent"], rules["count"], rules["antecedent_count"]
    possible = (
        (count >= 1) & (count <= before) & (count <= of_items[rules["consequent"]]) & (before <= baskets)
    )
    _require(bool(possible.all()), "rules.npy: no more baskets hold a rule than each side of it")
    pair = antecedent[:, 1] == NONE
    same = before[pair] == of_items[antecedent[pair, 0]]
    _require(bool(same.all()), "rules.npy: the antecedent of a pair is in as many baskets as items.json says")


def _require_statistics(rules: RuleRows) -> None:
    finite = all(np.isfinite(rules[name]).all() for name in ("lift_low", "lift_high"))
    _require(finite and not np.isinf(rules["adjusted_lift"]).any(), "rules.npy: a lift is a finite number")
    for name in ("p_value", "q_value"):
        _require(
            bool(((rules[name] >= 0) & (rules[name] <= 1)).all()), f"rules.npy: a {name} is within 0 to 1"
        )
    relation = rules["relation"]
    _require(
        bool(((relation >= 0) & (relation < len(RELATIONS))).all()), "rules.npy: a relation is 0, 1 or 2"
    )


def _require(holds: bool, rule: str) -> None:  # noqa: FBT001 - a check reads best with its condition first
    if not holds:
        raise ValueError(rule)
