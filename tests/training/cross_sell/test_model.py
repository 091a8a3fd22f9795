"""Shrinkage by hand, a calibration a kind, and a model that is the same again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.special import expit

from training.arrays import Floats
from training.calibration import Calibration
from training.config import Config
from training.cross_sell.examples import Examples
from training.cross_sell.findings import Findings
from training.cross_sell.model import Rates, Shrinkage, fit_cross_sell, shrinkage

NAMES = ("repeat", "item_customers")


def examples(repeat: list[int], label: list[int], weight: list[float], parent: list[str]) -> Examples:
    rows = np.column_stack([repeat, np.full(len(repeat), 10)]).astype(np.float32)
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    return Examples(moment, rows, np.array(label, float), np.array(weight), np.array(parent), 0.5)


def shrunk(n: Floats, q: Floats) -> Floats:
    borrowed = Shrinkage(20.0, {"dairy": Rates(repeat=0.5, new=0.1)}, Rates(repeat=0.4, new=0.02))
    return borrowed.shrunk(q, n, np.array([True, False, False]), np.array(["dairy", "dairy", "unheard of"]))


def test_little_evidence_leans_on_the_category_s_rate_of_the_kind() -> None:
    q = np.array([0.9, 0.3, 0.3])
    assert shrunk(np.zeros(3), q) == pytest.approx([0.5, 0.1, 0.02])
    assert shrunk(np.full(3, 20.0), q) == pytest.approx([0.7, 0.2, 0.16])
    assert shrunk(np.full(3, 1e12), q) == pytest.approx(q)


def test_rates_are_weighted_and_lean_on_the_overall_one() -> None:
    one = examples([1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 1, 4, 5], ["a", "a", "a", "a", "b"])
    found = shrinkage([one], NAMES, 2.0)
    assert (found.default.repeat, found.default.new) == pytest.approx((0.5, 0.1))
    assert found.rates["a"].new == pytest.approx((1 + 2 * 0.1) / (5 + 2))
    assert found.rates["b"].new == pytest.approx((0 + 2 * 0.1) / (5 + 2))
    assert found.rates["b"].repeat == pytest.approx(0.5)


def test_each_kind_has_its_own_calibration(grocer: Findings) -> None:
    model, newest = grocer.model, grocer.examples[-1]
    rows = newest.rows.astype(np.float64)
    rows[:, model.names.index("item_customers")] = 1e15
    raw = model.score.log_odds(rows)
    again = rows[:, model.names.index("repeat")] > 0
    for line, kind in ((model.repeat, again), (model.new, ~again)):
        expected = expit(line.slope * raw + line.intercept)[kind]
        assert model.probability(rows, newest.parent)[kind] == pytest.approx(expected, abs=1e-9)


def test_the_same_examples_give_the_same_model(grocer: Findings, quick: Config) -> None:
    again = fit_cross_sell(grocer.examples, grocer.pairs.names, timedelta(days=14), quick.cross_sell)
    assert (again.repeat, again.new) == (grocer.model.repeat, grocer.model.new)
    assert again.score.booster.model_to_string() == grocer.model.score.booster.model_to_string()


def test_one_moment_is_enough_to_learn_from(grocer: Findings, quick: Config) -> None:
    newest = grocer.examples[-1]
    model = fit_cross_sell([newest], grocer.pairs.names, timedelta(days=14), quick.cross_sell)
    probability = model.probability(newest.rows.astype(np.float64), newest.parent)
    assert ((probability > 0) & (probability < 1)).all()


def test_a_kind_that_nobody_buys_stays_uncalibrated(grocer: Findings, quick: Config) -> None:
    newest = grocer.examples[-1]
    new = newest.rows[:, grocer.pairs.names.index("repeat")] == 0
    label = np.where(new, 0.0, newest.label)
    silent = Examples(newest.as_of, newest.rows, label, newest.weight, newest.parent, newest.kept)
    model = fit_cross_sell([silent], grocer.pairs.names, timedelta(days=14), quick.cross_sell)
    assert (model.new.slope, model.new.intercept) == (1.0, 0.0)


def test_one_moment_alone_is_not_calibrated_by_what_it_was_learnt_from(
    grocer: Findings, quick: Config
) -> None:
    model = fit_cross_sell(grocer.examples[-1:], grocer.pairs.names, timedelta(days=14), quick.cross_sell)
    assert (model.repeat, model.new) == (Calibration(1.0, 0.0), Calibration(1.0, 0.0))


def test_an_order_that_turns_round_is_not_turned_round_by_calibration(
    grocer: Findings, quick: Config
) -> None:
    *older, newest = grocer.examples
    contrary = replace(newest, label=1.0 - newest.label)
    sure = quick.cross_sell.model_copy(update={"calibration_ridge": 1e-3})
    model = fit_cross_sell([*older, contrary], grocer.pairs.names, timedelta(days=14), sure)
    assert model.repeat.slope == 1.0  # serving refuses a slope that is not positive
