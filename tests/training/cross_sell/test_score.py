"""The score: a linear model a kind, and trees for what these leave."""

from datetime import UTC, datetime

import numpy as np
import pytest

from training.arrays import Floats
from training.config import Config
from training.cross_sell.examples import Examples
from training.cross_sell.findings import Findings
from training.cross_sell.score import LINEAR_ROWS, Score, fit_score

NAMES = ("repeat", "habit", "taste")


def examples(rows: Floats, label: Floats) -> Examples:
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    some = np.ones(len(label)), np.full(len(label), "dairy")
    return Examples(moment, rows.astype(np.float32), label, *some, 1.0)


@pytest.fixture
def drawn() -> tuple[Floats, Floats]:
    """Habit makes bought again, taste makes new; neither says anything of the other kind."""
    random = np.random.default_rng(0)
    rows = np.column_stack([random.integers(0, 2, 4000), *random.exponential(2, (2, 4000))])
    speaks = np.where(rows[:, 0] == 1, rows[:, 1], rows[:, 2])
    return rows, (random.random(4000) < 1 / (1 + np.exp(3 - 2 * np.log1p(speaks)))).astype(np.float64)


@pytest.fixture
def score(drawn: tuple[Floats, Floats], quick: Config) -> Score:
    return fit_score([examples(*drawn)], NAMES, quick.cross_sell)


def test_each_kind_has_its_own_linear_model(score: Score) -> None:
    (_, habit, taste), (_, new_habit, new_taste) = score.repeat.coefficients, score.new.coefficients
    assert habit > 5 * abs(taste)
    assert new_taste > 5 * abs(new_habit)


def test_trees_add_to_what_the_linear_model_of_the_kind_says(
    score: Score, drawn: tuple[Floats, Floats]
) -> None:
    rows = drawn[0][:50]
    trees = np.asarray(score.booster.predict(rows, raw_score=True))
    linear = [(score.repeat if row[0] == 1 else score.new).log_odds(row[None])[0] for row in rows]
    assert score.log_odds(rows) == pytest.approx(trees + linear)
    assert np.abs(trees).mean() < np.abs(linear).mean() / 2  # little is left for them


def test_a_step_is_left_to_the_trees(drawn: tuple[Floats, Floats], quick: Config) -> None:
    rows, _ = drawn
    label = ((rows[:, 1] > 1) & (rows[:, 1] < 2)).astype(np.float64)
    score = fit_score([examples(rows, label)], NAMES, quick.cross_sell)
    linear = np.where(rows[:, 0] == 1, score.repeat.log_odds(rows), score.new.log_odds(rows))
    gap = [found[label == 1].mean() - found[label == 0].mean() for found in (linear, score.log_odds(rows))]
    assert gap[1] > gap[0] + 0.5


def test_a_kind_that_nobody_buys_has_no_linear_model(drawn: tuple[Floats, Floats], quick: Config) -> None:
    rows, label = drawn
    score = fit_score([examples(rows, label * rows[:, 0])], NAMES, quick.cross_sell)
    assert score.new.log_odds(rows).tolist() == [0.0] * len(rows)
    assert score.log_odds(rows)[rows[:, 0] == 0].mean() < score.log_odds(rows)[rows[:, 0] == 1].mean()


def test_more_rows_than_enough_are_thinned_evenly(
    drawn: tuple[Floats, Floats], quick: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, label = drawn
    assert len(rows) < LINEAR_ROWS
    monkeypatch.setattr("training.cross_sell.score.LINEAR_ROWS", 500)
    again = rows[:, 0] == 1
    few = fit_score([examples(rows, label)], NAMES, quick.cross_sell)
    assert again.sum() > 3 * 500
    assert few.repeat.center[1] == pytest.approx(np.log1p(rows[again][:: -(-again.sum() // 500), 1]).mean())


def test_the_same_examples_give_the_same_score(grocer: Findings, quick: Config) -> None:
    again = fit_score(grocer.examples, grocer.pairs.names, quick.cross_sell)
    rows = grocer.examples[-1].rows
    assert again.log_odds(rows).tolist() == grocer.model.score.log_odds(rows).tolist()
