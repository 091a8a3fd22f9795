"""Decision logs made up by hand: one line a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.judge.log import DecisionLog, read_log

Actions = Mapping[str | None, float | None]
"""Selection probability by offer; None is *no offer*."""

NUMBERS = ("priority", "selection_probability", "probability", "value", "discount", "cost")
ACTION = pa.struct([("offer_id", pa.string()), *((name, pa.float64()) for name in NUMBERS)])
SCHEMA = pa.schema(
    [
        ("decision_id", pa.string()),
        ("customer_id", pa.string()),
        ("offer_id", pa.string()),
        ("reward", pa.float64()),
        ("actions", pa.list_(ACTION)),
    ]
)


@dataclass(frozen=True)
class Row:
    """One decision; actions without a priority have 0, as *no offer* has."""

    decision: str
    customer: str
    chosen: str | None
    reward: float | None
    actions: Actions
    priority: Mapping[str | None, float] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As the log has it."""
        return {
            "decision_id": self.decision,
            "customer_id": self.customer,
            "offer_id": self.chosen,
            "reward": self.reward,
            "actions": [
                {"offer_id": name, "selection_probability": share, "priority": self.priority.get(name, 0.0)}
                for name, share in self.actions.items()
            ],
        }


def write_log(path: Path, rows: Iterable[Row]) -> Path:
    """Write rows as the service does."""
    pq.write_table(pa.Table.from_pylist([one.told() for one in rows], SCHEMA), path)
    return path


def made_log(path: Path, rows: Iterable[Row]) -> DecisionLog:
    """The same, read again."""
    return read_log(write_log(path, rows))
