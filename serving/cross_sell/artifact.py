"""The cross-sell artifact as it lies on disk: verified first, then parsed.

The format is the contract between training and serving.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from serving.scoring.artifact import (
    Artifact,
    Calibration,
    GoldenPairs,
    Named,
    Part,
    Probability,
    parsed,
    verified,
)
from serving.scoring.linear import LinearPart

PARTS = ("booster.txt", "features.json", "golden.json", "model.json")

REPEAT = "repeat"
ITEM_CUSTOMERS = "item_customers"
VISIT_DAYS = "visit_days_all"
SPOKEN = (
    "pair_baskets",
    "pair_days_since",
    "pair_gap_days",
    "pair_basket_share",
    "neighbour_rate",
    "item_buyers_28d",
)
"""Features that the sentences speak from."""
MEANT = (REPEAT, ITEM_CUSTOMERS, VISIT_DAYS, *SPOKEN)
"""Features whose name has a fixed meaning, so that every model has them."""


class LinearParts(Part):
    """One linear model for what a customer buys again and one for what is new to them."""

    repeat: LinearPart
    new: LinearPart


class Calibrations(Part):
    """One calibration for what a customer buys again and one for what is new to them."""

    repeat: Calibration
    new: Calibration


class Rates(Part):
    """How probable a purchase within the horizon is before anything is known of the pair."""

    repeat: Probability
    new: Probability


class Shrinkage(Part):
    """`strength` customers' worth of the category's rate stand in for what is not known of an item."""

    strength: float = Field(gt=0)
    priors: Mapping[str, Rates]
    default: Rates


class Evidence(Part):
    """From how many buyers of the item and visit days of the customer on a probability is mature."""

    min_item_customers: float = Field(ge=0)
    min_visit_days: float = Field(ge=0)


class Description(Named):
    """`model.json`: everything of the model that is not a tree."""

    format: Literal[1] = Field(alias="schema")
    kind: Literal["cross_sell"]
    item_level: str = Field(min_length=1)
    horizon_days: int = Field(ge=1)
    new_after_days: int = Field(ge=1)
    labelled_through: datetime
    linear: LinearParts
    calibration: Calibrations
    shrinkage: Shrinkage
    evidence: Evidence

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        absent = [name for name in MEANT if name not in self.features]
        if absent:
            raise ValueError(f"features lacks {', '.join(absent)}, which every cross-sell model has")
        for part in (self.linear.repeat, self.linear.new):
            part.require_width(len(self.features))
        return self


CrossSellArtifact = Artifact[Description, GoldenPairs]


def read_artifact(folder: Path) -> CrossSellArtifact:
    """Read a model folder. Raises `ModelError` for missing, extra or altered files and for contradictions."""
    return parsed(verified(folder, PARTS), Description, GoldenPairs, folder)
