"""The rolling-origin backtest: model and baselines, judged on horizons that none of them had seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.interactions import Codes
from features.lists import Lists, best_items
from training.arrays import Floats
from training.averages import Origin, replicate
from training.cross_sell.baselines import Scorer, baselines
from training.cross_sell.model import CrossSellModel
from training.cross_sell.periods import KINDS, Period
from training.cross_sell.ranking_metrics import hit_rate_at_k, ndcg_at_k, recall_at_k
from training.cross_sell.score import NEW, REPEAT
from training.cross_sell.tifu_knn import TifuKnn, tune
from training.intervals import Replicates

MODEL = "model"
TIFU = "tifu_knn"
LISTED = 20
"""Items in a list; metrics look at its first 10 and at all of it."""

METRICS: Mapping[str, Callable[[Lists, csr_array], Floats]] = MappingProxyType(
    {
        "ndcg_at_10": lambda top, truth: ndcg_at_k(top, truth, 10),
        "recall_at_10": lambda top, truth: recall_at_k(top, truth, 10),
        "hit_rate_at_10": lambda top, truth: hit_rate_at_k(top, truth, 10),
        "recall_at_20": lambda top, truth: recall_at_k(top, truth, 20),
    }
)
"""Metrics of lists by name; `metric.kind` is the same for one kind of purchases."""

_BLOCK = 256
_EVERY = 50
_TUNED_ON = 1_000


@dataclass(frozen=True)
class Judged:
    """One test period: the lists that everybody gave, and what was bought."""

    as_of: datetime
    customers: NDArray[np.str_]
    items: NDArray[np.str_]
    lists: Mapping[str, Mapping[str, Lists]]
    """By kind, then by model."""
    targets: Mapping[str, csr_array]
    """(customers, items) what was bought, by kind."""
    candidate_recall: Mapping[str, Mapping[str, float]]
    """Share of the purchases that are among the candidates, by source (`all` of them together), then by kind."""
    candidates_per_customer: float
    unforeseen: int
    """Purchases that nothing before could point to: an item or a customer without any history."""
    customer: NDArray[np.int32]
    """(n,) places in `customers` of those whom every candidate is proposed to."""
    probability: Floats
    """(n,) of every candidate."""
    label: Floats
    """(n,) 1.0 for candidates that were bought."""
    repeat: NDArray[np.bool_]
    """(n,) candidates that are repeat purchases."""
    model: CrossSellModel
    rows: Floats
    """(m, k) features of some of the candidates, for the pictures."""


@dataclass(frozen=True)
class Backtest:
    """What everybody said about every test period, and how right they were."""

    judged: tuple[Judged, ...]
    replicates: Replicates
    """By model and by `metric.kind`."""
    tifu: TifuKnn
    """The parameters that its tuning chose."""

    @property
    def models(self) -> list[str]:
        """Everybody who was judged, the model first."""
        return list(self.judged[0].lists["all"])


def tuned_tifu(period: Period, customers: Codes | None = None) -> TifuKnn:
    """TIFU-kNN with the parameters that rank all purchases of a validation period best.

    Judged by 1,000 of the `customers` (codes; by default all), drawn by a fixed seed.
    """
    among = np.arange(len(period.snapshot.customers)) if customers is None else customers
    rows = np.random.default_rng(0).permutation(among)[:_TUNED_ON]
    truth = period.truth[rows]
    return tune(
        period.snapshot.lines,
        lambda scorer: float(np.nanmean(ndcg_at_k(_listed(scorer, rows, period, "all", 10), truth, 10))),
    )


def judge(period: Period, parents: Mapping[str, str], model: CrossSellModel, tifu: TifuKnn) -> Judged:
    """Hold the model's lists and those of every baseline against what was bought."""
    candidates, lines = _candidates(period, parents, model), period.snapshot.lines
    rivals = {**baselines(), TIFU: tifu}
    scorers = {
        MODEL: _scorer(candidates, lines.shape),
        **{name: rival.fit(lines) for name, rival in rivals.items()},
    }
    rows = np.arange(len(lines.customers))
    lists = {
        kind: {name: _listed(scorer, rows, period, kind, LISTED) for name, scorer in scorers.items()}
        for kind in KINDS
    }
    targets = {kind: period.targets(kind) for kind in KINDS}
    return Judged(
        period.snapshot.as_of,
        period.snapshot.customers,
        period.snapshot.items,
        lists,
        targets,
        _candidate_recall(period, candidates, targets),
        len(candidates.label) / max(1, len(rows)),
        period.unforeseen,
        candidates.customer,
        candidates.probability,
        candidates.label,
        candidates.repeat,
        model,
        candidates.sample,
    )


def compared(judged: Sequence[Judged], tifu: TifuKnn) -> Backtest:
    """The backtest over all test periods, with its bootstrap over customers."""
    return Backtest(tuple(judged), replicate([_origin(each) for each in judged]), tifu)


@dataclass(frozen=True)
class _Candidates:
    """All candidates of a period, with what the model says and what became of them; arrays are (n,)."""

    customer: NDArray[np.int32]
    item: NDArray[np.int32]
    proposed: NDArray[np.int64]
    probability: Floats
    label: Floats
    repeat: NDArray[np.bool_]
    sample: Floats


def _candidates(period: Period, parents: Mapping[str, str], model: CrossSellModel) -> _Candidates:
    of_item = period.parents(parents)
    parts = [
        (
            b.customer,
            b.item,
            b.proposed,
            model.probability(b.values, of_item[b.item]),
            period.bought(b),
            b.values[::_EVERY],
        )
        for b in period.snapshot.blocks()
    ]
    customer, item, proposed, probability, label, sample = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    repeat = period.repeat[customer, item] > 0
    return _Candidates(customer, item, proposed, probability, label, repeat, sample)


def _scorer(candidates: _Candidates, shape: tuple[int, int]) -> Scorer:
    """The model as a scorer of all items: what is no candidate is never listed."""
    above_zero = 1.0 + candidates.probability
    table = csr_array((above_zero, (candidates.customer, candidates.item)), shape=shape)

    def score(rows: NDArray[np.integer[Any]]) -> Floats:
        found = table[rows].toarray()
        return np.where(found > 0, found, -np.inf)

    return score


def _listed(scorer: Scorer, rows: NDArray[np.intp], period: Period, kind: str, k: int) -> Lists:
    """(rows, k) lists of one kind for these customers."""
    blocks = [rows[start : start + _BLOCK] for start in range(0, len(rows), _BLOCK)]
    return np.concatenate([best_items(scorer(block), period.allowed(kind, block), k) for block in blocks])


def _candidate_recall(
    period: Period, candidates: _Candidates, targets: Mapping[str, csr_array]
) -> dict[str, dict[str, float]]:
    names = [source.name for source in period.snapshot.sources if source.proposes]
    bits = {source.name: 1 << place for place, source in enumerate(period.snapshot.sources)}
    chosen = {
        "all": candidates.proposed > 0,
        **{name: (candidates.proposed & bits[name]) > 0 for name in names},
    }
    of_kind = {"all": candidates.label > 0, REPEAT: candidates.repeat, NEW: ~candidates.repeat}
    return {
        name: {
            kind: float((candidates.label * rows * of_kind[kind]).sum() / max(1.0, targets[kind].sum()))
            for kind in KINDS
        }
        for name, rows in chosen.items()
    }


def _origin(judged: Judged) -> Origin:
    values = {
        (name, f"{metric}.{kind}"): measure(top, judged.targets[kind])
        for kind, by_model in judged.lists.items()
        for name, top in by_model.items()
        for metric, measure in METRICS.items()
    }
    return Origin(judged.customers, values)
