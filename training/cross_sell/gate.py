"""The gate before a cross-sell model serves: better than every baseline, right about sums, broad, no step back."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.arrays import Floats
from training.averages import Key, Origin, replicate
from training.config import CrossSellPromotion
from training.cross_sell.backtest import MODEL, TIFU, Judged
from training.cross_sell.ranking_metrics import ndcg_at_k
from training.cross_sell.spread import COVERAGE, LISTED_KINDS, OFFERED, TOP_ITEM, spread
from training.cross_sell.totals import CALIBRATION_ERROR, PROBABILITY_SUM, totals_by_customer, with_totals
from training.intervals import Interval, Replicates
from training.scores import NOTHING_SHARED, ORIGIN, PEOPLE, PERSON, persons, shared_rows
from training.verdict import CHAMPION, Check, Verdict
from training.wording import spoken, with_span

_FACTS = {ORIGIN, PEOPLE, PERSON}
_NDCG = "ndcg_at_10"
_SHOWABLE = "showable"
"""Share of all items that so many lists of ten can show at most."""


def scores_of(judged: Sequence[Judged]) -> pd.DataFrame:
    """What the gate needs of every customer at every test period, as `scores` keeps it.

    Columns are `model/metric.kind`; what is true of a whole period is the same in all its rows.
    """
    parts = zip(range(len(judged)), judged, persons([each.customers for each in judged]), strict=True)
    return pd.concat(starmap(_rows, parts), ignore_index=True)


def judge(challenger: pd.DataFrame, champion: pd.DataFrame | None, rules: CrossSellPromotion) -> Verdict:
    """Hold a challenger's scores against its baselines, and against the champion's on the same rows.

    A champion that shares no test rows with the challenger cannot be compared and holds it back.
    """
    measured = replicate([_origin(rows) for _, rows in challenger.groupby(ORIGIN)])
    rivals = sorted({model for model, _metric in measured.measured} - {MODEL})
    checks = [
        *_beats_baselines(measured, rivals, rules),
        *_is_calibrated(with_totals(measured), rules),
        *_is_broad(measured, rivals, rules),
    ]
    if champion is not None:
        checks += _is_no_step_back(challenger, champion, rules)
    return Verdict(tuple(checks))


def _beats_baselines(
    measured: Replicates, rivals: Sequence[str], rules: CrossSellPromotion
) -> Iterator[Check]:
    for kind in LISTED_KINDS:
        for rival in rivals:
            gained = measured.difference(MODEL, rival, f"{_NDCG}.{kind}")
            if (kind, rival) == ("all", TIFU):
                yield _not_below(f"NDCG@10 of all purchases than {spoken(rival)}", gained, rules)
            else:
                rule = f"a higher NDCG@10 of {kind} purchases than {spoken(rival)}"
                yield Check(rule, with_span(gained, "+.4f"), gained.low > 0)


def _not_below(what: str, gained: Interval, rules: CrossSellPromotion) -> Check:
    rule = f"at most {rules.max_ndcg_loss} less {what}, and not significantly less"
    holds = gained.estimate >= -rules.max_ndcg_loss and gained.high >= 0
    return Check(rule, with_span(gained, "+.4f"), holds)


def _is_calibrated(totals: Replicates, rules: CrossSellPromotion) -> Iterator[Check]:
    error = totals.mean(MODEL, f"{CALIBRATION_ERROR}.all")
    rule = f"a calibration error of at most {rules.max_calibration_error}, or not significantly more"
    yield Check(rule, with_span(error), error.low <= rules.max_calibration_error)
    total, most = totals.mean(MODEL, f"{PROBABILITY_SUM}.all"), rules.max_probability_surplus
    rule = (
        f"a sum of probabilities within {100 * most:g} % of the purchases among the candidates, "
        "or not significantly farther off"
    )
    yield Check(rule, with_span(total), total.low <= 1 + most and total.high >= 1 - most)


def _is_broad(measured: Replicates, rivals: Sequence[str], rules: CrossSellPromotion) -> Iterator[Check]:
    """What lists show; it is known exactly, so there is nothing to allow for chance."""
    mean = {key: float(values.mean()) for key, values in measured.measured.items()}
    for kind in LISTED_KINDS:
        covered = {name: mean[name, f"{COVERAGE}.{kind}"] for name in (MODEL, *rivals)}
        broadest = max(covered[rival] for rival in rivals)
        floor = max(rules.min_coverage * mean[MODEL, _SHOWABLE], rules.min_coverage_of_baselines * broadest)
        rule = f"lists of {kind} items that show at least {100 * floor:.1f} % of the items"
        found = f"{100 * covered[MODEL]:.1f} %, the broadest baseline {100 * broadest:.1f} %"
        yield Check(rule, found, covered[MODEL] >= floor)
        top = {name: mean[name, f"{TOP_ITEM}.{kind}"] for name in (MODEL, *rivals)}
        least = min(top[rival] for rival in rivals)
        ceiling = rules.max_top_item_over_baselines * least
        rule = f"at most {100 * ceiling:.2f} % of the places in lists of {kind} items for one item"
        found = f"{100 * top[MODEL]:.2f} %, the least concentrated baseline {100 * least:.2f} %"
        yield Check(rule, found, top[MODEL] <= ceiling)


def _is_no_step_back(
    challenger: pd.DataFrame, champion: pd.DataFrame, rules: CrossSellPromotion
) -> list[Check]:
    shared = shared_rows(challenger, champion)
    if not shared:
        return [Check("no step back from the champion on the same rows", NOTHING_SHARED, holds=False)]
    pairs = [_paired(_origin(ours), _origin(theirs)) for ours, theirs in shared]
    measured = replicate(pairs)
    return [
        _not_below(
            f"NDCG@10 of {kind} purchases than the champion on the same rows",
            measured.difference(MODEL, CHAMPION, f"{_NDCG}.{kind}"),
            rules,
        )
        for kind in LISTED_KINDS
    ]


def _rows(number: int, judged: Judged, numbers: NDArray[np.intp]) -> pd.DataFrame:
    facts = {ORIGIN: number, PEOPLE: _digest(judged), PERSON: numbers}
    values: Mapping[Key, Floats | float] = {
        **{
            (model, f"{_NDCG}.{kind}"): ndcg_at_k(lists, judged.targets[kind], OFFERED)
            for kind in LISTED_KINDS
            for model, lists in judged.lists[kind].items()
        },
        **{key: found for key, found in totals_by_customer(judged).items() if key[1].endswith(".all")},
        **spread(judged),
        (MODEL, _SHOWABLE): min(1.0, OFFERED * len(judged.customers) / len(judged.items)),
    }
    return pd.DataFrame(
        {**facts, **{f"{model}/{metric}": found for (model, metric), found in values.items()}}
    )


def _digest(judged: Judged) -> str:
    digest = hashlib.sha256("\n".join([*judged.customers, *judged.items]).encode())
    for kind in LISTED_KINDS:
        customer, item = judged.targets[kind].nonzero()
        order = np.lexsort((item, customer))
        digest.update(np.column_stack([customer, item])[order].astype("<i8").tobytes())
    return digest.hexdigest()


def _origin(rows: pd.DataFrame) -> Origin:
    names = {name: name.split("/") for name in rows.columns if name not in _FACTS}
    values = {(model, metric): rows[name].to_numpy() for name, (model, metric) in names.items()}
    return Origin(rows[PERSON].to_numpy(), values)


def _paired(challenger: Origin, champion: Origin) -> Origin:
    found = {}
    for metric in (f"{_NDCG}.{kind}" for kind in LISTED_KINDS):
        found[MODEL, metric] = challenger.values[MODEL, metric]  # noqa: PD011 - a mapping of our own
        found[CHAMPION, metric] = champion.values[MODEL, metric]  # noqa: PD011 - a mapping of our own
    return Origin(challenger.customer, found)
