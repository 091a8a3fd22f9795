"""At which moments a dataset can be looked at: where its data ends, and where a label is known in full."""

from datetime import UTC, datetime, timedelta

import ibis

from features.columns import Column
from features.dataset import Dataset
from features.errors import InputError
from features.tables import Tables


def midnight(moment: datetime) -> datetime:
    """The last midnight (UTC) at or before a moment."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def data_period(tables: Tables, dataset: Dataset) -> tuple[datetime, datetime]:
    """First and last midnight that the data covers.

    Transactions say it; without any, the first and last date of leaving; without those (a plain table with a
    label) it is the present day, twice.
    """
    period = tables.period
    if period is None and tables.customers is not None and dataset.churn.label_column == Column.CHURNED_AT:
        period = _span(tables.customers[Column.CHURNED_AT])
    first, last = period or (datetime.now(UTC), datetime.now(UTC))
    return midnight(first), midnight(last)


def labelled_moments(tables: Tables, dataset: Dataset) -> list[datetime]:
    """Moments whose label is known in full, oldest first, `every_days` apart, counted back from the newest.

    The first lies one active window after the start of the data, so that features have a past to look at. A
    timeless label has one moment, the end of the data. Raises `InputError` when the horizon leaves none.
    """
    churn = dataset.churn
    start, end = data_period(tables, dataset)
    if churn.horizon_days is None:
        return [end]
    moments = _grid(dataset, (start, end), churn.active_days or churn.horizon_days, churn.horizon_days)
    if not moments:
        raise InputError(
            f"{dataset.name}: horizon_days = {churn.horizon_days} and active_days = {churn.active_days or 0} "
            f"do not fit into data from {start:%Y-%m-%d} to {end:%Y-%m-%d}; shorten them or bring more history"
        )
    return moments


def cross_sell_moments(tables: Tables, dataset: Dataset) -> list[datetime]:
    """Moments whose purchases are known in full, oldest first, `every_days` apart, counted back from the newest.

    The first lies two horizons after the start of the data, so that there is a past to choose candidates from.
    Raises `InputError` when [cross_sell] is not declared, or when its horizon leaves no moment.
    """
    if dataset.cross_sell is None:
        raise InputError(f"{dataset.name} declares nothing to offer; add [cross_sell] to {dataset.path}")
    horizon = dataset.cross_sell.horizon_days
    start, end = data_period(tables, dataset)
    moments = _grid(dataset, (start, end), 2 * horizon, horizon)
    if not moments:
        raise InputError(
            f"{dataset.name}: [cross_sell] horizon_days = {horizon} needs {3 * horizon} days of data, two "
            f"thirds of them past, and there are {(end - start).days} from {start:%Y-%m-%d} to {end:%Y-%m-%d}; "
            "shorten it or bring more history"
        )
    return moments


def _grid(
    dataset: Dataset, period: tuple[datetime, datetime], past_days: int, horizon_days: int
) -> list[datetime]:
    """Moments `every_days` apart with so much past and so much to come within the period, oldest first."""
    step = timedelta(days=dataset.snapshots.every_days)
    oldest, newest = period[0] + timedelta(days=past_days), period[1] - timedelta(days=horizon_days)
    return [newest - number * step for number in range((newest - oldest) // step + 1)][::-1]


def _span(column: ibis.Column) -> tuple[datetime, datetime] | None:
    (row,) = column.as_table().aggregate(first=column.min(), last=column.max()).to_pyarrow().to_pylist()
    if row["first"] is None:
        return None
    return row["first"].replace(tzinfo=UTC), row["last"].replace(tzinfo=UTC)
