"""Stacked snapshots: the features of many moments with their labels, one below the other, kept as Parquet."""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

import ibis
import pandas as pd

from features import labels, snapshot
from features.columns import Column
from features.feature_set import features_at
from features.labels import LABEL
from features.workspace import Workspace

AS_OF = "as_of"
"""Column of the moment of a row, UTC."""

Progress = Callable[[Sequence[datetime]], Iterable[datetime]]
"""Wraps the moments to show how far the work is."""


def stack(workspace: Workspace, moments: Sequence[datetime], progress: Progress = iter) -> pd.DataFrame:
    """The labelled snapshots of all moments: `customer_id`, `as_of`, `label`, then the features as float64.

    Rows are the population of the churn definition, ordered by moment and customer. Each moment is kept in the
    workspace under the fingerprints of data, features and code, and read again instead of computed again.
    """
    folder = workspace.folder / "snapshots" / _key(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_read(_kept(workspace, moment, folder), moment) for moment in progress(moments)]
    return pd.concat(parts, ignore_index=True)


def _key(workspace: Workspace) -> str:
    """What the numbers depend on: data, formulas, churn definition, and the code that puts them together."""
    code = [Path(str(module.__file__)).read_text(encoding="utf-8") for module in (labels, snapshot)]
    parts = [
        workspace.tables.fingerprint,
        workspace.features.fingerprint,
        workspace.dataset.churn.model_dump_json(),
        *code,
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _kept(workspace: Workspace, moment: datetime, folder: Path) -> Path:
    path = folder / f"{moment:%Y-%m-%dT%H%M%S}.parquet"
    if not path.is_file():
        fresh = path.with_suffix(f".{os.getpid()}")
        workspace.tables.connection.to_parquet(_labelled(workspace, moment), fresh)
        fresh.replace(path)
    return path


def _labelled(workspace: Workspace, moment: datetime) -> ibis.Table:
    known = features_at(workspace.tables, workspace.features, moment)
    truth = labels.labels(workspace.tables, workspace.dataset.churn, moment)
    return known.inner_join(truth, Column.CUSTOMER).order_by(Column.CUSTOMER)


def _read(path: Path, moment: datetime) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    frame.insert(1, AS_OF, pd.Timestamp(moment))
    frame.insert(2, LABEL, frame.pop(LABEL))
    return frame
