"""Which moments train and which test: time decides, and no label that trains reaches into a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from features.errors import InputError
from training.config import CrossSellConfig


@dataclass(frozen=True)
class Split:
    """A test moment, or where the data of the served model ends, and the moments to learn from, oldest first."""

    origin: datetime
    learned: tuple[datetime, ...]


def backtest_splits(
    start: datetime, end: datetime, horizon: timedelta, config: CrossSellConfig
) -> list[Split]:
    """The newest non-overlapping horizons between `start` and `end` of the data, oldest first.

    Raises `InputError` when the oldest of them would have nothing to learn from.
    """
    newest = end - horizon
    origins = [newest - number * horizon for number in reversed(range(config.origins))]
    if not _moments(start, origins[0], horizon, config):
        needed = (config.origins + 3) * horizon.days
        raise InputError(
            f"a horizon of {horizon.days} days and {config.origins} test periods need data over {needed} days or "
            f"more, and there are {(end - start).days}: shorten [cross_sell] horizon_days in the dataset, lower "
            "[cross_sell] origins in the configuration, or bring a longer history"
        )
    return [Split(origin, _moments(start, origin, horizon, config)) for origin in origins]


def served_split(start: datetime, end: datetime, horizon: timedelta, config: CrossSellConfig) -> Split:
    """All that the served model can learn from: every label that the data completes."""
    return Split(end, _moments(start, end, horizon, config))


def _moments(
    start: datetime, origin: datetime, horizon: timedelta, config: CrossSellConfig
) -> tuple[datetime, ...]:
    """Moments whose labels are complete by `origin`, oldest first; each has a past of two horizons at least."""
    newest, step = origin - horizon, timedelta(days=config.every_days)
    moments = [newest - number * step for number in range(config.moments)]
    return tuple(moment for moment in reversed(moments) if moment >= start + 2 * horizon)
