"""What training writes is what serving reads: the same folder, the same scores."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.cross_sell.artifact import MEANT, PARTS
from serving.cross_sell.model import load_model
from tests.market import CANARY, GOODS
from training.arrays import Floats
from training.config import Config
from training.cross_sell.artifact import (
    GOLDEN_ROWS,
    UNHEARD_OF,
    FinalModel,
    definition_in_words,
    golden_rows,
    write_artifact,
)
from training.cross_sell.findings import Findings

THROUGH = datetime(2024, 5, 19, tzinfo=UTC)


@pytest.fixture
def folder(grocer: Findings, quick: Config, tmp_path: Path) -> Path:
    final = FinalModel(grocer.model, THROUGH, golden_rows(grocer.model, rows_of(grocer)))
    return write_artifact(tmp_path / "cross_sell", final, grocer.pairs, "EUR", quick.cross_sell)


def rows_of(findings: Findings) -> Floats:
    return findings.examples[-1].rows.astype(np.float64)


def read(folder: Path, name: str) -> Any:  # noqa: ANN401 - whatever stands in the file
    return json.loads((folder / name).read_text())


def test_serving_scores_as_training_does(grocer: Findings, folder: Path) -> None:
    served, rows, parents = load_model(folder), rows_of(grocer), grocer.examples[-1].parent
    for told in (parents, np.full(len(rows), UNHEARD_OF)):
        expected = grocer.model.probability(rows, told)
        assert served.probabilities(rows, told.tolist()) == pytest.approx(expected, abs=1e-12)


def test_the_folder_says_what_it_is(grocer: Findings, folder: Path) -> None:
    said, pairs = read(folder, "model.json"), grocer.pairs
    assert (said["schema"], said["kind"]) == (1, "cross_sell")
    assert said["features"] == list(pairs.names) == [entry["name"] for entry in read(folder, "features.json")]
    assert said["fingerprint"] == pairs.fingerprint
    assert (said["item_level"], said["horizon_days"], said["new_after_days"]) == ("product", 14, 365)
    assert said["labelled_through"] == "2024-05-19T00:00:00+00:00"
    assert said["evidence"] == {"min_item_customers": 50, "min_visit_days": 3}
    assert said["shrinkage"]["strength"] == 5
    assert set(said["shrinkage"]["priors"]) == set(GOODS)
    assert said["currency"] == "EUR"
    assert set(MEANT) <= set(said["features"])


def test_every_other_file_has_its_checksum(folder: Path) -> None:
    sums = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    assert read(folder, "checksums.json") == sums
    assert {path.name for path in folder.iterdir()} == {*PARTS, "checksums.json"}


def test_no_file_names_a_customer(folder: Path) -> None:
    assert [path.name for path in folder.iterdir() if CANARY in path.read_text()] == []


def test_golden_rows_are_of_both_kinds_and_of_nobody(grocer: Findings) -> None:
    rows, repeat = rows_of(grocer), grocer.model.names.index("repeat")
    golden = golden_rows(grocer.model, rows)
    assert golden.rows[:-1, repeat].tolist() == [1.0] * GOLDEN_ROWS + [0.0] * GOLDEN_ROWS
    assert np.isnan(golden.rows[-1]).all()
    everybody = {tuple(row) for row in np.nan_to_num(rows, nan=-1.0)}
    assert not everybody & {tuple(row) for row in np.nan_to_num(golden.rows, nan=-1.0)}
    assert {*GOODS, UNHEARD_OF} == set(golden.parents)


def test_the_row_of_which_nothing_is_known_has_its_category_s_rate(grocer: Findings) -> None:
    golden = golden_rows(grocer.model, rows_of(grocer))
    shrinkage = grocer.model.shrinkage
    rates = shrinkage.rates.get(golden.parents[-1], shrinkage.default)
    assert golden.probabilities[-1] == pytest.approx(rates.new, abs=1e-15)


def test_one_kind_alone_gives_golden_rows(grocer: Findings) -> None:
    rows = rows_of(grocer)
    again = rows[rows[:, grocer.model.names.index("repeat")] == 1]
    assert len(golden_rows(grocer.model, again).rows) == GOLDEN_ROWS + 1


def test_a_definition_is_said_in_words(grocer: Findings) -> None:
    told = replace(grocer.pairs, cross_sell=grocer.pairs.cross_sell.model_copy(update={"item_level": "type"}))
    assert "buys an item (a type) within the 14 days" in definition_in_words(told)
    assert "not bought in the 365 days before is new" in definition_in_words(told)
