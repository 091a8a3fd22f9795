"""The model in the service scores as it did in training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.cross_sell.model import CrossSellModel, load_model
from serving.scoring.artifact import ModelError
from tests.serving.cross_sell.tiny import MODEL, NAMES, offline_probability, random_rows, write_artifact
from tests.serving.tiny import Change

PARENTS = ["DAIRY", "DRINKS", "SPICES", ""]


@pytest.fixture
def model(cross_sell_artifact: Path) -> CrossSellModel:
    return load_model(cross_sell_artifact)


def test_scores_equal_the_formula(model: CrossSellModel) -> None:
    rows = random_rows(1000)
    parents = PARENTS * 250
    expected = [offline_probability(row, parent) for row, parent in zip(rows, parents, strict=True)]
    np.testing.assert_allclose(model.probabilities(rows, parents), expected, rtol=0, atol=1e-12)


def test_one_row_scores_as_among_others(model: CrossSellModel) -> None:
    rows = random_rows(200)
    one_by_one = [model.probabilities(row.reshape(1, -1), ["DAIRY"])[0] for row in rows]
    together = model.probabilities(rows, ["DAIRY"] * 200)
    np.testing.assert_allclose(together, one_by_one, rtol=0, atol=1e-12)


def test_rows_are_not_modified(model: CrossSellModel) -> None:
    rows = random_rows(20)
    before = rows.tobytes()
    model.probabilities(rows, ["DAIRY"] * 20)
    model.mature(rows)
    assert rows.tobytes() == before


@pytest.mark.parametrize("parent", PARENTS)
@pytest.mark.parametrize(("repeat", "kind"), [(1.0, "repeat"), (0.0, "new"), (np.nan, "new")])
@pytest.mark.parametrize("customers", [0.0, np.nan])
def test_an_item_without_buyers_has_the_rate_of_its_category(
    model: CrossSellModel, parent: str, repeat: float, kind: str, customers: float
) -> None:
    row = random_rows(1)
    row[0, [NAMES.index("repeat"), NAMES.index("item_customers")]] = repeat, customers
    shrinkage = MODEL["shrinkage"]
    rate = shrinkage["priors"].get(parent, shrinkage["default"])[kind]
    assert model.probabilities(row, [parent]).tolist() == [pytest.approx(rate, rel=0, abs=1e-15)]


def test_an_item_with_many_buyers_has_its_own_probability(model: CrossSellModel) -> None:
    row = random_rows(1)
    row[0, NAMES.index("item_customers")] = 1e12
    apart = model.probabilities(np.repeat(row, 2, axis=0), ["DAIRY", "DRINKS"])
    assert apart[0] == pytest.approx(apart[1], abs=1e-9)


def test_extreme_rows_stay_probabilities(model: CrossSellModel) -> None:
    rows = np.array([[value] * len(NAMES) for value in (1e300, 5e-324, np.nan, 0.0, 1.0)])
    probabilities = model.probabilities(rows, [""] * len(rows))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@pytest.mark.parametrize(
    ("customers", "visits", "mature"),
    [
        (30, 3, True),
        (29, 3, False),
        (30, 2, False),
        (1000, 100, True),
        (np.nan, 3, False),
        (30, np.nan, False),
    ],
)
def test_evidence_is_mature_from_both_thresholds_on(
    model: CrossSellModel,
    customers: float,
    visits: float,
    mature: bool,  # noqa: FBT001 - a table of answers
) -> None:
    row = random_rows(1)
    row[0, [NAMES.index("item_customers"), NAMES.index("visit_days_all")]] = customers, visits
    assert model.mature(row).tolist() == [mature]


def golden(index: int, difference: float) -> Change:
    def change(files: dict[str, Any]) -> None:
        files["golden.json"]["probabilities"][index] += difference

    return change


def other_parent(files: dict[str, Any]) -> None:
    files["golden.json"]["parents"][0] = "DRINKS"


def other_order(files: dict[str, Any]) -> None:
    """Consistent in itself, but not the order that the trees were trained in."""
    files["model.json"]["features"].reverse()
    files["features.json"].reverse()


def unsayable(files: dict[str, Any]) -> None:
    files["features.json"][1]["unit"] = "furlongs"


def swapped_calibrations(files: dict[str, Any]) -> None:
    calibration = files["model.json"]["calibration"]
    calibration["new"], calibration["repeat"] = calibration["repeat"], calibration["new"]


def swapped_linears(files: dict[str, Any]) -> None:
    linear = files["model.json"]["linear"]
    linear["new"], linear["repeat"] = linear["repeat"], linear["new"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (swapped_linears, "golden rows"),
        (golden(0, 2e-9), "golden rows"),
        (golden(6, 0.1), "golden rows"),
        (other_parent, "golden rows"),
        (swapped_calibrations, "golden rows"),
        (other_order, r"booster\.txt .* in another order"),
        (unsayable, "furlongs"),
        (lambda files: files.update({"booster.txt": "no trees"}), "LightGBM cannot read"),
    ],
)
def test_a_model_that_scores_otherwise_is_refused(tmp_path: Path, change: Change, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_model(write_artifact(tmp_path / "cross_sell", change))


def test_a_difference_below_the_tolerance_is_none(tmp_path: Path) -> None:
    assert load_model(write_artifact(tmp_path / "cross_sell", golden(0, 5e-10))).features
