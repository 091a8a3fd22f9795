"""What every model's artifact has in common on disk: exact files, verified by checksum before any is parsed.

A truncated booster can end the process inside LightGBM, so no byte is parsed before its checksum agrees.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import InputError

CHECKSUMS = "checksums.json"

Probability = Annotated[float, Field(ge=0, le=1)]


class ModelError(InputError):
    """The model artifact is missing, altered or contradicts itself; says which file and what to do."""


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
                f"{name} in {folder} was altered after training (its checksum differs): pull it again"
            )
    return texts


def _require_exact_files(folder: Path, parts: Sequence[str]) -> None:
    if not folder.is_dir():
        raise ModelError(f"there is no model folder at {folder}: fetch one with python -m serving pull")
    found = {path.name for path in folder.iterdir()}
    wanted = {*parts, CHECKSUMS}
    if found != wanted:
        wrong = [f"missing {name}" for name in sorted(wanted - found)]
        wrong += [f"unexpected {name}" for name in sorted(found - wanted)]
        raise ModelError(f"the model in {folder} is not whole ({', '.join(wrong)}): pull it again")


def _expected_checksums(folder: Path, parts: Sequence[str]) -> dict[str, str]:
    try:
        expected = json.loads((folder / CHECKSUMS).read_bytes())
    except ValueError as fault:
        raise ModelError(f"{CHECKSUMS} in {folder} is no JSON: pull the model again") from fault
    if not isinstance(expected, dict) or sorted(expected) != sorted(parts):
        raise ModelError(
            f"{CHECKSUMS} in {folder} does not name exactly {', '.join(parts)}: pull the model again"
        )
    return expected


def first_broken_rule(fault: ValueError) -> str:
    """The first broken rule: pydantic's own text repeats values and runs over many lines."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    first = fault.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
