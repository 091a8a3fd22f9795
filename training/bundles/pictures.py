"""Which pictures a run over baskets leaves."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from training.bundles import plots
from training.bundles.explanation import taken
from training.bundles.findings import Findings
from training.bundles.network import Edge, Node, rule_network
from training.drawing import literal
from training.intervals import Interval

METRICS = {"hit rate": "hit_rate_at_", "MRR": "mrr_at_"}
"""Beginnings of the names of metrics of lists, by what the pictures call them."""

_ITEMS, _LINKS, _SUBSTITUTES, _PACKAGES = 25, 40, 15, 6


def pictures(findings: Findings) -> dict[str, Figure]:
    """Every picture of the run that has something to show, by name."""
    return dict(_drawn(findings))


def _drawn(findings: Findings) -> Iterator[tuple[str, Figure]]:
    yield "quality", plots.quality(_quality(findings))
    significant = _significant(findings)
    if len(_evidence(findings)):
        yield "associations", plots.associations(_matrix(findings))
    if len(significant):
        yield (
            "promotion",
            plots.promotion(
                significant["lift"].to_numpy(),
                significant["adjusted_lift"].to_numpy(),
                significant["explained_by"].tolist(),
                [f"{first} + {second}" for first, second in _names(findings, significant)],
            ),
        )
    if len(findings.complements):
        yield "rule_network", _network(findings)
    substitutes = findings.mined.substitutes.head(_SUBSTITUTES)
    if len(substitutes):
        names = zip(substitutes["first"], substitutes["second"], strict=True)
        yield (
            "substitutes",
            plots.substitutes(
                substitutes["count"].to_numpy(dtype=np.float64),
                substitutes["expected_within"].to_numpy(),
                [f"{_name(findings, first)} or {_name(findings, second)}" for first, second in names],
            ),
        )
    if findings.packages:
        yield "extra_margin", _extra_margin(findings)


def _quality(findings: Findings) -> dict[str, dict[str, dict[str, Interval]]]:
    return {
        name: {
            f"@{k}": {who: values[f"{start}{k}"] for who, values in findings.metrics.items()} for k in (5, 10)
        }
        for name, start in METRICS.items()
    }


def _significant(findings: Findings) -> pd.DataFrame:
    """Pairs that are significant when nothing is held fixed, first those from which promotions take most lift."""
    pairs = findings.pairs
    found = pairs[(pairs["q_value"] <= findings.mined.max_q_value) & (pairs["lift"] > 1)]
    return found.loc[taken(found).index]


def _evidence(findings: Findings) -> pd.DataFrame:
    """Pairs that are evidence."""
    return findings.pairs[findings.pairs.index.isin(findings.mined.evidence.index)]


def _names(findings: Findings, pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for antecedent, consequent in zip(pairs["antecedent"], pairs["consequent"], strict=True):
        yield _name(findings, antecedent[0]), _name(findings, consequent)


def _matrix(findings: Findings) -> plots.Matrix:
    """The adjusted lifts between the items of most pairs that are evidence."""
    ends = _ends(_evidence(findings))
    often = pd.concat([ends["first"], ends["second"]]).value_counts().rename_axis("item").reset_index()
    items = often.sort_values(["count", "item"], ascending=[False, True])["item"].head(_ITEMS).tolist()
    items.sort(key=lambda item: (_parent(findings, item), _name(findings, item), item))
    told = _ends(findings.pairs).pivot_table(index="first", columns="second", values="adjusted_lift")
    half = told.reindex(index=items, columns=items).to_numpy()
    lift = np.where(np.isnan(half), half.T, half)
    names, groups = [_name(findings, item) for item in items], [_parent(findings, item) for item in items]
    return plots.Matrix(names, groups, lift)


def _ends(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs.assign(first=[items[0] for items in pairs["antecedent"]], second=pairs["consequent"])


def _network(findings: Findings) -> Figure:
    strongest = _ends(findings.complements.head(_LINKS))
    edges = [
        Edge(*told)
        for told in zip(strongest["first"], strongest["second"], strongest["adjusted_lift"], strict=True)
    ]
    nodes = {
        item: Node(_name(findings, item), _parent(findings, item), int(count))
        for item, count in zip(findings.mined.baskets.items.tolist(), findings.counts, strict=True)
    }
    return rule_network(nodes, edges)


def _extra_margin(findings: Findings) -> Figure:
    offers = [
        plots.Offer(
            " + ".join(_name(findings, item) for item in one.items),
            one.persuadable * one.won_per_basket,
            one.given_away,
        )
        for one in findings.packages[:_PACKAGES]
    ]
    return plots.extra_margin(offers, findings.assumed.uptake, findings.workspace.dataset.currency)


def _name(findings: Findings, item: str) -> str:
    return literal(findings.name(item))


def _parent(findings: Findings, item: str) -> str:
    return literal(findings.parent(item))
