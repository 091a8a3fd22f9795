"""The trees of the models: several boosters that differ by chance alone, averaged into one.

Boosters that see few features and rows at a time differ; their mean is steadier than any of them. LightGBM does
not average boosters, but its text model is one tree after the other, and scores add up: with every leaf divided
by the number of boosters, all trees in one file score the mean.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from training.config import Trees

_TREE = re.compile(r"^Tree=\d+\n(.*?)(?=^Tree=|^end of trees)", re.DOTALL | re.MULTILINE)
_SIZES = re.compile(r"^tree_sizes=.*\n", re.MULTILINE)
_END = "end of trees"


@dataclass(frozen=True)
class Labelled:
    """What trees are fitted on: rows (n, k) with NaN for unknown, and n of everything else."""

    rows: NDArray[np.floating[Any]]
    label: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None
    start: NDArray[np.float64] | None = None
    """Log-odds of another model: the trees learn what is to be added to these."""


def fit_trees(data: Labelled, names: Sequence[str], config: Trees) -> lightgbm.Booster:
    """One booster whose raw score is the mean of `config.boosters` boosters over the features `names` (k,)."""
    dataset = lightgbm.Dataset(
        data.rows,
        data.label,
        weight=data.weight,
        init_score=data.start,
        feature_name=list(names),
        free_raw_data=False,
    )
    return average(
        [
            lightgbm.train(_parameters(config, len(data.label), seed), dataset, config.rounds)
            for seed in range(config.boosters)
        ]
    )


def average(boosters: Sequence[lightgbm.Booster]) -> lightgbm.Booster:
    """One booster that scores, and explains, the mean raw score of boosters over the same features."""
    texts = [_scaled(booster, 1 / len(boosters)).model_to_string() for booster in boosters]
    trees = [tree for text in texts for tree in _TREE.findall(text)]
    head = _SIZES.sub("", texts[0][: texts[0].index("Tree=0\n")])
    body = "".join(f"Tree={number}\n{tree}" for number, tree in enumerate(trees))
    return lightgbm.Booster(model_str=f"{head}{body}{texts[0][texts[0].index(_END) :]}")


def _scaled(booster: lightgbm.Booster, factor: float) -> lightgbm.Booster:
    """A copy of the booster with every leaf multiplied by the factor."""
    copy = lightgbm.Booster(model_str=booster.model_to_string())
    for number, tree in enumerate(copy.dump_model()["tree_info"]):
        for leaf in range(tree["num_leaves"]):
            copy.set_leaf_output(number, leaf, factor * copy.get_leaf_output(number, leaf))
    return copy


def _parameters(config: Trees, rows: int, seed: int) -> dict[str, object]:
    regularisation = config.model_dump(exclude={"boosters", "rounds", "min_share_in_leaf"})
    smallest_leaf = max(1, round(config.min_share_in_leaf * rows))
    fixed = {"objective": "binary", "seed": seed, "deterministic": True, "verbosity": -1}
    return {**fixed, **regularisation, "min_data_in_leaf": smallest_leaf}
