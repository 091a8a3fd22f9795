"""The cross-sell road from a workspace to a registered version: propose, judge, fit, explain, register."""

import tempfile
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from features.columns import Column
from features.dataset import CrossSell, Dataset
from features.errors import InputError
from features.item_level import PARENT, catalogue
from features.moments import data_period
from features.pairs import pair_set
from features.workspace import Workspace
from training.config import Config, CrossSellConfig
from training.cross_sell.artifact import FinalModel, golden_rows, write_artifact
from training.cross_sell.backtest import Judged, compared, judge, tuned_tifu
from training.cross_sell.card import model_card
from training.cross_sell.examples import Examples, draw_examples
from training.cross_sell.figures import as_json, logged_metrics
from training.cross_sell.findings import Findings
from training.cross_sell.gate import scores_of
from training.cross_sell.model import EVIDENCE, CrossSellModel, fit_cross_sell
from training.cross_sell.periods import period
from training.cross_sell.pictures import pictures
from training.cross_sell.score import NEW, REPEAT
from training.cross_sell.split import Split, backtest_splits, served_split
from training.cross_sell.tifu_knn import TifuKnn
from training.registry import Version, log_results, log_scores, recorded_run, register
from training.report_folder import write_report

CROSS_SELL = "cross_sell"
MIN_PURCHASES = 50
"""Purchases to learn from, at least."""

Progress = Callable[[Sequence[datetime]], Iterable[datetime]]
"""Wraps moments to show how far the work is."""


def declared_cross_sell(dataset: Dataset, item_level: str | None) -> CrossSell:
    """What the dataset declares, at this item level if one is given; refused with `InputError` without any."""
    if dataset.cross_sell is None:
        raise InputError(
            f'{dataset.name} declares nothing to offer: add [cross_sell] with item_level (such as "category") and '
            f"horizon_days (such as 28) to {dataset.path}"
        )
    return dataset.cross_sell.model_copy(update={"item_level": item_level} if item_level else {})


def train_cross_sell(
    workspace: Workspace,
    cross_sell: CrossSell,
    config: CrossSellConfig,
    watch: Progress = iter,
) -> Findings:
    """Walk through time: judge at each test moment what was learnt before it, then learn from that moment too.

    The served model is fitted at the end, on everything that is labelled. What takes the time is to propose the
    candidates of a moment, for its examples and where it tests. Raises `InputError` when the items table cannot
    give the item level, for too short a history, and when hardly anything is bought.
    """
    pairs = pair_set(workspace.tables, cross_sell)
    horizon = timedelta(days=cross_sell.horizon_days)
    start, end = data_period(workspace.tables, workspace.dataset)
    splits = backtest_splits(start, end, horizon, config)
    served = served_split(start, end, horizon, config)
    origins = {split.origin: split for split in splits}
    parents = _parents(workspace, cross_sell)
    examples: dict[datetime, Examples] = {}

    def fitted(split: Split) -> CrossSellModel:
        learned = [examples[moment] for moment in split.learned]
        _require_purchases(learned, cross_sell)
        return fit_cross_sell(learned, pairs.names, horizon, config)

    @cache
    def tifu() -> TifuKnn:
        return tuned_tifu(period(workspace.tables, pairs, splits[0].learned[-1]))

    judged: list[Judged] = []
    learned_from = {moment for split in (*splits, served) for moment in split.learned}
    for moment in watch(sorted({*origins, *learned_from})):
        now = period(workspace.tables, pairs, moment)
        if moment in origins:
            judged.append(judge(now, parents, fitted(origins[moment]), tifu()))
        examples[moment] = draw_examples(now, parents, config.most_rows)
    learned = tuple(examples[moment] for moment in served.learned)
    return Findings(workspace, pairs, learned, fitted(served), compared(judged, tifu()), end)


def _require_purchases(learned: Collection[Examples], cross_sell: CrossSell) -> None:
    """Raise `InputError` when fewer than `MIN_PURCHASES` candidates were bought at all moments together."""
    bought = int(sum(examples.label.sum() for examples in learned))
    if bought < MIN_PURCHASES:
        raise InputError(
            f"only {bought} candidates at {len(learned)} moments were bought within {cross_sell.horizon_days} "
            f"days, and fewer than {MIN_PURCHASES} are too few to learn from: lengthen [cross_sell] horizon_days, "
            "choose a coarser item_level, or bring customers who come back"
        )


def _parents(workspace: Workspace, cross_sell: CrossSell) -> dict[str, str]:
    """The category of each item that has one."""
    if workspace.tables.items is None:
        return {}
    rows = catalogue(workspace.tables.items, cross_sell.item_level).to_pyarrow()
    return dict(zip(rows[Column.ITEM].to_pylist(), rows[PARENT].to_pylist(), strict=True))


def record(findings: Findings, config: Config) -> Version:
    """Save the report in the workspace, log the run with it and register the model as a new version."""
    workspace, pairs = findings.workspace, findings.pairs
    report = workspace.folder / "reports" / CROSS_SELL
    write_report(report, pictures(findings), model_card(findings), as_json(findings))
    tags = {
        "dataset": workspace.dataset.name,
        "data_fingerprint": workspace.tables.fingerprint,
        "pair_fingerprint": pairs.fingerprint,
    }
    declared = {f"dataset.cross_sell.{name}": value for name, value in pairs.cross_sell.model_dump().items()}
    with (
        recorded_run(CROSS_SELL, {**config.flat(), **declared}, tags),
        tempfile.TemporaryDirectory() as folder,
    ):
        log_results(logged_metrics(findings), report)
        log_scores(scores_of(findings.backtest.judged))
        golden = golden_rows(findings.model, findings.examples[-1].rows.astype(np.float64))
        final = FinalModel(findings.model, findings.labelled_through, golden)
        currency = workspace.dataset.currency
        artifact = write_artifact(Path(folder) / CROSS_SELL, final, pairs, currency, config.cross_sell)
        return register(CROSS_SELL, artifact, *_example(final, config.cross_sell))


def _example(final: FinalModel, config: CrossSellConfig) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Golden rows that are wholly known as the registered model takes them, and its answer."""
    rows = pd.DataFrame(final.golden.rows, columns=list(final.model.names))
    known = rows.notna().all(axis=1).to_numpy()
    again = rows[REPEAT] > 0
    mature = (rows[EVIDENCE] >= config.min_item_customers) & (rows["visit_days_all"] >= config.min_visit_days)
    answer = {
        "probability": final.golden.probabilities,
        "kind": np.where(again, REPEAT, NEW),
        "evidence": np.where(mature, "mature", "thin"),
    }
    taken = rows.assign(category=list(final.golden.parents))
    return taken[known].reset_index(drop=True), pd.DataFrame(answer)[known].reset_index(drop=True)
