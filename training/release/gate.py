"""The gate of a release: its parts earned their place, belong together, and fit the store that they will meet."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from features.store import SqliteStore, StoreInfo
from training.release.golden import GoldenCustomers, golden_customers, largest_deviation
from training.release.parts import Part
from training.release.rules import POLICY, Rules
from training.verdict import Check, Verdict

_TOLERANCE = {"churn": 1e-9, "cross_sell": 1e-9, "bundles": 1e-6}
"""Of golden rows; the weights of bundles have single precision."""
_SHOWN = 60
"""Characters of a value in what was found."""


@dataclass(frozen=True)
class Gated:
    """The verdict on a release, and the golden customers of each model that scores some and fits the store."""

    verdict: Verdict
    golden: Mapping[str, GoldenCustomers]


def judge(parts: Sequence[Part], rules: Rules, store: SqliteStore, live: Collection[str]) -> Gated:
    """Hold the parts against their own gates, the store, the rules and each other.

    `live` are the names of the models that answer now.
    """
    checks = [
        _loses_nothing(parts, live),
        _one("models of one dataset", {part.label: part.dataset for part in parts}),
        _one("one currency", _currencies(parts, store.info)),
        _readable(f"a {rules.catalogue_name} that can be read and says its version", rules.catalogue_version),
        _readable(f"a {POLICY} that can be read and says its version", rules.policy_version),
    ]
    golden: dict[str, GoldenCustomers] = {}
    for part in parts:
        fits = [*_fits(part, store.info)]
        checks += [_passed(part), _repeats_itself(part), *fits]
        if part.name != "bundles" and all(check.holds for check in fits):
            customers = golden_customers(part, store)
            checks.append(_scores_customers(part, customers))
            golden |= {part.name: customers} if checks[-1].holds else {}
    return Gated(Verdict(tuple(checks)), golden)


def _loses_nothing(parts: Sequence[Part], live: Collection[str]) -> Check:
    names = [part.name for part in parts]
    lost = sorted({*live}.difference(names))
    found = (
        f"{', '.join(lost)} missing; if that is meant, say so with --without" if lost else ", ".join(names)
    )
    return Check("every model of the release before", found, not lost)


def _currencies(parts: Sequence[Part], info: StoreInfo) -> dict[str, str]:
    return {**{part.label: part.description["currency"] for part in parts}, "the store": info.currency}


def _one(rule: str, found: Mapping[str, str]) -> Check:
    """Whether all who say something, "" being nothing, say the same."""
    said = {value for value in found.values() if value}
    if len(said) <= 1:
        return Check(rule, "".join(said), holds=True)
    return Check(rule, ", ".join(f"{value} in {name}" for name, value in found.items() if value), holds=False)


def _readable(rule: str, read: Callable[[], str]) -> Check:
    try:
        return Check(rule, read(), holds=True)
    except ValueError as fault:
        return Check(rule, str(fault), holds=False)


def _passed(part: Part) -> Check:
    found = "it has" if part.passed else f"it has not: python -m training promote --model {part.name}"
    return Check(f"{part.label} has passed its own gate", found, part.passed)


def _repeats_itself(part: Part) -> Check:
    tolerance, found = _TOLERANCE[part.name], largest_deviation(part)
    rule = f"{part.label} scores its golden rows to {tolerance:g}"
    return Check(rule, f"{found:.1e} apart at most", found <= tolerance)


def _fits(part: Part, info: StoreInfo) -> Iterator[Check]:
    """What both were made from; bundles fit customers of whom nothing is known, but their habits as well."""
    if part.name == "churn":
        yield _same(part, "fingerprint", info.fingerprint)
        yield _same(part, "features", [*info.names])
        yield _same(part, "definition", json.loads(info.definition))
    elif part.name == "cross_sell":
        held = info.candidates
        yield _same(part, "fingerprint", held and held.fingerprint)
        yield _same(part, "features", held and [*held.names])
        for name in ("item_level", "horizon_days", "new_after_days"):
            yield _same(part, name, held and getattr(held, name))
    else:
        yield _same(part, "item_level", info.bundles and info.bundles.item_level)


def _same(part: Part, name: str, theirs: object) -> Check:
    ours = part.description[name]
    found = _short(ours) if ours == theirs else f"{_short(ours)} here, {_short(theirs)} in the store"
    return Check(f"{part.label} has the {name} of the store", found, ours == theirs)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _scores_customers(part: Part, golden: GoldenCustomers) -> Check:
    rule = f"{part.label} gives every made-up customer of the store a probability"
    low, high = golden.probabilities.min(), golden.probabilities.max()
    whole = bool(np.isfinite(golden.probabilities).all()) and low >= 0 and high <= 1
    return Check(rule, f"{low:.2g} to {high:.2g} for {len(golden.rows)} rows", bool(whole))
