"""Time decides: no label that trains reaches into a test."""

from datetime import UTC, datetime, timedelta

import pytest

from features.errors import InputError
from training.config import CrossSellConfig, read_config
from training.cross_sell.split import backtest_splits, served_split

START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(days=280)
HORIZON = timedelta(days=28)


@pytest.fixture
def config() -> CrossSellConfig:
    changes = {"origins": 3, "moments": 4, "every_days": 14}
    return read_config().cross_sell.model_copy(update=changes)


def test_test_periods_do_not_overlap_and_end_with_the_data(config: CrossSellConfig) -> None:
    splits = backtest_splits(START, END, HORIZON, config)
    assert [END - split.origin for split in splits] == [3 * HORIZON, 2 * HORIZON, HORIZON]


def test_every_label_is_complete_when_its_test_begins(config: CrossSellConfig) -> None:
    for split in (*backtest_splits(START, END, HORIZON, config), served_split(START, END, HORIZON, config)):
        assert split.learned == tuple(sorted(split.learned))
        assert split.learned[-1] + HORIZON == split.origin
        assert split.learned[0] >= START + 2 * HORIZON
        assert len(split.learned) == 4


def test_a_short_past_gives_fewer_moments(config: CrossSellConfig) -> None:
    (first, *_) = backtest_splits(END - timedelta(days=175), END, HORIZON, config)
    assert len(first.learned) == 1


def test_too_short_a_past_says_how_much_is_needed(config: CrossSellConfig) -> None:
    with pytest.raises(InputError, match="need data over 168 days or more, and there are 167"):
        backtest_splits(END - timedelta(days=167), END, HORIZON, config)
    assert backtest_splits(END - timedelta(days=168), END, HORIZON, config)
