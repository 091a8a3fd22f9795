"""What training writes is what serving reads: the same folder, the same scores."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features.dataset import Churn
from serving.churn.artifact import PARTS
from serving.churn.model import load_model
from tests.market import CANARY
from training.churn.artifact import (
    Bands,
    FinalModel,
    bands,
    definition_in_words,
    golden_rows,
    population_in_words,
    write_artifact,
)
from training.churn.report import Findings

THROUGH = datetime(2024, 5, 5, tzinfo=UTC)


def written(findings: Findings, folder: Path, share: float = 0.5) -> Path:
    model = replace(findings.model, share_of_trees=share)
    golden = golden_rows(findings.backtest.newest_rows)
    final = FinalModel(model, THROUGH, Bands(high=0.5, medium=0.25), golden)
    return write_artifact(folder / "churn", final, findings.workspace.dataset, findings.workspace.features)


def read(folder: Path, name: str) -> Any:  # noqa: ANN401 - whatever stands in the file
    return json.loads((folder / name).read_text())


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_serving_scores_and_explains_as_training_does(market: Findings, tmp_path: Path, share: float) -> None:
    served = load_model(written(market, tmp_path, share))
    model, rows = replace(market.model, share_of_trees=share), market.backtest.newest_rows
    assert served.probabilities(rows) == pytest.approx(model.probability(rows), abs=1e-9)
    assert served.contributions(rows).of_features == pytest.approx(model.contributions(rows), abs=1e-9)


def test_the_folder_says_what_it_is(market: Findings, tmp_path: Path) -> None:
    folder = written(market, tmp_path)
    features = market.workspace.features
    said = read(folder, "model.json")
    assert said["fingerprint"] == features.fingerprint
    assert (
        said["features"] == list(features.names) == [entry["name"] for entry in read(folder, "features.json")]
    )
    assert said["definition"] == {"kind": "inactivity", "active_days": 28, "horizon_days": 14}
    assert (said["horizon_days"], said["currency"]) == (14, "EUR")
    assert said["labelled_through"] == "2024-05-05T00:00:00+00:00"
    assert said["bands"] == {"high": 0.5, "medium": 0.25}
    assert said["population"] == "Customers who bought within the 28 days before the moment."


def test_a_label_without_time_has_neither_horizon_nor_end(subscribers: Findings, tmp_path: Path) -> None:
    final = FinalModel(
        subscribers.model, None, Bands(0.5, 0.25), golden_rows(subscribers.backtest.newest_rows)
    )
    workspace = subscribers.workspace
    folder = write_artifact(tmp_path / "churn", final, workspace.dataset, workspace.features)
    said = read(folder, "model.json")
    assert (said["horizon_days"], said["labelled_through"]) == (None, None)
    assert load_model(folder).description.population == "Everybody in the customers table."


def test_an_unused_linear_share_keeps_no_coefficients(market: Findings, tmp_path: Path) -> None:
    linear = read(written(market, tmp_path, share=1.0), "model.json")["linear"]
    assert set(linear["coefficients"]) == {0}
    assert 0 not in linear["scale"]


def test_every_other_file_has_its_checksum(market: Findings, tmp_path: Path) -> None:
    folder = written(market, tmp_path)
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    assert read(folder, "checksums.json") == sums
    assert {path.name for path in folder.iterdir()} == {*PARTS, "checksums.json"}


def test_no_file_names_a_customer(market: Findings, tmp_path: Path) -> None:
    assert [path.name for path in written(market, tmp_path).iterdir() if CANARY in path.read_text()] == []


def test_an_artifact_never_overwrites_another(market: Findings, tmp_path: Path) -> None:
    written(market, tmp_path)
    with pytest.raises(FileExistsError):
        written(market, tmp_path)


def test_bands_start_at_the_riskiest_tenth_and_the_fifth_after_it() -> None:
    probability = np.linspace(0, 1, 101)[np.random.default_rng(0).permutation(101)]
    cuts = bands(probability)
    assert (cuts.high, cuts.medium) == pytest.approx((0.9, 0.7))


def test_golden_rows_are_quantiles_and_all_unknown() -> None:
    first = np.array([np.nan, 0.0, 19.0, *np.arange(1.0, 19.0)])  # 0 to 19, one unknown
    rows = np.column_stack([first, np.full(21, np.nan)])[np.random.default_rng(0).permutation(21)]
    golden = golden_rows(rows)
    assert golden[:, 0].tolist() == pytest.approx([*range(20), np.nan], nan_ok=True)
    assert golden[:20, 1].tolist() == [0] * 20
    assert np.isnan(golden[20]).all()


@pytest.mark.parametrize(
    ("churn", "definition", "population"),
    [
        (
            Churn(kind="inactivity", active_days=56, horizon_days=28),
            "A customer churns who buys nothing within the 28 days from the moment on.",
            "Customers who bought within the 56 days before the moment.",
        ),
        (
            Churn(kind="explicit", horizon_days=90),
            "A customer churns who leaves within the 90 days from the moment on.",
            "Customers who have not left yet.",
        ),
        (
            Churn(kind="explicit"),
            "A customer churns who is marked as left in the customers table.",
            "Everybody in the customers table.",
        ),
    ],
)
def test_a_definition_is_said_in_words(
    market: Findings, churn: Churn, definition: str, population: str
) -> None:
    dataset = market.workspace.dataset.model_copy(update={"churn": churn})
    assert (definition_in_words(dataset), population_in_words(dataset)) == (definition, population)
