"""The road of bundles from a workspace to a registered version: mine, judge, mine again, price, register."""

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.baskets import Baskets, Caps, baskets
from features.columns import Column
from features.dataset import Bundles, Dataset
from features.errors import InputError
from features.item_level import PARENT, catalogue
from features.item_value import item_values
from features.moments import data_period
from features.tables import Tables
from features.workspace import Workspace
from training.bundles.artifact import FinalModel, ItemWords, golden, write_artifact
from training.bundles.backtest import judge
from training.bundles.card import model_card
from training.bundles.figures import as_json, logged_metrics
from training.bundles.findings import Findings
from training.bundles.gate import scores_of
from training.bundles.mined import Mined, mine
from training.bundles.packages import packages
from training.bundles.pictures import pictures
from training.config import BundlesConfig, Config
from training.registry import Version, log_results, log_scores, recorded_run, register
from training.report_folder import write_report

BUNDLES = "bundles"

Progress = Callable[[Sequence[str]], Iterable[str]]
"""Wraps steps to show how far the work is."""

_STEPS = ("reading baskets", "mining older baskets", "hiding items of newer baskets", "mining all baskets")


def declared_bundles(dataset: Dataset, item_level: str | None) -> Bundles:
    """What the dataset declares, at this item level if one is given; refused with `InputError` without any."""
    if dataset.bundles is None:
        raise InputError(
            f'{dataset.name} declares no baskets: add [bundles] with item_level (such as "type") to {dataset.path}'
        )
    return Bundles(item_level=item_level) if item_level else dataset.bundles


def train_bundles(
    workspace: Workspace, declared: Bundles, config: BundlesConfig, watch: Progress = iter
) -> Findings:
    """Judge what older baskets teach on the newest ones, then mine all of them.

    Raises `InputError` when the items table cannot give the item level, and for too few or too young baskets.
    """
    caps = Caps(config.max_basket_items, config.max_items, config.min_count)
    start, end = data_period(workspace.tables, workspace.dataset)
    tested_from = end - timedelta(days=config.test_days)
    if tested_from <= start:
        raise InputError(
            f"suggestions are judged over the newest {config.test_days} days, and there are {(end - start).days}: "
            "lower [bundles] test_days in the configuration, or bring a longer history"
        )
    steps = iter(watch(_STEPS))
    next(steps)
    everything = baskets(workspace.tables, declared, end, caps)
    next(steps)
    older = mine(baskets(workspace.tables, declared, tested_from, caps), config)
    next(steps)
    newer = everything.chosen(np.flatnonzero(everything.oldest <= config.test_days))
    judged = judge(older, _of_items(newer, older.baskets.items), config)
    next(steps)
    mined = mine(everything, config)
    worth = item_values(workspace.tables, declared.item_level, end, mined.baskets.items)
    offered = tuple(packages(mined, worth, config.packages))
    words = _words(workspace.tables, declared.item_level)
    next(steps, None)  # there is no further one: the progress ends
    return Findings(
        workspace, declared, judged, mined, worth, words, config.packages, offered, tested_from, end
    )


def _of_items(found: Baskets, items: NDArray[np.str_]) -> Baskets:
    """The same baskets with these items alone, in their order; what was rare before is not asked for."""
    known = np.flatnonzero(np.isin(found.items, items))
    place = np.searchsorted(items, found.items[known])
    chosen = csr_array((np.ones(len(known)), (known, place)), shape=(len(found.items), len(items)))
    table = csr_array(found.table @ chosen)
    table.sort_indices()
    return replace(found, items=items, table=table, promoted=None)


def _words(tables: Tables, level: str) -> ItemWords:
    rows = catalogue(tables.items, level).to_pyarrow().to_pydict()
    ids = rows[Column.ITEM]
    return ItemWords(
        dict(zip(ids, rows[Column.NAME], strict=True)), dict(zip(ids, rows[PARENT], strict=True))
    )


def record(findings: Findings, config: Config) -> Version:
    """Save the report in the workspace, log the run with it and register the bundles as a new version."""
    workspace = findings.workspace
    report = workspace.folder / "reports" / BUNDLES
    write_report(report, pictures(findings), model_card(findings), as_json(findings))
    findings.mined.rules.to_parquet(report / "rules.parquet", index=False)
    findings.mined.substitutes.to_parquet(report / "substitutes.parquet", index=False)
    tags = {"dataset": workspace.dataset.name, "data_fingerprint": workspace.tables.fingerprint}
    declared = {f"dataset.bundles.{name}": value for name, value in findings.declared.model_dump().items()}
    with recorded_run(BUNDLES, {**config.flat(), **declared}, tags), tempfile.TemporaryDirectory() as folder:
        log_results(logged_metrics(findings), report)
        log_scores(scores_of(findings.judged))
        artifact = write_artifact(Path(folder) / BUNDLES, final_model(findings), config.bundles)
        return register(BUNDLES, artifact, *_example(findings.mined))


def final_model(findings: Findings) -> FinalModel:
    """What the artifact is written from."""
    oldest = timedelta(days=float(findings.mined.baskets.age.max(initial=0)))
    return FinalModel(
        findings.mined,
        findings.words,
        findings.worth.margin,
        findings.declared.item_level,
        findings.workspace.dataset.currency,
        findings.fingerprint,
        findings.learned_through - oldest,
        findings.learned_through,
    )


def _example(mined: Mined) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Golden baskets as the registered model takes them, and its answer."""
    told, ids = golden(mined), mined.baskets.items
    asked = [json.dumps([str(ids[code]) for code in basket]) for basket in told["baskets"]]
    answers = [
        json.dumps(
            [{"item_id": str(ids[code]), "probability": p} for code, p in zip(*suggested, strict=True)]
        )
        for suggested in zip(told["items"], told["probabilities"], strict=True)
    ]
    return pd.DataFrame({"basket": asked}), pd.DataFrame({"suggestions": answers})
