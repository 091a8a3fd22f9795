"""The churn artifact as it lies on disk: verified first, then parsed.

The format is the contract between training and serving. A truncated booster can end the process inside
LightGBM, so no byte is parsed before its checksum agrees.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from features.errors import InputError

CHECKSUMS = "checksums.json"
PARTS = ("booster.txt", "features.json", "golden.json", "model.json")

Probability = Annotated[float, Field(ge=0, le=1)]


class ModelError(InputError):
    """The model artifact is missing, altered or contradicts itself; says which file and what to do."""


class Part(BaseModel):
    """A piece of the artifact: unknown keys and infinite numbers are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Linear(Part):
    """The linear share of the score over signed logs of the features; one entry a feature, no scale is 0."""

    intercept: float
    coefficients: list[float]
    center: list[float]
    scale: list[float]

    def fits(self, width: int) -> bool:
        """Whether this part scores rows of `width` features."""
        return {len(self.coefficients), len(self.center), len(self.scale)} == {width} and 0 not in self.scale


class Calibration(Part):
    """From log-odds to calibrated log-odds; the slope is positive, so that the order of customers stays."""

    slope: float = Field(gt=0)
    intercept: float


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


class FeatureWords(Part):
    """One entry of `features.json`: how a feature is called and said; `levels` are the texts of its codes."""

    name: str
    unit: str
    words: str
    source: str
    levels: tuple[str, ...] = ()


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
    texts = _verified(folder)
    try:
        artifact = Artifact(
            booster=texts["booster.txt"].decode(),
            description=Description.model_validate_json(texts["model.json"]),
            features=_FEATURES.validate_json(texts["features.json"]),
            golden=Golden.model_validate_json(texts["golden.json"]),
        )
    except ValueError as fault:
        raise ModelError(
            f"the model in {folder} has no format that this service reads: {_why(fault)}"
        ) from fault
    _require_agreement(artifact, folder)
    return artifact


def _why(fault: ValueError) -> str:
    """The first broken rule: pydantic's own text repeats values and runs over many lines."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    first = fault.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _require_agreement(artifact: Artifact, folder: Path) -> None:
    names, golden = artifact.description.features, artifact.golden
    if [feature.name for feature in artifact.features] != names:
        raise ModelError(
            f"features.json in {folder} has other features, or in another order, than model.json"
        )
    if len(golden.rows) != len(golden.probabilities) or {len(row) for row in golden.rows} != {len(names)}:
        raise ModelError(f"golden.json in {folder}: every row needs {len(names)} values and one probability")


def _verified(folder: Path) -> dict[str, bytes]:
    """The bytes of every file, read once, so that what was verified is what gets parsed."""
    _require_exact_files(folder)
    expected = _expected_checksums(folder)
    texts = {name: (folder / name).read_bytes() for name in PARTS}
    for name, content in texts.items():
        if hashlib.sha256(content).hexdigest() != expected[name]:
            raise ModelError(
                f"{name} in {folder} was altered after training (its checksum differs): pull it again"
            )
    return texts


def _require_exact_files(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(f"there is no model folder at {folder}: fetch one with python -m serving pull")
    found = {path.name for path in folder.iterdir()}
    wanted = {*PARTS, CHECKSUMS}
    if found != wanted:
        wrong = [f"missing {name}" for name in sorted(wanted - found)]
        wrong += [f"unexpected {name}" for name in sorted(found - wanted)]
        raise ModelError(f"the model in {folder} is not whole ({', '.join(wrong)}): pull it again")


def _expected_checksums(folder: Path) -> dict[str, str]:
    try:
        expected = json.loads((folder / CHECKSUMS).read_bytes())
    except ValueError as fault:
        raise ModelError(f"{CHECKSUMS} in {folder} is no JSON: pull the model again") from fault
    if not isinstance(expected, dict) or sorted(expected) != sorted(PARTS):
        raise ModelError(
            f"{CHECKSUMS} in {folder} does not name exactly {', '.join(PARTS)}: pull the model again"
        )
    return expected
