"""The churn artifact as it lies on disk: verified first, then parsed.

The format is the contract between training and serving.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from serving.artifact import (
    Calibration,
    FeatureWords,
    ModelError,
    Part,
    Probability,
    first_broken_rule,
    verified,
)

PARTS = ("booster.txt", "features.json", "golden.json", "model.json")


class Linear(Part):
    """The linear share of the score over signed logs of the features; one entry a feature, no scale is 0."""

    intercept: float
    coefficients: list[float]
    center: list[float]
    scale: list[float]

    def fits(self, width: int) -> bool:
        """Whether this part scores rows of `width` features."""
        return {len(self.coefficients), len(self.center), len(self.scale)} == {width} and 0 not in self.scale


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


class Description(Part):
    """`model.json`: everything of the model that is not a tree."""

    format: Literal[1] = Field(alias="schema")
    kind: Literal["churn"]
    features: list[str] = Field(min_length=1)
    fingerprint: str
    horizon_days: int | None
    definition: Definition
    labelled_through: datetime | None
    population: str
    blend: Probability
    linear: Linear
    calibration: Calibration
    bands: Bands
    currency: str

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if not self.linear.fits(len(self.features)):
            raise ValueError(
                "the linear part needs one coefficient, one center and one scale (not 0) a feature"
            )
        if self.bands.medium > self.bands.high:
            raise ValueError("the band medium starts above the band high")
        return self


class Golden(Part):
    """`golden.json`: rows (null = unknown) with the probabilities that training gave them."""

    rows: list[list[float | None]] = Field(min_length=1)
    probabilities: list[Probability]


@dataclass(frozen=True)
class Artifact:
    """The parsed artifact; `booster` is LightGBM's text model, not yet read by LightGBM."""

    booster: str
    description: Description
    features: tuple[FeatureWords, ...]
    golden: Golden


_FEATURES = TypeAdapter(tuple[FeatureWords, ...])


def read_artifact(folder: Path) -> Artifact:
    """Read a model folder. Raises `ModelError` for missing, extra or altered files and for contradictions."""
    texts = verified(folder, PARTS)
    try:
        artifact = Artifact(
            booster=texts["booster.txt"].decode(),
            description=Description.model_validate_json(texts["model.json"]),
            features=_FEATURES.validate_json(texts["features.json"]),
            golden=Golden.model_validate_json(texts["golden.json"]),
        )
    except ValueError as fault:
        raise ModelError(
            f"the model in {folder} has no format that this service reads: {first_broken_rule(fault)}"
        ) from fault
    _require_agreement(artifact, folder)
    return artifact


def _require_agreement(artifact: Artifact, folder: Path) -> None:
    names, golden = artifact.description.features, artifact.golden
    if [feature.name for feature in artifact.features] != names:
        raise ModelError(
            f"features.json in {folder} has other features, or in another order, than model.json"
        )
    if len(golden.rows) != len(golden.probabilities) or {len(row) for row in golden.rows} != {len(names)}:
        raise ModelError(f"golden.json in {folder}: every row needs {len(names)} values and one probability")
