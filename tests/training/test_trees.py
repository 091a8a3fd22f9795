"""Averaged boosters score and explain the mean."""

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from training.config import read_config
from training.trees import Labelled, average, fit_trees

NAMES = ["recency", "frequency", "spend"]


@pytest.fixture(scope="module", name="rows")
def made_up_rows() -> NDArray[np.float64]:
    random = np.random.default_rng(3)
    rows = random.normal(size=(400, 3))
    rows[random.random(rows.shape) < 0.1] = np.nan
    return rows


@pytest.fixture(scope="module", name="label")
def made_up_label(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    noise = np.random.default_rng(4).normal(size=len(rows))
    return (np.nan_to_num(rows[:, 0]) + noise > 0).astype(float)


def boosters(rows: NDArray[np.float64], label: NDArray[np.float64]) -> list[lightgbm.Booster]:
    data = lightgbm.Dataset(rows, label, feature_name=NAMES, free_raw_data=False)
    fixed = {"objective": "binary", "verbosity": -1, "feature_fraction": 0.5}
    return [
        lightgbm.train({**fixed, "seed": seed, "num_leaves": 4 + seed}, data, 5 + seed) for seed in range(3)
    ]


def test_the_average_scores_the_mean(rows: NDArray[np.float64], label: NDArray[np.float64]) -> None:
    parts = boosters(rows, label)
    mean = np.mean([np.asarray(part.predict(rows, raw_score=True)) for part in parts], axis=0)
    assert np.asarray(average(parts).predict(rows, raw_score=True)) == pytest.approx(mean, abs=1e-12)


def test_the_average_explains_the_mean(rows: NDArray[np.float64], label: NDArray[np.float64]) -> None:
    parts = boosters(rows, label)
    mean = np.mean([np.asarray(part.predict(rows, pred_contrib=True)) for part in parts], axis=0)
    assert np.asarray(average(parts).predict(rows, pred_contrib=True)) == pytest.approx(mean, abs=1e-12)


def test_averaging_leaves_the_boosters_alone(rows: NDArray[np.float64], label: NDArray[np.float64]) -> None:
    parts = boosters(rows, label)
    before = [part.model_to_string() for part in parts]
    average(parts)
    assert [part.model_to_string() for part in parts] == before


def test_the_average_survives_its_text_with_names(
    rows: NDArray[np.float64], label: NDArray[np.float64]
) -> None:
    averaged = average(boosters(rows, label))
    again = lightgbm.Booster(model_str=averaged.model_to_string())
    assert again.feature_name() == NAMES
    assert again.num_trees() == 5 + 6 + 7
    assert np.array_equal(np.asarray(again.predict(rows)), np.asarray(averaged.predict(rows)))


def test_as_many_boosters_and_rounds_as_asked(rows: NDArray[np.float64], label: NDArray[np.float64]) -> None:
    asked = read_config().churn.trees.model_copy(update={"boosters": 2, "rounds": 7})
    assert fit_trees(Labelled(rows, label), NAMES, asked).num_trees() == 14


def test_the_same_rows_give_the_same_trees(rows: NDArray[np.float64], label: NDArray[np.float64]) -> None:
    asked = read_config().churn.trees.model_copy(update={"boosters": 2, "rounds": 7})
    first, second = (fit_trees(Labelled(rows, label), NAMES, asked).model_to_string() for _ in range(2))
    assert first == second
