"""The rule table: every pair, and every longer rule that is not redundant, with all that is known of it."""

from dataclasses import dataclass
from itertools import pairwise
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.baskets import Baskets
from training.arrays import Floats
from training.bundles.counting import Itemsets, itemsets
from training.bundles.productive import productive_p_values
from training.bundles.promotion import Level, adjusted
from training.bundles.relations import Relation
from training.bundles.significance import lift_interval, p_values, q_values
from training.config import BundlesConfig

Codes = NDArray[np.intp]
Counts = NDArray[np.int64]

UNEXPLAINED = ""

LEVEL_LIFTS = {
    Level.SIZE: "size_lift",
    Level.STORE_AND_SEASON: "season_lift",
    Level.PROMOTION: "adjusted_lift",
}


def rule_table(
    baskets: Baskets, together: Counts, within: pd.DataFrame, config: BundlesConfig
) -> pd.DataFrame:
    """One row a directed rule, ordered by antecedent and consequent.

    `together` is what `pair_counts` gives, `within` what `within_customers` does.

    Pairs are in `min_count` baskets or more; longer rules, of up to `max_len` items, too, and are productive.

    - `antecedent` (a tuple of ids, sorted), `consequent`, and the baskets with both, with the one and with the
      other: `count`, `antecedent_count` and `consequent_count`.
    - `support`, `confidence`, `lift`, `leverage`, `conviction` (infinite at a confidence of 1) and `zhang`, as
      mlxtend defines them; `lift_low` and `lift_high`, the 95 % interval.
    - `p_value`, exact, and `q_value`, over all pairs of kept items, or all rules of that length.
    - `size_lift`, `season_lift`, `adjusted_lift`: the lift with basket size, then also store and season, then also
      promotions held fixed (`training.bundles.promotion`), NaN where nothing can be compared. `adjusted_p_value`
      and `adjusted_q_value` belong to the last.
    - `explained`: significant, but no more at some level; `explained_by` is the first such level, empty otherwise.
      All q-values are over the same hypotheses, so that of the rules that are significant and not explained no
      more than `max_q_value` are expected to be false.
    - `within_ratio` (NaN for longer rules and for pairs too rare to test) and `relation`, see
      `training.bundles.relations`. Longer rules are substitutes when any two of their items are, and complements
      when the consequent is one of every item of the antecedent.
    """
    found = itemsets(baskets.table, config.min_count, config.max_len)
    rules = [_pairs(together, config.min_count)]
    rules += [_longer(baskets, *lengths, config.max_q_value) for lengths in pairwise(found[1:])]
    known = [one for one in rules if len(one.consequent)] or rules[:1]
    tables = [_table(baskets, one, within, config.max_q_value) for one in known]
    return pd.concat(tables, ignore_index=True).sort_values(["antecedent", "consequent"], ignore_index=True)


@dataclass(frozen=True)
class _Rules:
    """Rules whose antecedents have equally many items, by codes; (rules,) each but for the first."""

    antecedent: Codes
    """(rules, items) rising in each row."""
    consequent: Codes
    count: Counts
    antecedent_count: Counts
    consequent_count: Counts
    hypotheses: int
    """Rules that kept items could make, seen or not; that every pair counts twice changes no q-value."""

    @property
    def counts(self) -> tuple[Counts, Counts, Counts]:
        return self.count, self.antecedent_count, self.consequent_count


def _pairs(together: Counts, min_count: int) -> _Rules:
    first, second = np.nonzero(together >= min_count)
    first, second = first[first != second], second[first != second]
    single = np.diag(together)
    counts = together[first, second], single[first], single[second]
    return _Rules(first[:, None], second, *counts, hypotheses=_hypotheses(len(single), 2))


def _longer(baskets: Baskets, shorter: Itemsets, longer: Itemsets, max_q_value: float) -> _Rules:
    """The productive rules of the longer itemsets, whose antecedents are all among the shorter ones."""
    items, length = len(baskets.items), longer.items.shape[1]
    hypotheses = _hypotheses(items, length)
    p_value = productive_p_values(baskets.table, longer.items)
    row, place = np.nonzero(q_values(p_value.ravel(), hypotheses).reshape(p_value.shape) <= max_q_value)
    others = np.array([np.delete(np.arange(length), left) for left in range(length)])
    antecedent, consequent = longer.items[row[:, None], others[place]], longer.items[row, place]
    of_shorter = np.searchsorted(_keys(shorter.items, items), _keys(antecedent, items))
    counts = longer.count[row], shorter.count[of_shorter], baskets.counts[consequent]
    return _Rules(antecedent, consequent, *counts, hypotheses)


def _hypotheses(items: int, length: int) -> int:
    return comb(items, length) * length


def _keys(codes: Codes, items: int) -> Counts:
    """(itemsets,) a number for each row of codes, in the order of the rows."""
    return np.asarray(np.ravel_multi_index(tuple(codes.T), (items,) * codes.shape[1]), dtype=np.int64)


def _table(baskets: Baskets, rules: _Rules, within: pd.DataFrame, max_q_value: float) -> pd.DataFrame:
    """All that is told of some rules."""
    total = baskets.table.shape[0]
    names = baskets.items.astype(object)
    table = pd.DataFrame({"antecedent": [tuple(row) for row in names[rules.antecedent].tolist()]})
    table["consequent"] = names[rules.consequent]
    table[["count", "antecedent_count", "consequent_count"]] = np.column_stack(rules.counts)
    table = table.assign(**metrics(*rules.counts, total))
    table["lift_low"], table["lift_high"] = lift_interval(*rules.counts, total)
    table["p_value"] = p_values(*rules.counts, total)
    table["q_value"] = q_values(table["p_value"].to_numpy(), rules.hypotheses)
    table = table.assign(**_held_fixed(baskets, rules, table["q_value"].to_numpy(), max_q_value))
    table["within_ratio"], table["relation"] = _relations(rules, within, len(names))
    return table


def metrics(count: Counts, antecedent: Counts, consequent: Counts, baskets: int) -> dict[str, Floats]:
    """Metrics of a rule from its counts, by mlxtend's definitions and the names of the rule table."""
    support, of_first, of_second = count / baskets, antecedent / baskets, consequent / baskets
    confidence = count / antecedent
    leverage = support - of_first * of_second
    sure = count == antecedent
    room = np.maximum(support * (1 - of_first), of_first * (of_second - support))
    return {
        "support": support,
        "confidence": confidence,
        "lift": confidence / of_second,
        "leverage": leverage,
        "conviction": np.divide(1 - of_second, 1 - confidence, out=np.full(len(sure), np.inf), where=~sure),
        "zhang": np.divide(leverage, room, out=np.zeros(len(room)), where=room > 0),
    }


def _held_fixed(
    baskets: Baskets, rules: _Rules, q_value: Floats, max_q_value: float
) -> dict[str, NDArray[Any]]:
    """Lifts by level, p- and q-value of the last level, and what explains the significant."""
    antecedent, consequent, place = _once(rules)
    lifts: dict[str, NDArray[Any]] = {}
    told: dict[str, NDArray[Any]] = {}
    explained_by = np.full(len(place), UNEXPLAINED, dtype=object)
    for level, name in LEVEL_LIFTS.items():
        found = adjusted(baskets, antecedent, consequent, level)
        p_value = found.p_value[place]
        told = {"adjusted_p_value": p_value, "adjusted_q_value": q_values(p_value, rules.hypotheses)}
        lifts[name] = found.lift[place]
        explained_by[(told["adjusted_q_value"] > max_q_value) & (explained_by == UNEXPLAINED)] = str(level)
    explained_by[q_value > max_q_value] = UNEXPLAINED
    explained = explained_by != UNEXPLAINED
    return {**lifts, **told, "explained": explained, "explained_by": explained_by}


def _once(rules: _Rules) -> tuple[Codes, Codes, Codes]:
    """Antecedents and consequents to compare, and the place of each rule among them.

    Both rules of a pair are compared as one, that of the rarer item.
    """
    if rules.antecedent.shape[1] > 1:
        return rules.antecedent, rules.consequent, np.arange(len(rules.consequent))
    both = np.column_stack([rules.antecedent, rules.consequent])
    swap = (rules.antecedent_count > rules.consequent_count) | (
        (rules.antecedent_count == rules.consequent_count) & (both[:, 0] > both[:, 1])
    )
    both[swap] = both[swap, ::-1]
    distinct, place = np.unique(both, axis=0, return_inverse=True)
    return distinct[:, :1], distinct[:, 1], place


def _relations(rules: _Rules, within: pd.DataFrame, items: int) -> tuple[Floats, NDArray[Any]]:
    """Ratio within customers (of pairs) and relation of each rule."""
    ratio, relation = np.full((items, items), np.nan), np.full((items, items), None, dtype=object)
    for one, other in (("first", "second"), ("second", "first")):
        ratio[within[one], within[other]] = within["within_ratio"]
        relation[within[one], within[other]] = within["relation"]
    antecedent, consequent = rules.antecedent, rules.consequent[:, None]
    every = np.concatenate([antecedent, consequent], axis=1)
    pairs = np.triu_indices(every.shape[1], 1)
    barred = (relation[every[:, pairs[0]], every[:, pairs[1]]] == Relation.SUBSTITUTE).any(axis=1)
    together = (relation[antecedent, consequent] == Relation.COMPLEMENT).all(axis=1)
    told = np.select([barred, together], [Relation.SUBSTITUTE, Relation.COMPLEMENT], Relation.INDEPENDENT)
    single = antecedent.shape[1] == 1
    return ratio[antecedent[:, 0], rules.consequent] if single else np.full(len(every), np.nan), told
