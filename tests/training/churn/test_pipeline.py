"""From a workspace to a registered version, or to one sentence and nothing registered."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import mlflow
import numpy as np
import pandas as pd
import pytest

from features.dataset import Churn
from features.errors import InputError
from features.labels import LABEL
from features.workspace import open_workspace
from tests.market import CANARY, write_config, write_leavers, write_market, write_subscribers
from tests.registries import runs_of
from training.calibration import Calibration
from training.churn.pipeline import CHURN, frequency_column, horizon_of, record, save, train_churn
from training.churn.report import Findings
from training.config import Config, read_config
from training.registry import Version

Step = TypeVar("Step")


def refusal(declaration: Path, config: Config) -> str:
    with pytest.raises(InputError) as error:
        train_churn(open_workspace(declaration, declaration.parent / "workspace"), config)
    return str(error.value)


def test_the_market_s_model_is_judged_and_fitted_on_everything(market: Findings) -> None:
    assert len(market.backtest.starts) == 2
    assert market.model.names == market.workspace.features.names
    assert market.metrics()["model"]["auc"].estimate > market.metrics()["recency"]["auc"].estimate
    rates = market.stacked.groupby("as_of")[LABEL].mean()
    assert len(rates) == 6


def test_a_plain_table_of_customers_is_enough(subscribers: Findings) -> None:
    assert set(subscribers.model.names) == {"attribute_plan", "attribute_calls", "attribute_minutes"}
    assert subscribers.backtest.starts == ()
    assert len(subscribers.stacked) == 600
    assert subscribers.metrics()["model"]["auc"].estimate > 0.75


def test_dates_of_leaving_give_a_rolling_origin_without_any_purchase(leavers: Findings) -> None:
    assert [f"{start:%Y-%m-%d}" for start in leavers.backtest.starts] == ["2024-04-22", "2024-05-20"]
    assert leavers.stacked.groupby("as_of").size().is_monotonic_decreasing
    assert leavers.metrics()["model"]["auc"].estimate > 0.65


def test_the_same_data_and_values_give_the_same_model(leavers: Findings, quick: Config) -> None:
    again = train_churn(leavers.workspace, quick)
    rows = leavers.backtest.newest_rows
    assert again.model.probability(rows).tolist() == leavers.model.probability(rows).tolist()
    assert again.metrics() == leavers.metrics()


def test_progress_sees_every_moment_and_every_origin(leavers: Findings, quick: Config) -> None:
    seen: list[int] = []

    def watch(steps: Sequence[Step]) -> Sequence[Step]:
        seen.append(len(steps))
        return steps

    train_churn(leavers.workspace, quick, watch, watch)
    assert seen == [4, 2]


def test_thin_evidence_is_refused(tmp_path: Path, quick: Config) -> None:
    assert "are too few to learn from" in refusal(write_subscribers(tmp_path, customers=90), quick)


def test_a_feature_that_knows_the_answer_is_refused(tmp_path: Path, quick: Config) -> None:
    declaration = write_subscribers(tmp_path)
    people = pd.read_csv(tmp_path / "people.csv")
    refunded = np.where(people["churned"] == "yes", people["minutes"], np.nan)
    people.assign(refunded=refunded).to_csv(tmp_path / "people.csv", index=False)
    assert refusal(declaration, quick).startswith(
        "attribute_refunded: each alone tells churners from stayers"
    )


@pytest.mark.parametrize("write", [write_market, write_leavers])
def test_more_horizons_than_there_is_history_are_refused(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    config = read_config(write_config(tmp_path, origins=12))
    assert "a backtest over 12 horizons needs snapshots over" in refusal(write(tmp_path), config)


def test_a_report_is_pictures_figures_and_a_card(leavers: Findings, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "older.md").write_text("an older report")
    save(leavers, tmp_path / "report")
    files = {str(path.relative_to(tmp_path / "report")) for path in (tmp_path / "report").rglob("*.*")}
    plots = {"calibration", "gains", "lift", "precision_recall", "importance", "contributions", "backtest"}
    assert files == {"model_card.md", "metrics.json", *(f"plots/{name}.png" for name in plots)}
    assert json.loads((tmp_path / "report" / "metrics.json").read_text())["dataset"] == "leavers"


def test_the_run_keeps_all_that_explains_the_version(
    used_registry: Version, market: Findings, quick: Config
) -> None:
    run = mlflow.get_run(used_registry.run_id)
    assert set(run.data.params) == set(quick.flat())
    assert run.data.metrics["auc"] == pytest.approx(market.metrics()["model"]["auc"].estimate)
    assert run.data.tags["data_fingerprint"] == market.workspace.tables.fingerprint
    assert run.data.tags["feature_fingerprint"] == market.workspace.features.fingerprint
    files = {file.path for file in mlflow.artifacts.list_artifacts(run_id=used_registry.run_id)}
    assert files == {"metrics.json", "model_card.md", "plots", "test_scores.parquet"}
    assert used_registry.number == 1


def test_no_customer_id_reaches_the_registry(recorded: tuple[Path, Version], market: Findings) -> None:
    ids = market.stacked["customer_id"].unique().tolist()
    assert all(customer.startswith(CANARY) for customer in ids)
    files = [path for path in recorded[0].rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path.name for path in files if CANARY.encode() in path.read_bytes()] == []
    scores = next(pd.read_parquet(path) for path in files if path.name == "test_scores.parquet")
    assert not scores.isin(ids).any(axis=None)


@pytest.mark.usefixtures("registry")
def test_what_breaks_off_registers_nothing(market: Findings, quick: Config) -> None:
    broken = replace(market, model=replace(market.model, calibration=Calibration(np.nan, 0.0)))
    with pytest.raises(ValueError, match="not JSON compliant"):
        record(broken, quick)
    assert list(mlflow.MlflowClient().search_registered_models()) == []
    (run,) = runs_of(CHURN)
    assert run.info.status == "FAILED"


@pytest.mark.parametrize(
    ("churn", "column", "horizon"),
    [
        (Churn(kind="inactivity", active_days=56, horizon_days=28), "baskets_56d", timedelta(days=28)),
        (Churn(kind="inactivity", active_days=60, horizon_days=30), "baskets_56d", timedelta(days=30)),
        (Churn(kind="inactivity", active_days=365, horizon_days=90), "baskets_168d", timedelta(days=90)),
        (Churn(kind="explicit", horizon_days=30), "baskets_84d", timedelta(days=30)),
        (Churn(kind="explicit"), "baskets_84d", None),
    ],
)
def test_a_definition_gives_the_frequency_that_exists_and_the_horizon(
    market: Findings, churn: Churn, column: str, horizon: timedelta | None
) -> None:
    dataset = market.workspace.dataset.model_copy(update={"churn": churn})
    assert frequency_column(dataset) == column
    assert column in market.workspace.features.names
    assert horizon_of(dataset) == horizon
