"""The features that a dataset can have, and the fingerprint that binds models and stores to them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import ibis

from features.attributes import attribute_features
from features.columns import Column
from features.customer import FAMILIES
from features.definitions import Feature, described
from features.snapshot import history, snapshot
from features.tables import Tables

_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FeatureSet:
    """Features in column order. Two sets with equal fingerprints mean the same numbers."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def fingerprint(self) -> str:
        """SHA-256 over names, dtype and the text of every formula, in order."""
        definitions = [
            (f.name, "float64", repr(f.formula), f.grain.definition if f.grain else "derived")
            for f in self.features
        ]
        return hashlib.sha256(json.dumps(definitions).encode()).hexdigest()

    def describe(self) -> list[dict[str, object]]:
        """Each feature as `features.definitions.described` tells it."""
        return described(self.features)


def feature_set(tables: Tables, levels: Mapping[str, Sequence[str]]) -> FeatureSet:
    """Every feature that these tables can give; `levels` are those of the declared text attributes."""
    attributes = () if tables.customers is None else attribute_features(tables.customers, levels)
    offered = (*chain.from_iterable(FAMILIES.values()), *attributes)
    possible = set(snapshot(history(tables, _ANY_MOMENT), offered).columns)
    return FeatureSet(tuple(feature for feature in offered if feature.name in possible))


def features_at(tables: Tables, features: FeatureSet, as_of: datetime) -> ibis.Table:
    """The snapshot of a feature set: `customer_id`, then exactly its features in its order."""
    return snapshot(history(tables, as_of), features.features).select(Column.CUSTOMER, *features.names)
