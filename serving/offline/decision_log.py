"""The decision log: decisions as one Parquet file, the form in which they leave the service.

What a batch decides, what a replay would have decided and what the ledger holds are written in the same columns
(docs/decision-log.md), so that `python -m training judge` and anybody's own tools read one format.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from serving.decision.trace import Decision, Priced
from serving.offline.output import output

ROW_GROUP = 5_000
"""Decisions that wait in memory before they are written together: some 30 MB with 15 actions each."""

_MOMENT = pa.timestamp("us", tz="UTC")
ACTION = pa.struct(
    [
        ("offer_id", pa.string()),
        ("kind", pa.string()),
        ("priority", pa.float64()),
        ("probability", pa.float64()),
        ("value", pa.float64()),
        ("discount", pa.float64()),
        ("cost", pa.float64()),
        ("selection_probability", pa.float64()),
    ]
)
COLUMNS = pa.schema(
    [
        pa.field("decision_id", pa.string(), nullable=False),
        pa.field("customer_id", pa.string(), nullable=False),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("placement", pa.string(), nullable=False),
        pa.field("decided_at", _MOMENT, nullable=False),
        pa.field("as_of", _MOMENT, nullable=False),
        pa.field("known", pa.bool_(), nullable=False),
        pa.field("group", pa.string(), nullable=False),
        pa.field("explored", pa.bool_(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("offer_id", pa.string()),
        pa.field("item", pa.string()),
        pa.field("priority", pa.float64(), nullable=False),
        pa.field("selection_probability", pa.float64(), nullable=False),
        pa.field("actions", pa.list_(ACTION), nullable=False),
        pa.field("release", pa.string(), nullable=False),
        pa.field("rulebook", pa.string(), nullable=False),
        pa.field("reward", pa.float64()),
    ]
)


class DecisionLog:
    """Takes decisions into an open Parquet file, row group by row group."""

    def __init__(self, file: pq.ParquetWriter) -> None:
        self._file = file
        self._waiting: list[dict[str, Any]] = []

    def write(self, decision: Decision, reward: float | None = None) -> None:
        """Add one decision; `reward` is what it brought in money, None where nobody knows (yet)."""
        self._waiting.append({**_row(decision), "reward": reward})
        if len(self._waiting) >= ROW_GROUP:
            self.flush()

    def write_all(self, decisions: Iterable[Decision]) -> None:
        """Add decisions of which nobody knows what they brought."""
        for decision in decisions:
            self.write(decision)

    def flush(self) -> None:
        """Write what waits for its row group to be full."""
        if self._waiting:
            self._file.write_table(pa.Table.from_pylist(self._waiting, COLUMNS))
            self._waiting = []


@contextmanager
def decision_log(path: Path) -> Iterator[DecisionLog]:
    """A decision log to write to, which is at `path` once the block ends, on the disk.

    After any failure nothing has changed there. Raises `InputError` as `output` does.
    """
    with (
        output(path, "decision log") as file,
        pq.ParquetWriter(file, COLUMNS, compression="zstd") as parquet,
    ):
        log = DecisionLog(parquet)
        yield log
        log.flush()


def _row(decision: Decision) -> dict[str, Any]:
    first = decision.given[0] if decision.given else None
    return {
        "decision_id": decision.decision_id,
        "customer_id": decision.customer_id,
        "channel": decision.channel,
        "placement": decision.placement,
        "decided_at": decision.decided_at,
        "as_of": decision.as_of,
        "known": decision.known,
        "group": decision.group,
        "explored": decision.explored,
        "reason": decision.reason,
        "offer_id": first and first.offer_id,
        "item": first and first.item,
        "priority": 0.0 if first is None else first.priority,
        "selection_probability": decision.selection_probability,
        "actions": [_action(priced) for priced in decision.priced],
        "release": json.dumps(decision.release, sort_keys=True),
        "rulebook": decision.rulebook,
    }


def _action(priced: Priced) -> dict[str, Any]:
    """One who reached arbitration; a factor that its formula has not is 0."""
    factors = {factor.name: factor.value for factor in priced.factors}
    return {
        "offer_id": priced.offer_id,
        "kind": priced.kind,
        "priority": priced.priority,
        "probability": factors.get("accept", factors.get("churn", 0.0)),
        "value": factors.get("value", factors.get("stake", 0.0)),
        "discount": factors.get("discount", 0.0),
        "cost": factors.get("cost", 0.0),
        "selection_probability": priced.selection_probability,
    }
