"""Every rule of the gate holds for what belongs together, and bites."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.store import SqliteStore, publish_sqlite
from tests.serving import tiny
from training.arrays import Floats
from training.release.gate import Gated, judge
from training.release.parts import Part
from training.release.rules import Rules

Parts = Mapping[str, Part]


def failing(gated: Gated) -> list[str]:
    return [f"{check.rule}: {check.found}" for check in gated.verdict.checks if not check.holds]


def test_what_belongs_together_passes(parts: Parts, rules: Rules, store: SqliteStore) -> None:
    gated = judge([*parts.values()], rules, store, parts)
    assert failing(gated) == []
    assert gated.verdict.promoted
    assert list(gated.golden) == ["churn", "cross_sell"]
    found = {check.rule: check.found for check in gated.verdict.checks}
    assert found["one currency"] == "USD"
    assert found["churn 1 has the fingerprint of the store"] == "f1"
    assert found["churn 1 gives every made-up customer of the store a probability"].endswith(" for 21 rows")


def test_one_model_alone_is_a_release(parts: Parts, rules: Rules, store: SqliteStore) -> None:
    assert failing(judge([parts["bundles"]], rules, store, ())) == []


def described(name: str, **changes: object) -> Callable[[Part], Part]:
    def change(part: Part) -> Part:
        return replace(part, description={**part.description, **changes}) if part.name == name else part

    return change


def golden(name: str, change: Callable[[Any], Any]) -> Callable[[Part], Part]:
    def changed(part: Part) -> Part:
        if part.name != name:
            return part
        return replace(part, golden={**part.golden, "probabilities": change(part.golden["probabilities"])})

    return changed


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda part: replace(part, passed=part.name != "churn"),
            "churn 1 has passed its own gate: it has not: python -m training promote --model churn",
        ),
        (
            lambda part: replace(part, dataset="shop" if part.name == "churn" else part.dataset),
            "models of one dataset: shop in churn 1, tiny in cross_sell 1, tiny in bundles 1",
        ),
        (
            described("bundles", currency="EUR"),
            "one currency: USD in churn 1, USD in cross_sell 1, EUR in bundles 1, USD in the store",
        ),
        (
            described("churn", fingerprint="f2"),
            "churn 1 has the fingerprint of the store: f2 here, f1 in the store",
        ),
        (
            described("churn", definition={"kind": "explicit"}),
            (
                'churn 1 has the definition of the store: {"kind": "explicit"} here, {"kind": "inactivity", '
                '"active_days": 56, "horizon_days":... in the store'
            ),
        ),
        (
            described("cross_sell", fingerprint="p2"),
            "cross_sell 1 has the fingerprint of the store: p2 here, p1 in the store",
        ),
        (
            described("cross_sell", item_level="type"),
            "cross_sell 1 has the item_level of the store: type here, category in the store",
        ),
        (
            described("cross_sell", horizon_days=14),
            "cross_sell 1 has the horizon_days of the store: 14 here, 28 in the store",
        ),
        (
            described("cross_sell", new_after_days=90),
            "cross_sell 1 has the new_after_days of the store: 90 here, 365 in the store",
        ),
        (
            described("bundles", item_level="brand"),
            "bundles 1 has the item_level of the store: brand here, type in the store",
        ),
        (
            golden("churn", lambda told: [told[0] + 2e-9, *told[1:]]),
            "churn 1 scores its golden rows to 1e-09: 2.0e-09 apart at most",
        ),
        (
            golden("cross_sell", lambda told: [*told[:-1], told[-1] - 2e-9]),
            "cross_sell 1 scores its golden rows to 1e-09: 2.0e-09 apart at most",
        ),
        (
            golden("bundles", lambda told: [[told[0][0] + 2e-6, *told[0][1:]], *told[1:]]),
            "bundles 1 scores its golden rows to 1e-06: 2.0e-06 apart at most",
        ),
    ],
    ids=[
        "not promoted",
        "dataset",
        "currency",
        "churn fingerprint",
        "definition",
        "pair fingerprint",
        "item level",
        "horizon",
        "new after",
        "habits",
        "churn golden",
        "cross-sell golden",
        "bundles golden",
    ],
)
def test_a_part_that_does_not_belong_fails_and_says_why(
    change: Callable[[Part], Part], fault: str, parts: Parts, rules: Rules, store: SqliteStore
) -> None:
    gated = judge([change(part) for part in parts.values()], rules, store, ())
    assert failing(gated) == [fault]
    assert not gated.verdict.promoted


@pytest.mark.parametrize("name", ["churn", "cross_sell"])
def test_features_in_another_order_fail(name: str, parts: Parts, rules: Rules, store: SqliteStore) -> None:
    change = described(name, features=parts[name].description["features"][::-1])
    gated = judge([change(part) for part in parts.values()], rules, store, ())
    (fault,) = failing(gated)
    assert fault.startswith(f"{name} 1 has the features of the store: ")
    assert name not in gated.golden


class Constant:
    """Gives everybody the same."""

    def __init__(self, answer: float) -> None:
        self.answer = answer

    def score(self, rows: Floats, parents: object = None) -> Floats:
        return np.full(len(rows), self.answer)


@pytest.mark.parametrize(("answer", "found"), [(np.nan, "nan to nan"), (1.5, "1.5 to 1.5")])
def test_customers_without_a_probability_fail_and_are_not_kept(
    answer: float, found: str, parts: Parts, rules: Rules, store: SqliteStore
) -> None:
    for name in ("churn", "cross_sell"):
        gated = judge([replace(parts[name], scorer=Constant(answer))], rules, store, ())
        repeats, customers = failing(gated)
        assert repeats.startswith(f"{name} 1 scores its golden rows to 1e-09: ")
        assert customers == (
            f"{name} 1 gives every made-up customer of the store a probability: {found} for 21 rows"
        )
        assert gated.golden == {}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"catalogue": b"version = "},
            "a catalogue.toml that can be read and says its version: Invalid value (at end of document)",
        ),
        (
            {"policy": b"version"},
            (
                "a policy.toml that can be read and says its version: Expected '=' after a key in a key/value "
                "pair (at end of document)"
            ),
        ),
    ],
    ids=["catalogue", "policy"],
)
def test_rules_that_cannot_be_read_fail(
    changes: dict[str, bytes], fault: str, parts: Parts, rules: Rules, store: SqliteStore
) -> None:
    changed = replace(rules, **changes)  # type: ignore[arg-type]  # both are bytes
    assert failing(judge([*parts.values()], changed, store, ())) == [fault]


def test_a_model_that_answers_now_is_not_lost_by_oversight(
    parts: Parts, rules: Rules, store: SqliteStore
) -> None:
    gated = judge([parts["churn"]], rules, store, ["churn", "cross_sell", "bundles"])
    assert failing(gated) == [
        "every model of the release before: bundles, cross_sell missing; if that is meant, say so with --without"
    ]


def test_a_store_without_candidates_and_habits_fits_neither(
    parts: Parts, rules: Rules, tmp_path: Path
) -> None:
    publish_sqlite(tmp_path / "plain.sqlite", tiny.INFO, tiny.ROWS)
    gated = judge([*parts.values()], rules, SqliteStore(tmp_path / "plain.sqlite"), ())
    assert len(failing(gated)) == 6
    assert all("null in the store" in fault for fault in failing(gated))
    assert list(gated.golden) == ["churn"]


def test_who_does_not_say_a_currency_is_in_any(parts: Parts, rules: Rules, tmp_path: Path) -> None:
    publish_sqlite(tmp_path / "plain.sqlite", replace(tiny.INFO, currency="", described=()), tiny.ROWS)
    gated = judge([parts["churn"]], rules, SqliteStore(tmp_path / "plain.sqlite"), ())
    assert failing(gated) == []
