"""Decision logs made up by hand: one line a decision."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from serving.offline.decision_log import COLUMNS
from training.judge.log import DecisionTables, read_log

Actions = Mapping[str | None, float | None]
"""Selection probability by offer; None is *no offer*."""

READ = ("decision_id", "customer_id", "offer_id", "reward", "actions")
SCHEMA = pa.schema([COLUMNS.field(name) for name in READ])
"""Of the service's columns those that a judge reads."""


@dataclass(frozen=True)
class Row:
    """One decision; actions without a priority have 0, as *no offer* has, and so have those without a discount."""

    decision: str
    customer: str
    chosen: str | None
    reward: float | None
    actions: Actions
    priority: Mapping[str | None, float] = field(default_factory=dict)
    discount: Mapping[str | None, float] = field(default_factory=dict)
    cost: Mapping[str | None, float] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As the log has it."""
        return {
            "decision_id": self.decision,
            "customer_id": self.customer,
            "offer_id": self.chosen,
            "reward": self.reward,
            "actions": [
                {
                    "offer_id": name,
                    "selection_probability": share,
                    "priority": self.priority.get(name, 0.0),
                    "discount": self.discount.get(name),
                    "cost": self.cost.get(name),
                }
                for name, share in self.actions.items()
            ],
        }


def write_log(path: Path, rows: Iterable[Row]) -> Path:
    """Write rows in the service's format."""
    pq.write_table(pa.Table.from_pylist([one.told() for one in rows], SCHEMA), path)
    return path


def made_log(path: Path, rows: Iterable[Row]) -> DecisionTables:
    """The same, read again."""
    return read_log(write_log(path, rows))
