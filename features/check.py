"""What a dataset can support before anything is trained: cut-offs, evidence, rhythm, undeclared levels."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis import _

from features.attributes import attribute_names
from features.columns import Column
from features.dataset import Dataset
from features.grains import DAY_OF_VISIT
from features.item_level import at_item_level, require_item_level
from features.labels import LABEL, labels
from features.moments import data_period, labelled_moments
from features.snapshot import history
from features.tables import Tables

_CUT_OFFS = 12
_COVERED = 0.9
_MAX_LEVELS = 60
MIN_CHURNERS = 50
"""Fewer churners (or stayers) than this at every cut-off are too few to learn from."""


@dataclass(frozen=True)
class CutOff:
    """How much evidence one `as_of` would give."""

    as_of: datetime
    customers: int
    churners: int

    @property
    def enough(self) -> bool:
        """Whether there are enough of both to learn from."""
        return min(self.churners, self.customers - self.churners) >= MIN_CHURNERS


@dataclass(frozen=True)
class Rhythm:
    """How long customers pause between visit days on average, and the horizon that this suggests."""

    median_pause_days: float
    long_pause_days: float
    suggested_horizon_days: int


@dataclass(frozen=True)
class Offering:
    """What a dataset can offer at its item level; counts are over the whole data, without returns."""

    item_level: str
    items: int
    lines: int
    lines_without_item: int
    customers: int
    customers_with_one_basket: int


def cut_offs(tables: Tables, dataset: Dataset) -> list[CutOff]:
    """Customers and churners of the declared definition at up to twelve candidate moments, evenly spread."""
    moments = labelled_moments(tables, dataset)
    step = max(1, -(-len(moments) // _CUT_OFFS))
    return [_cut_off(tables, dataset, moment) for moment in moments[::-1][::step][::-1]]


def rhythm(tables: Tables, dataset: Dataset) -> Rhythm | None:
    """The rhythm of purchases over the whole data; None without transactions or without a second visit.

    The suggested horizon is the mean pause that nine of ten customers stay under, in whole weeks: a shorter
    one would call ordinary pauses churn, a much longer one would learn of it late.
    """
    _first, end = data_period(tables, dataset)
    days = history(tables, end).roll_up(DAY_OF_VISIT)
    if days is None:
        return None
    pauses = days.group_by(Column.CUSTOMER).aggregate(pause=_.gap.mean()).filter(_.pause.notnull())
    spread = pauses.aggregate(median=_.pause.quantile(0.5), long=_.pause.quantile(_COVERED))
    (row,) = spread.to_pyarrow().to_pylist()
    if row["long"] is None:
        return None
    return Rhythm(row["median"], row["long"], 7 * max(1, math.ceil(row["long"] / 7)))


def offering(tables: Tables, dataset: Dataset) -> Offering | None:
    """What was bought at the declared item level; None without [cross_sell].

    A line is without an item when the items table does not name its product or leaves the level empty. Raises
    `InputError` when the items table cannot give the level at all.
    """
    if dataset.cross_sell is None:
        return None
    level = dataset.cross_sell.item_level
    require_item_level(tables, level)
    past = history(tables, data_period(tables, dataset)[1] + timedelta(days=1))
    lines, at_level = past.tables["purchases"], at_item_level(past, level).tables["purchases"]
    baskets = lines.group_by(Column.CUSTOMER).aggregate(baskets=_[Column.BASKET].nunique())
    single = baskets.aggregate(customers=_.count(), single=(_.baskets == 1).sum().fill_null(0))
    found = at_level.aggregate(items=_[Column.ITEM].nunique(), lines=_.count())
    every = lines.aggregate(all_lines=_.count())
    (row,) = single.cross_join(found).cross_join(every).to_pyarrow().to_pylist()
    without = row["all_lines"] - row["lines"]
    return Offering(level, row["items"], row["all_lines"], without, row["customers"], row["single"])


def undeclared_levels(tables: Tables, dataset: Dataset) -> dict[str, list[str]]:
    """Text attributes of customers without an entry under [attributes], with the levels found, sorted.

    Columns with more than sixty levels are names or codes and no attribute: they are left out.
    """
    if tables.customers is None:
        return {}
    schema = tables.customers.schema()
    texts = [name for name in attribute_names(tables.customers) if schema[name].is_string()]
    found = {name: _levels(tables.customers, name) for name in texts if name not in dataset.attributes}
    return {name: levels for name, levels in found.items() if 0 < len(levels) <= _MAX_LEVELS}


def _cut_off(tables: Tables, dataset: Dataset, as_of: datetime) -> CutOff:
    truth = labels(tables, dataset.churn, as_of).aggregate(
        customers=_[Column.CUSTOMER].count(), churners=_[LABEL].sum().fill_null(0.0)
    )
    (row,) = truth.to_pyarrow().to_pylist()
    return CutOff(as_of, int(row["customers"]), int(row["churners"]))


def _levels(customers: ibis.Table, name: str) -> list[str]:
    found = customers.select(level=_[name]).filter(_.level.notnull()).distinct().limit(_MAX_LEVELS + 1)
    return sorted(found.to_pyarrow()["level"].to_pylist())
