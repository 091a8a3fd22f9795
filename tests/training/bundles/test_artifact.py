"""The folder that serving reads: complete, sealed, and the numbers of what was mined."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.bundles.artifact import RELATIONS, RULE, golden, write_artifact
from training.bundles.findings import Findings
from training.bundles.pipeline import final_model
from training.config import Config


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, basketry: Findings, quick: Config) -> Path:
    return write_artifact(
        tmp_path_factory.mktemp("artifact") / "bundles", final_model(basketry), quick.bundles
    )


def read(folder: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((folder / name).read_text(encoding="utf-8"))


def loaded(folder: Path, name: str) -> NDArray[Any]:
    found: NDArray[Any] = np.load(folder / name, allow_pickle=False)
    return found


def test_every_file_is_sealed(folder: Path) -> None:
    sums = read(folder, "checksums.json")
    files = {path.name for path in folder.iterdir()}
    assert files == {
        *("model.json", "items.json", "golden.json", "weights.npy", "rules.npy", "substitutes.npy"),
        "checksums.json",
    }
    assert sums == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files - {"checksums.json"}
    }


def test_the_description_says_what_was_mined(folder: Path, basketry: Findings) -> None:
    told = read(folder, "model.json")
    assert (told["kind"], told["item_level"], told["currency"]) == ("bundles", "product", "EUR")
    assert told["baskets"] == basketry.mined.baskets.table.shape[0]
    assert told["learned_from"] < told["learned_through"] == "2024-06-16T00:00:00+00:00"
    assert told["score"]["habit"] == basketry.mined.ranking.habit
    assert told["evidence"] == {"max_q_value": 0.05, "min_count": 30}


def test_items_stand_in_the_order_of_their_codes(folder: Path, basketry: Findings) -> None:
    items = read(folder, "items.json")
    assert [item["id"] for item in items] == basketry.mined.baskets.items.tolist()
    assert [item["count"] for item in items] == basketry.mined.baskets.counts.tolist()
    pasta = next(item for item in items if item["id"] == "pasta")
    assert (pasta["name"], pasta["parent"], pasta["margin"]) == ("Pasta", "grocery", pytest.approx(1.5))
    assert loaded(folder, "weights.npy").shape == (len(items), len(items))


def test_rules_are_those_of_the_table(folder: Path, basketry: Findings) -> None:
    rules, items = loaded(folder, "rules.npy"), basketry.mined.baskets.items
    assert rules.dtype == RULE
    table = basketry.mined.rules
    assert len(rules) == len(table)
    for row, (_, told) in zip(rules[:50], table.head(50).iterrows(), strict=False):
        assert tuple(items[row["antecedent"][row["antecedent"] >= 0]]) == tuple(told["antecedent"])
        assert items[row["consequent"]] == told["consequent"]
        assert RELATIONS[row["relation"]] == told["relation"]
        assert [row[name] for name in ("count", "antecedent_count", "q_value", "adjusted_lift")] == [
            told[name] for name in ("count", "antecedent_count", "q_value", "adjusted_lift")
        ]


def test_substitutes_are_pairs_of_codes(folder: Path, basketry: Findings) -> None:
    items = basketry.mined.baskets.items
    assert [tuple(items[pair]) for pair in loaded(folder, "substitutes.npy")] == [("cola-a", "cola-b")]


def test_golden_baskets_begin_with_an_empty_one_and_hold_no_substitutes(basketry: Findings) -> None:
    told, mined = golden(basketry.mined), basketry.mined
    assert told["baskets"][0] == []
    barred = mined.barred.toarray() > 0
    for basket, items, probability in zip(told["baskets"], told["items"], told["probabilities"], strict=True):
        assert not set(basket) & set(items)
        assert not barred[basket][:, items].any()
        assert len(items) == len(probability)
        assert 0 < sum(probability) <= 1 + 1e-9
