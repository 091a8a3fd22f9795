"""The gate before bundles serve: better than every baseline, right about how often, broad, no step back."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from training.averages import Origin, replicate
from training.bundles.backtest import MODEL, PROBABILITY, WITHOUT_CUSTOMER, Judged
from training.config import BundlesPromotion
from training.intervals import Replicates
from training.scores import NOTHING_SHARED, ORIGIN, PEOPLE, PERSON, persons, shared_rows
from training.verdict import CHAMPION, Check, Verdict
from training.wording import spoken, with_span

_FACTS = {ORIGIN, PEOPLE, PERSON}
_HIT_RATE = "hit_rate_at_10"
_COVERAGE = "coverage"


def scores_of(judged: Judged) -> pd.DataFrame:
    """What the gate needs of every test basket, as `scores` keeps it; columns are `model/metric`.

    What is true of all lists together is the same in all rows.
    """
    (person,) = persons([judged.customers])
    hit = {name: (top == judged.hidden.item[:, np.newaxis]).any(axis=1) for name, top in judged.lists.items()}
    values = {f"{name}/{_HIT_RATE}": found.astype(np.float64) for name, found in hit.items()}
    values |= {f"{name}/{_COVERAGE}": np.full(len(person), share) for name, share in judged.coverage.items()}
    values[f"{MODEL}/{PROBABILITY}"] = judged.probability
    facts = {ORIGIN: 0, PEOPLE: _digest(judged), PERSON: person}
    return pd.DataFrame({**facts, **values})


def judge(challenger: pd.DataFrame, champion: pd.DataFrame | None, rules: BundlesPromotion) -> Verdict:
    """Hold a challenger's scores against its baselines, and against the champion's on the same baskets.

    A champion that shares no test baskets with the challenger cannot be compared and holds it back.
    """
    measured = replicate([_origin(challenger)])
    rivals = sorted({model for model, _metric in measured.measured} - {MODEL, WITHOUT_CUSTOMER})
    checks = [
        *(_beats(measured, rival) for rival in rivals),
        _is_right(measured, rules),
        _is_broad(measured, rivals, rules),
        *(() if champion is None else _is_no_step_back(challenger, champion, rules)),
    ]
    return Verdict(tuple(checks))


def _beats(measured: Replicates, rival: str) -> Check:
    gained = measured.difference(MODEL, rival, _HIT_RATE)
    rule = f"a higher hit rate@10 than {spoken(rival)}"
    return Check(rule, with_span(gained, "+.4f"), gained.low > 0)


def _is_right(measured: Replicates, rules: BundlesPromotion) -> Check:
    """The probabilities of the lists add up to their hits."""
    said, found = (measured.mean(MODEL, metric) for metric in (PROBABILITY, _HIT_RATE))
    ratio = said.estimate / found.estimate if found.estimate else np.inf
    most = rules.max_probability_surplus
    rule = f"probabilities of the lists within {100 * most:g} % of their hits"
    return Check(rule, f"{ratio:.3f} x", abs(ratio - 1) <= most)


def _is_broad(measured: Replicates, rivals: list[str], rules: BundlesPromotion) -> Check:
    """What lists show is known exactly, so there is nothing to allow for chance."""
    shown = {name: float(measured.measured[name, _COVERAGE].mean()) for name in (MODEL, *rivals)}
    broadest = max(shown[rival] for rival in rivals)
    floor = rules.min_coverage_of_baselines * broadest
    rule = f"lists that show at least {100 * floor:.1f} % of the items"
    found = f"{100 * shown[MODEL]:.1f} %, the broadest baseline {100 * broadest:.1f} %"
    return Check(rule, found, shown[MODEL] >= floor)


def _is_no_step_back(
    challenger: pd.DataFrame, champion: pd.DataFrame, rules: BundlesPromotion
) -> Iterator[Check]:
    shared = shared_rows(challenger, champion)
    rule = (
        f"a hit rate@10 at most {rules.max_hit_rate_loss} below the champion's, and not significantly below"
    )
    if not shared:
        yield Check(rule, NOTHING_SHARED, holds=False)
        return
    gained = replicate([_paired(*rows) for rows in shared]).difference(MODEL, CHAMPION, _HIT_RATE)
    holds = gained.estimate >= -rules.max_hit_rate_loss and gained.high >= 0
    yield Check(rule, with_span(gained, "+.4f"), holds)


def _digest(judged: Judged) -> str:
    """Two models with the same digest were asked for the same items of the same baskets."""
    digest = hashlib.sha256("\n".join(judged.customers).encode())
    digest.update(judged.hidden.item.astype("<i8").tobytes())
    digest.update(judged.hidden.held.indices.astype("<i8").tobytes())
    return digest.hexdigest()


def _origin(rows: pd.DataFrame) -> Origin:
    names = {name: name.split("/") for name in rows.columns if name not in _FACTS}
    return Origin(
        rows[PERSON].to_numpy(),
        {(model, metric): rows[name].to_numpy() for name, (model, metric) in names.items()},
    )


def _paired(challenger: pd.DataFrame, champion: pd.DataFrame) -> Origin:
    column = f"{MODEL}/{_HIT_RATE}"
    values = {
        (MODEL, _HIT_RATE): challenger[column].to_numpy(),
        (CHAMPION, _HIT_RATE): champion[column].to_numpy(),
    }
    return Origin(challenger[PERSON].to_numpy(), values)
