"""What one cross-sell training run found out, measured once and ready to be shown in any form."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from features.pairs import PairSet
from features.workspace import Workspace
from training.arrays import Floats
from training.averages import Key, Origin, replicate
from training.cross_sell.backtest import METRICS, MODEL, Backtest
from training.cross_sell.examples import Examples
from training.cross_sell.model import CrossSellModel
from training.cross_sell.periods import KINDS
from training.cross_sell.spread import COVERAGE, LISTED_KINDS, TOP_ITEM, spread
from training.cross_sell.totals import totals_by_customer, with_totals
from training.intervals import Interval, Replicates

_EXPLAINED = 3_000


@dataclass(frozen=True)
class Findings:
    """Everything that one training run found out."""

    workspace: Workspace
    pairs: PairSet
    examples: tuple[Examples, ...]
    """What the served model has learnt from."""
    model: CrossSellModel
    """The served model: fitted on every label that the data completes."""
    backtest: Backtest
    labelled_through: datetime

    @property
    def baselines(self) -> list[str]:
        """Everybody who was judged but the model."""
        return [name for name in self.backtest.models if name != MODEL]

    @cached_property
    def metrics(self) -> dict[str, dict[str, Interval]]:
        """By model or baseline, then by `metric.kind`: the mean over test periods."""
        names = [f"{metric}.{kind}" for metric in METRICS for kind in KINDS]
        return {
            model: {name: self.backtest.replicates.mean(model, name) for name in names}
            for model in self.backtest.models
        }

    @cached_property
    def ratios(self) -> dict[str, dict[str, Interval]]:
        """By baseline, then by `metric.kind`: the model's mean over that one's, paired."""
        return {
            rival: {name: self.backtest.replicates.ratio(MODEL, rival, name) for name in self.metrics[rival]}
            for rival in self.baselines
        }

    @cached_property
    def totals(self) -> Replicates:
        """The model's ratios of totals by `metric.kind`; see `totals`."""
        origins = [Origin(each.customers, totals_by_customer(each)) for each in self.backtest.judged]
        return with_totals(replicate(origins))

    @cached_property
    def source_recall(self) -> dict[str, dict[str, float]]:
        """By source of candidates, then by kind: the share of the purchases that it reaches, mean over periods."""
        by_period = [judged.candidate_recall for judged in self.backtest.judged]
        return {
            source: {kind: float(np.mean([one[source][kind] for one in by_period])) for kind in KINDS}
            for source in by_period[0]
            if source != "all"
        }

    @property
    def candidates_per_customer(self) -> float:
        """Mean over test periods."""
        return float(np.mean([judged.candidates_per_customer for judged in self.backtest.judged]))

    @cached_property
    def coverage(self) -> dict[str, dict[str, float]]:
        """By kind of lists of ten, then by model: the share of all items that are in any of them."""
        return self._spread(COVERAGE)

    @cached_property
    def concentration(self) -> dict[str, dict[str, float]]:
        """By kind of lists of ten, then by model: the share of all places that the most listed item takes."""
        return self._spread(TOP_ITEM)

    @cached_property
    def contributions(self) -> Floats:
        """(n, k) what each feature adds to the log-odds, exactly, for candidates of the newest period."""
        newest = self.backtest.judged[-1]
        picked = np.random.default_rng(0).permutation(len(newest.rows))[:_EXPLAINED]
        return newest.model.score.contributions(newest.rows[picked])

    @cached_property
    def _by_period(self) -> list[dict[Key, float]]:
        return [spread(judged) for judged in self.backtest.judged]

    def _spread(self, metric: str) -> dict[str, dict[str, float]]:
        """By kind of lists, then by model: the mean over test periods."""
        return {
            kind: {
                model: float(np.mean([found[model, f"{metric}.{kind}"] for found in self._by_period]))
                for model in self.backtest.models
            }
            for kind in LISTED_KINDS
        }
