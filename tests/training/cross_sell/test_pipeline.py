"""From a workspace to a registered version, or to one sentence and nothing registered."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from features.workspace import Workspace, open_workspace
from tests.market import CANARY, write_config, write_grocer, write_subscribers
from tests.registries import runs_of
from training.calibration import Calibration
from training.config import Config, read_config
from training.cross_sell.findings import Findings
from training.cross_sell.pipeline import CROSS_SELL, declared_cross_sell, record, train_cross_sell
from training.registry import Version


def opened(declaration: Path) -> Workspace:
    return open_workspace(declaration, declaration.parent / "workspace")


def refusal(workspace: Workspace, config: Config, level: str | None = None) -> str:
    with pytest.raises(InputError) as error:
        train_cross_sell(workspace, declared_cross_sell(workspace.dataset, level), config.cross_sell)
    return str(error.value)


def changed(declaration: Path, before: str, after: str) -> Path:
    declaration.write_text(declaration.read_text().replace(before, after))
    return declaration


def test_the_served_model_learns_from_every_label_that_the_data_completes(grocer: Findings) -> None:
    assert grocer.model.names == grocer.pairs.names
    moments = [f"{each.as_of:%Y-%m-%d}" for each in grocer.examples]
    assert moments == ["2024-04-21", "2024-05-05"]
    assert f"{grocer.labelled_through:%Y-%m-%d}" == "2024-05-19"
    assert [f"{judged.as_of:%Y-%m-%d}" for judged in grocer.backtest.judged] == moments


def test_progress_sees_every_moment_once_in_order(grocer: Findings, quick: Config) -> None:
    seen: list[datetime] = []

    def watch(moments: Sequence[datetime]) -> Sequence[datetime]:
        seen.extend(moments)
        return moments

    again = train_cross_sell(grocer.workspace, grocer.pairs.cross_sell, quick.cross_sell, watch)
    assert seen == sorted(set(seen))
    assert set(seen) >= {judged.as_of for judged in grocer.backtest.judged}
    assert again.metrics == grocer.metrics  # the same data and values give the same model


def test_the_item_level_is_the_user_s_choice(grocer: Findings, quick: Config) -> None:
    declared = declared_cross_sell(grocer.workspace.dataset, "category")
    findings = train_cross_sell(grocer.workspace, declared, quick.cross_sell)
    assert len(findings.backtest.judged[-1].items) == 4
    assert findings.pairs.fingerprint != grocer.pairs.fingerprint


def test_a_dataset_that_offers_nothing_says_what_to_add(tmp_path: Path, quick: Config) -> None:
    message = refusal(opened(write_subscribers(tmp_path)), quick)
    assert message.startswith("subscribers declares nothing to offer: add [cross_sell] with item_level")
    assert "horizon_days" in message
    assert str(tmp_path / "dataset.toml") in message


def test_a_level_that_the_items_table_lacks_is_refused(grocer: Findings, quick: Config) -> None:
    message = refusal(grocer.workspace, quick, "brand")
    assert 'item_level = "brand": the items table has no column of that name' in message
    assert "category" in message


def test_a_horizon_longer_than_the_data_is_refused(tmp_path: Path, quick: Config) -> None:
    declaration = changed(
        write_grocer(tmp_path, customers=40), "horizon_days = 14\nsegment", "horizon_days = 200\nsegment"
    )
    message = refusal(opened(declaration), quick)
    assert "a horizon of 200 days" in message
    assert "shorten [cross_sell] horizon_days" in message


def everything_sold_to_everybody(lines: pd.DataFrame) -> pd.DataFrame:
    whole = lines.merge(lines[["item_id"]].drop_duplicates(), how="cross", suffixes=("_once", ""))
    return whole.drop(columns="item_id_once").drop_duplicates(["basket_id", "item_id"])


def one_basket_each(lines: pd.DataFrame) -> pd.DataFrame:
    """The lines are shuffled, so the first one is of any basket."""
    return lines[lines["basket_id"] == lines.groupby("who")["basket_id"].transform("first")]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (everything_sold_to_everybody, "has anything to find for ndcg_at_10.new"),
        (one_basket_each, "only 0 candidates at 2 moments were bought within 14 days"),
    ],
)
def test_purchases_that_teach_nothing_are_one_sentence(
    tmp_path: Path, quick: Config, spoil: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    declaration = write_grocer(tmp_path, customers=40)
    lines = pd.read_parquet(tmp_path / "lines.parquet")
    spoil(lines).to_parquet(tmp_path / "lines.parquet", index=False)
    with pytest.raises(InputError, match=message):
        train_cross_sell(
            workspace := opened(declaration), declared_cross_sell(workspace.dataset, None), quick.cross_sell
        )


def test_some_customers_with_one_basket_and_items_without_category_are_no_trouble(
    tmp_path: Path, quick: Config
) -> None:
    declaration = write_grocer(tmp_path)
    lines = pd.read_parquet(tmp_path / "lines.parquet")
    once = lines["who"] < f"{CANARY}0020"
    lines = lines[~once | lines["basket_id"].str.endswith("-0")]
    lines.to_parquet(tmp_path / "lines.parquet", index=False)
    goods = pd.read_csv(tmp_path / "goods.csv")
    goods["category"] = goods["category"].where(goods["item_id"] != "tea")
    goods[goods["item_id"] != "soap"].to_csv(tmp_path / "goods.csv", index=False)
    workspace = opened(declaration)
    findings = train_cross_sell(workspace, declared_cross_sell(workspace.dataset, None), quick.cross_sell)
    assert "" in findings.model.shrinkage.rates
    assert np.isfinite(findings.metrics["model"]["ndcg_at_10.new"].estimate)


def test_the_run_keeps_all_that_explains_the_version(
    grocer_registry: Version, grocer: Findings, quick: Config
) -> None:
    run = mlflow.get_run(grocer_registry.run_id)
    declared = {f"dataset.cross_sell.{name}" for name in type(grocer.pairs.cross_sell).model_fields}
    assert set(run.data.params) == set(quick.flat()) | declared
    assert run.data.params["dataset.cross_sell.item_level"] == "product"
    measured = grocer.metrics["model"]["ndcg_at_10.new"].estimate
    assert run.data.metrics["ndcg_at_10.new"] == pytest.approx(measured)
    assert run.data.tags["data_fingerprint"] == grocer.workspace.tables.fingerprint
    assert run.data.tags["pair_fingerprint"] == grocer.pairs.fingerprint
    files = {file.path for file in mlflow.artifacts.list_artifacts(run_id=grocer_registry.run_id)}
    assert files == {"metrics.json", "model_card.md", "plots", "test_scores.parquet"}
    report = grocer.workspace.folder / "reports" / CROSS_SELL
    assert len(list((report / "plots").glob("*.png"))) == 6
    assert json.loads((report / "metrics.json").read_text())["dataset"] == "grocer"


def test_the_version_has_a_signature_with_both_inputs(grocer_registry: Version, grocer: Findings) -> None:
    info = mlflow.models.get_model_info(f"models:/{CROSS_SELL}/{grocer_registry.number}")
    inputs = {column.name: (column.type.name, column.required) for column in info.signature.inputs}
    assert inputs.pop("category") == ("string", True)
    assert list(inputs) == list(grocer.pairs.names)
    assert set(inputs.values()) == {("double", True)}
    assert info.signature.outputs.input_names() == ["probability", "kind", "evidence"]


def test_no_customer_id_reaches_the_registry(recorded_grocer: tuple[Path, Version]) -> None:
    files = [path for path in recorded_grocer[0].rglob("*") if path.is_file()]
    assert len(files) > 15
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []
    scores = next(pd.read_parquet(path) for path in files if path.name == "test_scores.parquet")
    assert CANARY not in scores.to_csv()


@pytest.mark.usefixtures("registry")
def test_what_breaks_off_registers_nothing(grocer: Findings, quick: Config) -> None:
    broken = replace(grocer, model=replace(grocer.model, new=Calibration(np.nan, 0.0)))
    with pytest.raises(ValueError, match="not JSON compliant"):
        record(broken, quick)
    assert list(mlflow.MlflowClient().search_registered_models()) == []
    (run,) = runs_of(CROSS_SELL)
    assert run.info.status == "FAILED"


def test_more_horizons_than_there_is_history_are_refused(tmp_path: Path, grocer: Findings) -> None:
    config = read_config(write_config(tmp_path, origins=12))
    assert "12 test periods need data over" in refusal(grocer.workspace, config)
