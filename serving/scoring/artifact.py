"""What all artifacts have in common on disk: exact files, verified by checksum before any is parsed.

A truncated booster can end the process inside LightGBM, so no byte is parsed before its checksum agrees.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from features.errors import InputError

CHECKSUMS = "checksums.json"
TRAIN = "train, promote and release another one, then pull it"

Probability = Annotated[float, Field(ge=0, le=1)]


class ModelError(InputError):
    """An artifact is missing, altered or contradicts itself; says which file and what to do."""


class Part(BaseModel):
    """A piece of the artifact: unknown keys and infinite numbers are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Calibration(Part):
    """From log-odds to calibrated log-odds; the slope is positive, so that the order of customers stays."""

    slope: float = Field(gt=0)
    intercept: float


class FeatureWords(Part):
    """One entry of `features.json`: how a feature is called and said; `levels` are the texts of its codes."""

    name: str
    unit: str
    words: str
    source: str
    levels: tuple[str, ...] = ()


class Described(Part):
    """What every `model.json` has; `fingerprint` is of what the model was made from."""

    fingerprint: str
    population: str
    currency: str


class Named(Described):
    """What `model.json` has beside trees: the features in the model's order."""

    features: list[str] = Field(min_length=1)


class Golden(Part):
    """`golden.json`: rows (null = unknown) with the probabilities that training gave them."""

    rows: list[list[float | None]] = Field(min_length=1)
    probabilities: list[Probability]


class GoldenPairs(Golden):
    """`golden.json` of customers and items: besides rows and probabilities the category of each item."""

    parents: list[str]

    @model_validator(mode="after")
    def _has_a_parent_a_row(self) -> Self:
        if len(self.parents) != len(self.rows):
            raise ValueError("every row needs one of the parents")
        return self


D = TypeVar("D", bound=Named)
G = TypeVar("G", bound=Golden)


@dataclass(frozen=True)
class Artifact(Generic[D, G]):
    """The parsed artifact; `booster` is LightGBM's text model, not yet read by LightGBM."""

    booster: str
    description: D
    features: tuple[FeatureWords, ...]
    golden: G


_FEATURES = TypeAdapter(tuple[FeatureWords, ...])


def parsed(texts: Mapping[str, bytes], description: type[D], golden: type[G], folder: Path) -> Artifact[D, G]:
    """The verified parts as one kind of model. Raises `ModelError` where they break the format or disagree."""
    with readable(folder):
        artifact = Artifact(
            booster=texts["booster.txt"].decode(),
            description=description.model_validate_json(texts["model.json"]),
            features=_FEATURES.validate_json(texts["features.json"]),
            golden=golden.model_validate_json(texts["golden.json"]),
        )
    _require_agreement(artifact, folder)
    return artifact


@contextmanager
def readable(folder: Path, what: str = "model", again: str = TRAIN) -> Iterator[None]:
    """Turn a `ValueError` of whoever parses the folder's parts into a `ModelError` with the first broken rule.

    `what` lies in the folder, `again` is how another one comes about.
    """
    try:
        yield
    except ValueError as fault:
        raise ModelError(
            f"the {what} in {folder} has no format that this service reads: {_first_broken_rule(fault)}; {again}"
        ) from fault


def _require_agreement(artifact: Artifact[D, G], folder: Path) -> None:
    names = artifact.description.features
    if [feature.name for feature in artifact.features] != names:
        raise ModelError(
            f"features.json in {folder} has other features, or in another order, than model.json"
        )
    require_rows(artifact.golden, len(names), folder)


def require_rows(golden: Golden, features: int, folder: Path) -> None:
    """Raise `ModelError` unless every row has as many values as there are features, and one probability."""
    if len(golden.rows) != len(golden.probabilities) or {len(row) for row in golden.rows} != {features}:
        raise ModelError(f"golden.json in {folder}: every row needs {features} values and one probability")


def verified(folder: Path, parts: Sequence[str]) -> dict[str, bytes]:
    """The bytes of every part, read once, so that what was verified is what gets parsed.

    Raises `ModelError` unless the folder holds exactly these parts and their checksums, and every one agrees.
    """
    _require_exact_files(folder, parts)
    expected = _expected_checksums(folder, parts)
    texts = {name: (folder / name).read_bytes() for name in parts}
    for name, content in texts.items():
        if hashlib.sha256(content).hexdigest() != expected[name]:
            raise ModelError(
                f"{name} in {folder} was altered after training (its checksum differs): pull the release again"
            )
    return texts


def _require_exact_files(folder: Path, parts: Sequence[str]) -> None:
    if folder.is_symlink() or not folder.is_dir():
        raise ModelError(f"there is no folder {folder}: fetch the release with python -m serving pull")
    found = {path.name: path.is_file() and not path.is_symlink() for path in folder.iterdir()}
    wanted = {*parts, CHECKSUMS}
    wrong = [f"missing {name}" for name in sorted(wanted - found.keys())]
    wrong += [f"unexpected {name}" for name in sorted(found.keys() - wanted)]
    wrong += [f"{name} is no plain file" for name in sorted(wanted & found.keys()) if not found[name]]
    if wrong:
        raise ModelError(f"{folder} is not whole ({', '.join(wrong)}): pull the release again")


def _expected_checksums(folder: Path, parts: Sequence[str]) -> dict[str, str]:
    try:
        expected = json.loads((folder / CHECKSUMS).read_bytes())
    except (ValueError, RecursionError) as fault:
        raise ModelError(f"{CHECKSUMS} in {folder} is no JSON: pull the release again") from fault
    if not isinstance(expected, dict) or sorted(expected) != sorted(parts):
        raise ModelError(
            f"{CHECKSUMS} in {folder} does not name exactly {', '.join(parts)}: pull the release again"
        )
    return expected


def _first_broken_rule(fault: ValueError) -> str:
    """The first broken rule: pydantic's own text repeats values and runs over many lines."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    first = fault.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
