"""Which pictures a training run leaves."""

import numpy as np
from matplotlib.figure import Figure

from training.arrays import Floats
from training.cross_sell import plots
from training.cross_sell.backtest import LISTED, MODEL
from training.cross_sell.findings import Findings
from training.cross_sell.periods import KINDS
from training.cross_sell.ranking_metrics import recall_at_k
from training.cross_sell.score import NEW, REPEAT
from training.cross_sell.spread import LISTED_KINDS
from training.cross_sell.totals import CALIBRATION_ERROR
from training.drawing import importance
from training.wording import plain


def pictures(findings: Findings) -> dict[str, Figure]:
    """Every picture of the run, by name."""
    error = findings.totals.mean(MODEL, f"{CALIBRATION_ERROR}.all").estimate
    words = [plain(feature.words) for feature in findings.pairs.features]
    ndcg = {
        kind: {name: values[f"ndcg_at_10.{kind}"] for name, values in findings.metrics.items()}
        for kind in KINDS
    }
    return {
        "recall_by_k": plots.recall_by_k(_curves(findings)),
        "repeat_against_new": plots.repeat_against_new(ndcg),
        "calibration": plots.calibration(_of_kinds(findings), error),
        "coverage": plots.coverage(findings.coverage),
        "top_item_share": plots.top_item_share(findings.concentration),
        "importance": importance(
            findings.contributions,
            words,
            "Moves the probability most",
            "average change of the log-odds of a purchase, up or down",
        ),
    }


def _curves(findings: Findings) -> dict[str, dict[str, Floats]]:
    """Recall of lists of one item, two, ..., by kind and model: the mean over customers, then over periods."""
    return {
        kind: {name: _curve(findings, kind, name) for name in findings.backtest.models}
        for kind in LISTED_KINDS
    }


def _curve(findings: Findings, kind: str, name: str) -> Floats:
    lengths = range(1, LISTED + 1)
    by_period = [
        [np.nanmean(recall_at_k(each.lists[kind][name], each.targets[kind], k)) for k in lengths]
        for each in findings.backtest.judged
    ]
    return np.asarray(np.mean(by_period, axis=0))


def _of_kinds(findings: Findings) -> dict[str, tuple[Floats, Floats]]:
    """Labels and probabilities of the candidates of all test periods, by kind."""
    label, probability, repeat = (
        np.concatenate([getattr(each, part) for each in findings.backtest.judged])
        for part in ("label", "probability", "repeat")
    )
    return {kind: (label[rows], probability[rows]) for kind, rows in ((REPEAT, repeat), (NEW, ~repeat))}
