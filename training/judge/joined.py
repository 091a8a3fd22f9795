"""Two decision logs of the same occasions side by side: what was done and earned, and what would be done."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import InputError
from training.arrays import Floats
from training.judge.estimators import Logged
from training.judge.log import (
    CUSTOMER,
    DECISION,
    OFFER,
    PRICED,
    PRIORITY,
    REWARD,
    SELECTION,
    TERMS,
    DecisionTables,
)

_ROUNDING = 1e-9
"""Of money: by less, two prices are the same."""

_PLACE = "place"
_LOGGED = "_logged"
_JUDGED = "_judged"


@dataclass(frozen=True)
class LeftOut:
    """Decisions that take no part."""

    only_logged: int
    only_judged: int
    without_reward: int


@dataclass(frozen=True)
class Joined:
    """n occasions of both logs in the order of their ids, and the m actions that either log has for them."""

    logged: Logged
    offer: NDArray[np.str_]
    """(m,) texts: the action of each pair, `NO_OFFER` for none."""
    priced: Floats
    """(m, 3) priority, probability and value as the logging policy saw them, else as the judged one does."""
    judged: Floats
    """(m,) the probability with which the judged policy takes the action."""
    priority: Floats
    """(m,) the judged policy's priority in money, NaN for what it does not consider."""
    left_out: LeftOut


def join(logged: DecisionTables, judged: DecisionTables) -> Joined:
    """Join on the decision id, which names the occasion whatever was decided there.

    Occasions of one log only and those without a reward are left out and counted. Raises `InputError` when no
    occasion with a reward is left, when one id is of two customers, and when an offer has other terms in each log.
    """
    rewarded = logged.decisions[logged.decisions[REWARD].notna()]
    if rewarded.empty:
        raise InputError(
            f"{logged.path} has no reward: `python -m serving export` writes what decisions brought; name its "
            "file with --logged"
        )
    shared = rewarded.merge(judged.decisions[[DECISION, CUSTOMER]], on=DECISION, suffixes=("", _JUDGED))
    shared = shared.sort_values(DECISION, ignore_index=True)
    _check_shared(shared, logged, judged)
    pairs = _pairs(shared, logged, judged)
    _check_terms(pairs, logged, judged)
    both = int(judged.decisions[DECISION].isin(logged.decisions[DECISION]).sum())
    left_out = LeftOut(len(logged.decisions) - both, len(judged.decisions) - both, both - len(shared))
    return _joined(shared, pairs, left_out)


def _check_shared(shared: pd.DataFrame, logged: DecisionTables, judged: DecisionTables) -> None:
    if shared.empty:
        raise InputError(
            f"{judged.path} and {logged.path} have no decision with a reward in common: replay the days, the "
            "channel and the placement of the logged decisions"
        )
    for name in shared[DECISION][shared[CUSTOMER] != shared[CUSTOMER + _JUDGED]][:1]:
        raise InputError(
            f"the decision {name} is of one customer in {logged.path} and of another in {judged.path}: both must "
            "be written with the same secret"
        )


def _pairs(shared: pd.DataFrame, logged: DecisionTables, judged: DecisionTables) -> pd.DataFrame:
    """One row for each action that either log has, by decision and then by offer."""
    places = pd.Index(shared[DECISION])
    sides: list[pd.DataFrame] = []
    for log in (logged, judged):
        place = places.get_indexer(log.actions[DECISION])
        sides.append(log.actions.drop(columns=DECISION).assign(**{_PLACE: place})[place >= 0])
    return sides[0].merge(sides[1], on=[_PLACE, OFFER], how="outer", suffixes=(_LOGGED, _JUDGED), sort=True)


def _check_terms(pairs: pd.DataFrame, logged: DecisionTables, judged: DecisionTables) -> None:
    """What an offer brought tells of that offer only as long as a contact and a redemption cost the same."""
    for name in TERMS:
        terms = [name + _LOGGED, name + _JUDGED]
        differ = (pairs[terms[0]] - pairs[terms[1]]).abs() > _ROUNDING
        for offer, before, now in pairs.loc[differ, [OFFER, *terms]].to_numpy()[:1]:
            raise InputError(
                f"the offer {offer} has a {name} of {before:g} in {logged.path} and of {now:g} in {judged.path}: "
                "what it brought tells of its old terms; give a changed offer a new id"
            )


def _joined(shared: pd.DataFrame, pairs: pd.DataFrame, left_out: LeftOut) -> Joined:
    place, offer = pairs[_PLACE].to_numpy(), pairs[OFFER].to_numpy(dtype=str)
    chosen = shared[OFFER].to_numpy(dtype=str)
    logged = Logged(
        customer=np.unique(shared[CUSTOMER].to_numpy(dtype=str), return_inverse=True)[1],
        reward=shared[REWARD].to_numpy(),
        taken=np.flatnonzero(offer == chosen[place]),
        decision=place,
        propensity=pairs[SELECTION + _LOGGED].fillna(0.0).to_numpy(),
    )
    seen = [pairs[name + _LOGGED].fillna(pairs[name + _JUDGED]) for name in PRICED]
    judged = pairs[SELECTION + _JUDGED].fillna(0.0).to_numpy()
    return Joined(
        logged, offer, np.column_stack(seen), judged, pairs[PRIORITY + _JUDGED].to_numpy(), left_out
    )
