"""The road from a workspace to a registered version, on a shop whose structure is known."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from features.dataset import Bundles, read_dataset
from features.errors import InputError
from features.workspace import open_workspace
from tests.basketry import PROMOTED, SUBSTITUTES, write_basketry
from tests.market import write_subscribers
from training.bundles.findings import Findings
from training.bundles.pipeline import declared_bundles, train_bundles
from training.config import Config
from training.registry import Version


def pairs(found: pd.DataFrame) -> set[frozenset[str]]:
    return {
        frozenset([*antecedent, consequent])
        for antecedent, consequent in zip(found["antecedent"], found["consequent"], strict=True)
        if len(antecedent) == 1
    }


def test_what_was_planted_is_found(basketry: Findings) -> None:
    found = pairs(basketry.complements)
    assert {frozenset(pair) for pair in (("pasta", "sauce"), ("bread", "butter"), ("bread", "jam"))} <= found
    assert frozenset(PROMOTED) not in found
    assert frozenset(PROMOTED) in pairs(basketry.explained)
    told = basketry.mined.substitutes
    assert list(zip(told["first"], told["second"], strict=True)) == [SUBSTITUTES]


def test_suggestions_are_better_than_the_most_popular(basketry: Findings) -> None:
    ratio = basketry.ratios["popularity"]["mrr_at_5"]
    assert ratio.low > 1
    assert (
        basketry.metrics["model"]["hit_rate_at_10"].estimate
        > basketry.metrics["model"]["hit_rate_at_5"].estimate
    )


def test_nothing_of_the_test_period_was_mined_before_it(tmp_path: Path, quick: Config) -> None:
    """Who buys a new pair in the test period alone changes what serves, and nothing that is judged there."""
    config = quick.bundles.model_copy(update={"test_baskets": 10_000})
    judged = []
    for name, pair in (("as-it-was", ()), ("with-a-pair", ("rice", "nuts"))):
        declared = write_basketry(tmp_path / name, customers=60)
        lines = pd.read_parquet(declared.parent / "lines.parquet")
        late = lines[lines["ts"] >= lines["ts"].max() - pd.Timedelta(days=20)].drop_duplicates("basket_id")
        added = [late.assign(item_id=item, basket_id=late["basket_id"] + "-late") for item in pair]
        pd.concat([lines, *added]).to_parquet(declared.parent / "lines.parquet", index=False)
        opened = open_workspace(declared, tmp_path / name / "workspace")
        judged.append(train_bundles(opened, declared_bundles(opened.dataset, None), config))
    before, after = judged
    held = before.judged.hidden.held.toarray(), after.judged.hidden.held.toarray()
    assert np.array_equal(*held)  # the added baskets have two items, and three are asked for
    for name, top in before.judged.lists.items():
        assert np.array_equal(top, after.judged.lists[name]), name
    rice, nuts = (before.mined.baskets.items.tolist().index(item) for item in ("rice", "nuts"))
    assert after.mined.together[rice, nuts] > before.mined.together[rice, nuts]


def test_a_basket_that_was_begun_before_the_test_period_is_not_judged(
    basketry: Findings, tmp_path: Path, quick: Config
) -> None:
    """Its first items were mined: what is hidden from it might be one of them."""
    declared = write_basketry(tmp_path)
    lines = pd.read_parquet(declared.parent / "lines.parquet")
    tested_from = pd.Timestamp(basketry.tested_from).tz_localize(None)
    after = lines[lines["ts"] >= tested_from]
    begun = after.groupby("basket_id").head(1).assign(ts=tested_from - pd.Timedelta(days=1))
    pd.concat([lines, begun.assign(item_id="rice")]).to_parquet(declared.parent / "lines.parquet")
    opened = open_workspace(declared, tmp_path / "workspace")
    with pytest.raises(InputError, match="none of them has three items"):
        train_bundles(opened, declared_bundles(opened.dataset, None), quick.bundles)


def test_packages_hold_no_substitutes_and_no_pair_that_a_promotion_explains(basketry: Findings) -> None:
    assert basketry.packages
    for package in basketry.packages:
        assert not {*SUBSTITUTES} <= set(package.items)
        assert not {*PROMOTED} <= set(package.items)
        assert not package.margin_is_assumed


def test_the_registered_model_suggests_what_belongs_to_a_basket(basketry_registry: Version) -> None:
    model = mlflow.pyfunc.load_model(f"models:/bundles/{basketry_registry.number}")
    baskets = pd.DataFrame({"basket": ['["pasta"]', '["cola-a", "no such thing"]', "[]"]})
    first, second, third = (json.loads(text) for text in model.predict(baskets)["suggestions"])
    assert first[0]["item_id"] == "sauce"
    assert "cola-b" not in [each["item_id"] for each in second]
    probabilities = [each["probability"] for each in third]
    assert probabilities == sorted(probabilities, reverse=True)


def test_the_run_keeps_the_tables_and_the_pictures(basketry_registry: Version) -> None:
    files = {file.path for file in mlflow.artifacts.list_artifacts(run_id=basketry_registry.run_id)}
    assert {"rules.parquet", "substitutes.parquet", "model_card.md", "metrics.json", "plots"} <= files
    path = mlflow.artifacts.download_artifacts(run_id=basketry_registry.run_id, artifact_path="rules.parquet")
    rules = pd.read_parquet(path)
    assert np.isfinite(rules[["lift", "p_value", "q_value"]]).all().all()
    logged = mlflow.get_run(basketry_registry.run_id)
    assert logged.data.metrics["hit_rate_at_10"] > 0
    assert logged.data.params["bundles.min_count"] == "30"
    assert logged.data.params["dataset.bundles.item_level"] == "product"


def test_a_dataset_without_bundles_says_what_to_add(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"add \[bundles\] with item_level"):
        declared_bundles(read_dataset(write_subscribers(tmp_path)), None)


def test_another_item_level_may_be_given(tmp_path: Path) -> None:
    dataset = read_dataset(write_basketry(tmp_path, customers=2))
    assert declared_bundles(dataset, "category") == Bundles(item_level="category")


def test_too_short_a_history_is_one_sentence(tmp_path: Path, quick: Config) -> None:
    opened = open_workspace(write_basketry(tmp_path, customers=5), tmp_path / "workspace")
    config = quick.bundles.model_copy(update={"test_days": 400})
    with pytest.raises(InputError, match="judged over the newest 400 days, and there are 167"):
        train_bundles(opened, declared_bundles(opened.dataset, None), config)
