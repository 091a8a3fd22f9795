"""The churn artifact as it lies on disk: verified first, then parsed.

The format is the contract between training and serving.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from serving.scoring.artifact import (
    Artifact,
    Calibration,
    Golden,
    Named,
    Part,
    Probability,
    parsed,
    verified,
)
from serving.scoring.linear import LinearPart

PARTS = ("booster.txt", "features.json", "golden.json", "model.json")


class Bands(Part):
    """The least probability of the bands high and medium."""

    high: Probability
    medium: Probability


class Definition(Part):
    """What churn means in this model: the `[churn]` section of the dataset."""

    kind: Literal["inactivity", "explicit"]
    active_days: int | None = None
    horizon_days: int | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind == "inactivity" and (self.active_days is None or self.horizon_days is None):
            raise ValueError("inactivity needs active_days and horizon_days")
        return self


class Description(Named):
    """`model.json`: everything of the model that is not a tree."""

    format: Literal[1] = Field(alias="schema")
    kind: Literal["churn"]
    horizon_days: int | None
    definition: Definition
    labelled_through: datetime | None
    blend: Probability
    linear: LinearPart
    calibration: Calibration
    bands: Bands

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        self.linear.require_width(len(self.features))
        if self.bands.medium > self.bands.high:
            raise ValueError("the band medium starts above the band high")
        return self


ChurnArtifact = Artifact[Description, Golden]


def read_artifact(folder: Path) -> ChurnArtifact:
    """Read a model folder. Raises `ModelError` for missing, extra or altered files and for contradictions."""
    return parsed(verified(folder, PARTS), Description, Golden, folder)
