"""The cross-sell road from a workspace to a registered version: propose, judge, fit, explain, register."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from features.columns import Column
from features.dataset import CrossSell
from features.item_level import PARENT, catalogue
from features.moments import data_period
from features.pairs import PairSet, pair_set
from features.workspace import Workspace
from training.config import CrossSellConfig
from training.cross_sell.backtest import Backtest, Judged, compared, judge, tuned_tifu
from training.cross_sell.examples import Examples, draw_examples
from training.cross_sell.model import CrossSellModel, fit_cross_sell
from training.cross_sell.periods import period
from training.cross_sell.split import Split, backtest_splits, served_split

CROSS_SELL = "cross_sell"
_Step = TypeVar("_Step")
Progress = Callable[[Sequence[_Step]], Iterable[_Step]]
"""Wraps steps to show how far the work is."""


@dataclass(frozen=True)
class Findings:
    """Everything that one training run found out, ready to be shown in any form."""

    workspace: Workspace
    pairs: PairSet
    examples: tuple[Examples, ...]
    """What the served model has learnt from."""
    model: CrossSellModel
    """The served model: fitted on every label that the data completes."""
    backtest: Backtest
    labelled_through: datetime


def train_cross_sell(
    workspace: Workspace,
    cross_sell: CrossSell,
    config: CrossSellConfig,
    watch_examples: Progress[datetime] = iter,
    watch_backtest: Progress[Split] = iter,
) -> Findings:
    """Backtest the model against its baselines, then fit it on everything that is labelled.

    Raises `InputError` when the items table cannot give the item level, for too short a history, and when hardly
    anything is bought.
    """
    pairs = pair_set(workspace.tables, cross_sell)
    horizon, (start, end) = (
        timedelta(days=cross_sell.horizon_days),
        data_period(workspace.tables, workspace.dataset),
    )
    splits = backtest_splits(start, end, horizon, config)
    served = served_split(start, end, horizon, config)
    parents = _parents(workspace, cross_sell)
    moments = sorted({moment for split in (*splits, served) for moment in split.learned})
    learned = {
        moment: draw_examples(period(workspace.tables, pairs, moment), parents, config.most_rows)
        for moment in watch_examples(moments)
    }
    tifu = tuned_tifu(period(workspace.tables, pairs, splits[0].learned[-1]))

    def judged(split: Split) -> Judged:
        model = fit_cross_sell([learned[moment] for moment in split.learned], pairs.names, horizon, config)
        return judge(period(workspace.tables, pairs, split.origin), parents, model, tifu)

    backtest = compared([judged(split) for split in watch_backtest(splits)], tifu)
    examples = tuple(learned[moment] for moment in served.learned)
    model = fit_cross_sell(examples, pairs.names, horizon, config)
    return Findings(workspace, pairs, examples, model, backtest, end)


def _parents(workspace: Workspace, cross_sell: CrossSell) -> dict[str, str]:
    """The category of each item that has one."""
    if workspace.tables.items is None:
        return {}
    rows = catalogue(workspace.tables.items, cross_sell.item_level).to_pyarrow()
    return dict(zip(rows[Column.ITEM].to_pylist(), rows[PARENT].to_pylist(), strict=True))
