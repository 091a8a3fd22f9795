"""Training rows were labelled before the test begins, and every horizon is tested once."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from features.labels import LABEL
from features.stack import AS_OF
from training.churn.split import Mask, backtest_splits, newest_period

HORIZON = timedelta(days=28)


def weekly(weeks: int, days: int = 7) -> pd.DataFrame:
    """Two customers at each moment, of whom one churned; shuffled."""
    start = pd.Timestamp(datetime(2024, 1, 1, tzinfo=UTC))
    moments = [start + timedelta(days=days * week) for week in range(weeks)]
    frame = pd.DataFrame({AS_OF: [*moments, *moments], LABEL: [0.0] * weeks + [1.0] * weeks})
    return frame.sample(frac=1, random_state=3)


def days_of(frame: pd.DataFrame, mask: Mask) -> list[str]:
    return sorted({f"{moment:%m-%d}" for moment in frame.loc[mask, AS_OF]})


def test_origins_are_the_newest_horizons_and_train_on_what_was_labelled_by_then() -> None:
    frame = weekly(13)  # 01-01 to 03-25
    older, newer = backtest_splits(frame, HORIZON, origins=2)
    assert [f"{split.origin:%m-%d}" for split in (older, newer)] == ["02-26", "03-25"]
    assert days_of(frame, older.test) == ["02-26"]
    assert days_of(frame, older.train) == ["01-01", "01-08", "01-15", "01-22", "01-29"]
    assert days_of(frame, newer.test) == ["03-25"]
    assert days_of(frame, newer.train)[-1] == "02-26"
    assert older.origin == datetime(2024, 2, 26, tzinfo=UTC)


def test_no_label_of_training_reaches_into_the_test_period() -> None:
    frame = weekly(30)
    for split in backtest_splits(frame, HORIZON, origins=4):
        assert frame.loc[split.train, AS_OF].max() + HORIZON <= frame.loc[split.test, AS_OF].min()


@pytest.mark.parametrize(
    ("weeks", "origins", "days"),
    [
        (8, 2, 7),  # the older origin, four weeks in, has nothing labelled before it
        (13, 4, 7),  # four horizons do not fit
        (20, 3, 10),  # snapshots never fall on the start of a horizon
    ],
)
def test_too_short_a_history_says_what_to_change(weeks: int, origins: int, days: int) -> None:
    with pytest.raises(
        InputError, match=rf"over {origins} horizons needs .* {28 * (origins + 1)} days"
    ) as error:
        backtest_splits(weekly(weeks, days), HORIZON, origins)
    assert "lower [churn] origins" in str(error.value)


def test_the_shortest_history_that_suffices() -> None:
    assert len(backtest_splits(weekly(9), HORIZON, origins=2)) == 2


def test_without_time_every_row_is_tested_once_by_a_model_that_had_not_seen_it() -> None:
    frame = weekly(20)
    splits = backtest_splits(frame, None, origins=4)
    assert [split.origin for split in splits] == [None] * 4
    assert np.sum([split.test for split in splits], axis=0).tolist() == [1] * 40
    assert all((split.train == ~split.test).all() for split in splits)
    assert [frame.loc[split.test, LABEL].sum() for split in splits] == [5] * 4


def test_the_newest_period_is_held_against_what_was_labelled_before() -> None:
    frame = weekly(6)
    older, newest = newest_period(frame, HORIZON)
    assert days_of(frame, newest) == ["02-05"]
    assert days_of(frame, older) == ["01-01", "01-08"]


@pytest.mark.parametrize("horizon", [HORIZON, None])
def test_a_random_fifth_stands_in_where_time_gives_no_newest_period(horizon: timedelta | None) -> None:
    frame = pd.concat([weekly(2)] * 5, ignore_index=True)
    older, newest = newest_period(frame, horizon)
    assert (older == ~newest).all()
    assert (newest.sum(), frame.loc[newest, LABEL].sum()) == (4, 2)
