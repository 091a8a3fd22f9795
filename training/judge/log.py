"""The decision log as it is read: one Parquet file of decisions with the actions that each could have had."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import InputError

DECISION = "decision_id"
CUSTOMER = "customer_id"
OFFER = "offer_id"
REWARD = "reward"
ACTIONS = "actions"
SELECTION = "selection_probability"
PRIORITY = "priority"
PRICED = (PRIORITY, "probability", "value")
"""What is known of an action's price: money, share, money."""

TERMS = ("discount", "cost")
"""What a redemption and a contact cost, in money."""

NO_OFFER = ""
"""Stands for the null of *no offer*: no offer has an empty id."""

_COLUMNS = (DECISION, CUSTOMER, OFFER, REWARD, ACTIONS)
_ACTION = (OFFER, SELECTION, *PRICED, *TERMS)
_ROUNDING = 1e-6
"""By so much may probabilities that should sum to 1 miss it."""


@dataclass(frozen=True)
class DecisionTables:
    """A decision log that was read: decisions and their actions, both in the order of the file.

    `decisions` has `DECISION` (unique), `CUSTOMER`, `OFFER` (what was chosen) and `REWARD` (money, NaN unknown).
    `actions` has `DECISION`, `OFFER` (once a decision), `SELECTION` (0 to 1, sums to 1 per decision, above 0 for
    what was chosen) and the numbers `PRICED` and `TERMS`, 0 where there are none.
    """

    path: Path
    decisions: pd.DataFrame
    actions: pd.DataFrame


def read_log(path: Path) -> DecisionTables:
    """Read a decision log (docs/decision-log.md).

    Raises `InputError` for no such file, other columns, no decision, a decision or an action that is there twice,
    rewards that are no numbers, and selection probabilities that are missing or are none.
    """
    table = _table(path)
    decisions = table.select([DECISION, CUSTOMER, OFFER, REWARD]).to_pandas()
    decisions = decisions.assign(
        **{OFFER: decisions[OFFER].fillna(NO_OFFER), REWARD: decisions[REWARD].astype(float)}
    )
    log = DecisionTables(path, decisions, _actions(table))
    _check_decisions(log)
    _check_probabilities(log)
    return log


def _table(path: Path) -> pa.Table:
    try:
        schema = pq.read_schema(path)
        missing = [name for name in _COLUMNS if name not in schema.names]
        if not missing:
            fields = schema.field(ACTIONS).type
            inner = [field.name for field in fields.value_type] if pa.types.is_list(fields) else []
            missing = [f"{ACTIONS}.{name}" for name in _ACTION if name not in inner]
        if missing:
            raise InputError(
                f"{path} has no {', no '.join(missing)}: a decision log comes from `python -m serving batch`, "
                "`replay` or `export` (docs/decision-log.md)"
            )
        return pq.read_table(path, columns=list(_COLUMNS))
    except (OSError, pa.ArrowException) as fault:
        raise InputError(
            f"{path} cannot be read as a decision log ({fault}); `python -m serving export` writes one"
        ) from fault


def _actions(table: pa.Table) -> pd.DataFrame:
    """One row an action."""
    actions = table[ACTIONS].combine_chunks()
    whose = pc.take(table[DECISION], pc.list_parent_indices(actions))
    inner = actions.flatten()
    names = pc.fill_null(pc.struct_field(inner, OFFER), NO_OFFER)
    numbers = {name: pc.struct_field(inner, name).to_numpy(zero_copy_only=False) for name in _ACTION[1:]}
    frame = pd.DataFrame({DECISION: whose.to_pandas(), OFFER: names.to_pandas(), **numbers})
    return frame.assign(**{name: frame[name].fillna(0.0) for name in (*PRICED, *TERMS)})


def _check_decisions(log: DecisionTables) -> None:
    decisions = log.decisions
    if decisions.empty:
        raise InputError(f"{log.path} holds no decision: there is nothing to judge")
    twice = decisions[DECISION][decisions[DECISION].duplicated()]
    for name in twice[:1]:
        raise InputError(
            f"{log.path} has the decision {name} twice, {len(twice)} rows too many: keep one row a decision"
        )
    broken = np.isinf(decisions[REWARD])
    if broken.any():
        raise InputError(
            f"{log.path} has {broken.sum()} rewards that are no number: a reward is money or empty where unknown"
        )


def _check_probabilities(log: DecisionTables) -> None:
    """Without the probabilities of the draws there is only the direct method, which is not offered."""
    actions = log.actions
    wrong = actions[DECISION][~actions[SELECTION].between(0, 1) | actions.duplicated([DECISION, OFFER])]
    sums = actions.groupby(DECISION)[SELECTION].sum()
    whole = sums.index[(sums - 1).abs() <= _ROUNDING]
    drawn = log.decisions.merge(actions[actions[SELECTION] > 0], on=[DECISION, OFFER])[DECISION]
    faulty = set(log.decisions[DECISION]) - (set(whole) & set(drawn) - set(wrong))
    if faulty:
        raise InputError(
            f"{log.path} has {len(faulty)} decisions without usable selection probabilities, such as "
            f"{min(faulty)}: each action needs one from 0 to 1, once, they sum to 1, and that of the chosen "
            "action is above 0; without them nothing can be said of another policy"
        )
