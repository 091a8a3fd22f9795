"""Experiment values are read whole or refused with the key to mend."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from tests.market import write_config
from training.config import CONFIG, read_config


def leaves(values: dict[str, Any]) -> list[Any]:
    return [
        leaf for value in values.values() for leaf in (leaves(value) if isinstance(value, dict) else [value])
    ]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_config(path)
    return str(error.value)


def test_the_repository_s_own_values_are_logged_whole() -> None:
    flat = read_config().flat()
    written = leaves(tomllib.loads(CONFIG.read_text()))
    assert json.loads(json.dumps(list(flat.values()))) == written
    assert {"churn.origins", "churn.linear_penalty", "churn.trees.num_leaves"} <= set(flat)


def test_another_file_gives_other_values(tmp_path: Path) -> None:
    assert read_config(write_config(tmp_path, origins=3)).churn.origins == 3


@pytest.mark.parametrize(
    "section",
    [
        "churn.",
        "churn.trees.",
        "churn.promotion.",
        "cross_sell.",
        "cross_sell.trees.",
        "cross_sell.promotion.",
    ],
)
def test_an_unknown_key_is_refused_by_name(tmp_path: Path, section: str) -> None:
    path = write_config(tmp_path, **{f"{section}num_leafs": 7})
    assert f"{section}num_leafs" in refusal(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("origins", 0),
        ("rounds", 0),
        ("rounds", "many"),
        ("boosters", 0),
        ("shares_of_trees", []),
        ("shares_of_trees", [0.0]),
        ("shares_of_trees", [1.5]),
        ("linear_penalty", 0),
        ("num_leaves", 1),
        ("feature_fraction", 0),
        ("max_auc_loss", -0.1),
        ("max_calibration_error", 0),
        ("moments", 0),
        ("every_days", 0),
        ("most_rows", 0),
        ("shrinkage", 0),
        ("min_item_customers", 0),
        ("min_visit_days", 0),
        ("max_ndcg_loss", -0.1),
        ("max_probability_surplus", 0),
        ("min_coverage", 0),
        ("min_coverage_of_baselines", 1.1),
        ("max_top_item_over_baselines", 0.9),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(tmp_path: Path, key: str, value: object) -> None:
    path = write_config(tmp_path, **{key: value})
    message = refusal(path)
    assert message.startswith(f"{path} cannot be used: ")
    assert f".{key}" in message


def test_an_unknown_section_is_refused_by_name(tmp_path: Path) -> None:
    assert "tuning" in refusal(write_config(tmp_path, **{"tuning.trials": 7}))


def test_a_missing_key_is_refused_by_name(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    kept = [line for line in path.read_text().splitlines() if "rounds" not in line]
    path.write_text("\n".join(kept))
    assert ".rounds: Field required" in refusal(path)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    assert "give the path of a config.toml" in refusal(tmp_path / "none.toml")


def test_a_file_that_is_no_toml_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[churn\norigins = 4")
    assert "is no valid TOML" in refusal(path)
