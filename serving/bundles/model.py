"""The bundle model in the service: how probably each item is what a basket lacks, in one thread.

The formula (docs/artifact.md): an item-item linear model of baskets (EASE, Steck 2019) and the customer's own
shares give a score, a conditional logit (McFadden 1974) over the scores' logarithms the probability.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.bundles.artifact import BundlesArtifact, Description, GoldenBaskets, Item, read_artifact
from serving.bundles.rules import Codes, Rules
from serving.scoring.arrays import Flags, Floats
from serving.scoring.artifact import ModelError

GOLDEN_TOLERANCE = 1e-6
"""The weights are float32, and their sums depend on the order."""


@dataclass(frozen=True)
class Scores:
    """Of every item beside a basket, shape (items,) each."""

    score: Floats
    """Higher is likelier."""
    probability: Floats
    """That the item is the one which the basket lacks: adds up to 1, 0 for what the basket holds."""


class BundleModel:
    """Scores every item for a basket: codes of different items, any number of them; shapes are (items,)."""

    def __init__(self, artifact: BundlesArtifact) -> None:
        described, items = artifact.description, artifact.items
        self.description: Description = described
        self.items: tuple[Item, ...] = items
        self.rules = Rules(artifact.rules, len(items), described.evidence.max_q_value)
        self._margins: Floats = np.array([item.margin for item in items], dtype=np.float64)
        self.by_margin = bool((self._margins > 0).all())
        """Whether every item has a margin, so that what it is expected to earn ranks it."""
        self._popularity: Floats = np.array([item.count for item in items]) / described.baskets
        self._weights = np.ascontiguousarray(artifact.weights)
        self._substitutes = np.vstack([artifact.substitutes, artifact.substitutes[:, ::-1]])

    def scores(self, basket: Codes, own: Floats | None) -> Scores:
        """Of each item; `own` is the share of the customer's baskets with each, None for a stranger."""
        numbers = self.description.score
        score = self._weights[basket].sum(axis=0, dtype=np.float64) if len(basket) else self._popularity
        if own is not None:
            score = score + numbers.habit * own
        logs = (numbers.unknown if own is None else numbers.known) * np.log(np.maximum(score, numbers.floor))
        return Scores(score, _shares(logs, self.members(basket)))

    def members(self, basket: Codes) -> Flags:
        """Which items are in the basket."""
        held = np.zeros(len(self.items), dtype=np.bool_)
        held[basket] = True
        return held

    def candidates(self, held: Flags) -> Flags:
        """Which items may be added: none that the basket holds, and no substitute of one."""
        candidates = ~held
        given, other = self._substitutes.T
        candidates[other[held[given]]] = False
        return candidates

    def ranked(self, scores: Scores, candidates: Flags) -> Codes:
        """The candidates, best first, ties by code: by probability times margin, or by score alone."""
        codes = np.flatnonzero(candidates)
        worth = scores.probability * self._margins if self.by_margin else scores.score
        return codes[np.argsort(-worth[codes], kind="stable")]


def load_model(folder: Path) -> BundleModel:
    """Load a verified model and prove on its golden baskets that it scores here as it did in training.

    Raises `ModelError` when a file is altered, parts contradict each other, or a golden basket scores otherwise.
    """
    artifact = read_artifact(folder)
    model = BundleModel(artifact)
    _require_golden(model, artifact.golden, folder)
    return model


def _require_golden(model: BundleModel, golden: GoldenBaskets, folder: Path) -> None:
    for basket, items, expected in zip(golden.baskets, golden.items, golden.probabilities, strict=True):
        scored = model.scores(np.array(basket, dtype=np.intp), None).probability[items]
        if not np.allclose(scored, expected, rtol=0, atol=GOLDEN_TOLERANCE):
            raise ModelError(
                f"the model in {folder} does not score its golden baskets as in training: train or pull it again"
            )


def _shares(logs: Floats, held: Flags) -> Floats:
    """Of each item its share of the powers of all that are not held; `logs` are the powers' logarithms."""
    shares, lacking = np.zeros(len(logs)), ~held
    powers = np.exp(logs[lacking] - logs[lacking].max(initial=-np.inf))
    shares[lacking] = powers / powers.sum()
    return shares
