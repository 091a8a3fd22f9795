"""The gate that a challenger passes before it serves: better than the baselines, calibrated, no step back."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import starmap

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.churn.backtest import LINEAR, MODEL, TREES
from training.churn.bootstrap import Origin, replicate
from training.config import ChurnPromotion
from training.intervals import Replicates
from training.scores import NOTHING_SHARED, ORIGIN, PEOPLE, PERSON, persons, shared_rows
from training.verdict import CHAMPION, Check, Verdict
from training.wording import with_span

_LABEL, _PROBABILITY = "label", "probability."
_FACTS = {ORIGIN, PEOPLE, PERSON, _LABEL}
_CHANCE = 0.5
_PARTS = {MODEL, TREES, LINEAR}


def scores_of(origins: Sequence[Origin]) -> pd.DataFrame:
    """Every test row of all origins as `scores` keeps them, with its label and each score."""
    parts = zip(range(len(origins)), origins, persons([each.customer for each in origins]), strict=True)
    return pd.concat(starmap(_rows, parts), ignore_index=True)


def judge(challenger: pd.DataFrame, champion: pd.DataFrame | None, rules: ChurnPromotion) -> Verdict:
    """Hold a challenger's test scores against its baselines, and against the champion's on the same rows.

    A champion that shares no test rows with the challenger cannot be compared and holds it back.
    """
    origins = [_origin(rows) for _, rows in challenger.groupby(ORIGIN)]
    measured = replicate(origins)
    checks = [
        _beats_chance(measured),
        *_beats_baselines(measured, origins[0]),
        _is_calibrated(measured, rules),
    ]
    if champion is not None:
        checks.append(_is_no_step_back(challenger, champion, rules))
    return Verdict(tuple(checks))


def _beats_chance(measured: Replicates) -> Check:
    """A plain table of customers has no baselines; this is asked of every model."""
    found = measured.mean(MODEL, "auc")
    return Check(f"an AUC above {_CHANCE}", with_span(found), found.low > _CHANCE)


def _beats_baselines(measured: Replicates, origin: Origin) -> Iterator[Check]:
    for rival in sorted(({*origin.probabilities, *origin.ranks}) - _PARTS):
        gained = measured.difference(MODEL, rival, "auc")
        yield Check(f"a higher AUC than {rival}", with_span(gained, "+.4f"), gained.low > 0)


def _is_calibrated(measured: Replicates, rules: ChurnPromotion) -> Check:
    error = measured.mean(MODEL, "calibration_error")
    rule = f"a calibration error of at most {rules.max_calibration_error}, or not significantly more"
    return Check(rule, with_span(error), error.low <= rules.max_calibration_error)


def _is_no_step_back(challenger: pd.DataFrame, champion: pd.DataFrame, rules: ChurnPromotion) -> Check:
    rule = f"at most {rules.max_auc_loss} AUC below the champion on the same rows, and not significantly so"
    shared = shared_rows(challenger, champion)
    if not shared:
        return Check(rule, NOTHING_SHARED, holds=False)
    pairs = [_paired(_origin(ours), _origin(theirs)) for ours, theirs in shared]
    gained = replicate(pairs).difference(MODEL, CHAMPION, "auc")
    return Check(rule, with_span(gained, "+.4f"), gained.estimate >= -rules.max_auc_loss and gained.high >= 0)


def _rows(number: int, origin: Origin, numbers: NDArray[np.intp]) -> pd.DataFrame:
    facts = {ORIGIN: number, PEOPLE: _digest(origin), PERSON: numbers, _LABEL: origin.label}
    scores = {f"{_PROBABILITY}{name}": values for name, values in origin.probabilities.items()}
    return pd.DataFrame({**facts, **scores, **origin.ranks})


def _digest(origin: Origin) -> str:
    rows = [*map(str, origin.customer), str(origin.label.tolist())]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def _origin(rows: pd.DataFrame) -> Origin:
    scores = {name: rows[name].to_numpy() for name in rows.columns if name not in _FACTS}
    ranks = {name: score for name, score in scores.items() if not name.startswith(_PROBABILITY)}
    calibrated = {name.removeprefix(_PROBABILITY): scores[name] for name in scores.keys() - ranks.keys()}
    return Origin(rows[PERSON].to_numpy(), rows[_LABEL].to_numpy(), calibrated, ranks)


def _paired(challenger: Origin, champion: Origin) -> Origin:
    ranks = {MODEL: challenger.probabilities[MODEL], CHAMPION: champion.probabilities[MODEL]}
    return Origin(challenger.customer, challenger.label, {}, ranks)
