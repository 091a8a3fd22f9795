"""The model in the service scores as it did in training, and explains exactly."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.churn.model import ChurnModel, load_model
from serving.scoring.arrays import Floats
from serving.scoring.artifact import ModelError
from tests.serving.tiny import NAMES, ROWS, Change, booster, offline_probability, write_artifact


@pytest.fixture
def model(artifact: Path) -> ChurnModel:
    return load_model(artifact)


def random_rows(count: int) -> Floats:
    random = np.random.default_rng(11)
    rows = random.normal(size=(count, len(NAMES))) * [40, 10, 200, 3]
    rows[random.random(rows.shape) < 0.2] = np.nan
    return rows


def test_scores_equal_the_formula(model: ChurnModel) -> None:
    rows = random_rows(1000)
    expected = [offline_probability(row) for row in rows]
    np.testing.assert_allclose(model.probabilities(rows), expected, rtol=0, atol=1e-12)


def test_one_row_scores_as_in_a_batch(model: ChurnModel) -> None:
    rows = random_rows(200)
    one_by_one = [model.probabilities(row.reshape(1, -1))[0] for row in rows]
    np.testing.assert_allclose(model.probabilities(rows), one_by_one, rtol=0, atol=1e-12)


def test_contributions_add_up_to_the_log_odds(model: ChurnModel) -> None:
    rows = random_rows(200)
    probabilities = model.probabilities(rows)
    parts = model.contributions(rows)
    assert parts.of_features.shape == rows.shape
    log_odds = np.log(probabilities / (1 - probabilities))
    np.testing.assert_allclose(parts.base + parts.of_features.sum(axis=1), log_odds, rtol=0, atol=1e-9)


def test_rows_are_not_modified(model: ChurnModel) -> None:
    rows = random_rows(20)
    before = rows.tobytes()
    model.probabilities(rows)
    model.contributions(rows)
    assert rows.tobytes() == before


def test_extreme_rows_stay_probabilities(model: ChurnModel) -> None:
    rows = np.array([[1e308] * 4, [-1e308] * 4, [5e-324] * 4, [np.nan] * 4])
    probabilities = model.probabilities(rows)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@pytest.mark.parametrize(
    ("probability", "band"), [(0.0, "low"), (0.29999, "low"), (0.3, "medium"), (0.6, "high"), (1.0, "high")]
)
def test_a_band_begins_at_its_probability(model: ChurnModel, probability: float, band: str) -> None:
    assert model.band(probability) == band


def golden(index: int, difference: float) -> Change:
    def change(files: dict[str, Any]) -> None:
        files["golden.json"]["probabilities"][index] += difference

    return change


def other_order(files: dict[str, Any]) -> None:
    """Consistent in itself, but not the order that the trees were trained in."""
    files["model.json"]["features"] = files["model.json"]["features"][::-1]
    files["features.json"].reverse()


def unsayable(files: dict[str, Any]) -> None:
    files["features.json"][1]["unit"] = "furlongs"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (golden(0, 2e-9), "golden rows"),
        (golden(5, -0.1), "golden rows"),
        (other_order, r"booster\.txt .* in another order"),
        (unsayable, "furlongs"),
        (lambda files: files.update({"booster.txt": "no trees"}), "LightGBM cannot read"),
    ],
)
def test_a_model_that_scores_otherwise_is_refused(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_model(write_artifact(tmp_path / "churn", change))


def test_a_difference_below_the_tolerance_is_none(tmp_path: Path) -> None:
    assert load_model(write_artifact(tmp_path / "churn", golden(0, 5e-10))).description.features == NAMES


def test_a_model_of_trees_alone_is_its_calibrated_booster(tmp_path: Path) -> None:
    def trees_only(files: dict[str, Any]) -> None:
        files["model.json"]["blend"] = 1
        files["model.json"]["linear"]["coefficients"] = [0, 0, 0, 0]
        rows = np.array([row for _, _, row in ROWS])
        raw = np.asarray(booster().predict(rows, raw_score=True))
        files["golden.json"]["probabilities"] = (1 / (1 + np.exp(0.2 - 1.1 * raw))).tolist()

    assert load_model(write_artifact(tmp_path / "churn", trees_only)).description.blend == 1
