"""The newest snapshot of every customer, put where the service reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.candidates import Candidates
from features.columns import Column
from features.feature_set import features_at
from features.habits import Habits
from features.labels import population
from features.profiles import profiles
from features.store import DescribedFeature, StoreInfo, publish_sqlite
from features.workspace import Workspace

_IN_POPULATION = "in_population"
_CHUNK_ROWS = 50_000


@dataclass(frozen=True)
class Published:
    """What the store says of itself, and how many candidates it holds over all customers."""

    info: StoreInfo
    candidates: int


def publish(workspace: Workspace, as_of: datetime, path: Path) -> Published:
    """Write the snapshot at `as_of` as an online store; whoever reads the old one is not disturbed.

    Every known customer is in it; those outside the population of the churn definition are marked. Where the
    dataset declares [cross_sell], so are the candidates of every customer, and with [bundles] the habits of all
    who bought in the year before. Raises `StoreError` when there is nobody to publish, `InputError` when the
    items cannot be had at a declared level.
    """
    cross_sell, bundles = workspace.dataset.cross_sell, workspace.dataset.bundles
    candidates = None if cross_sell is None else Candidates(workspace.tables, cross_sell, as_of)
    habits = None if bundles is None else Habits(workspace.tables, bundles, as_of)
    rows = _marked(workspace, as_of).to_pyarrow()
    info = StoreInfo(
        fingerprint=workspace.features.fingerprint,
        as_of=as_of,
        published_at=datetime.now(UTC).replace(microsecond=0),
        names=workspace.features.names,
        customers=rows.num_rows,
        definition=workspace.dataset.churn.model_dump_json(exclude_none=True),
        candidates=candidates.info if candidates else None,
        bundles=habits.info if habits else None,
        currency=workspace.dataset.currency,
        described=tuple(
            DescribedFeature(feature.name, feature.unit.value, feature.words, feature.levels)
            for feature in workspace.features.features
        ),
    )
    publish_sqlite(
        path,
        info,
        _read(rows, workspace.features.names),
        candidates.content() if candidates else None,
        habits.content() if habits else None,
        profiles=profiles(workspace.tables, as_of, rows, candidates.bought() if candidates else {}),
    )
    return Published(info, candidates.count if candidates else 0)


def _marked(workspace: Workspace, as_of: datetime) -> ibis.Table:
    inside = population(workspace.tables, workspace.dataset.churn, as_of)[Column.CUSTOMER]
    snapshot = features_at(workspace.tables, workspace.features, as_of)
    return snapshot.mutate(**{_IN_POPULATION: snapshot[Column.CUSTOMER].isin(inside)})


def _read(rows: pa.Table, names: Sequence[str]) -> Iterator[tuple[str, bool, NDArray[np.float64]]]:
    """Customer id, whether in the population, and the features in their order."""
    for batch in rows.to_batches(max_chunksize=_CHUNK_ROWS):
        frame = batch.to_pandas()
        values = frame[list(names)].to_numpy(dtype=np.float64)
        yield from zip(frame[Column.CUSTOMER], frame[_IN_POPULATION], values, strict=True)
