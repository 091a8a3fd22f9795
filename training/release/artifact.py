"""The artifact of a release: the folder that training registers and serving reads. The format is the contract.

`docs/releases.md` says what stands in each file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from training.artifact import SCHEMA, seal, write_json
from training.release.golden import GoldenCustomers
from training.release.parts import Part
from training.release.rules import POLICY, Rules


@dataclass(frozen=True)
class FinalRelease:
    """What goes live together; `features` is the fingerprint of the store that it was gated with."""

    parts: Sequence[Part]
    rules: Rules
    golden: Mapping[str, GoldenCustomers]
    features: str
    assembled_at: datetime


def write_artifact(folder: Path, final: FinalRelease) -> Path:
    """Write the artifact into a new folder and return the folder; every file is named in `checksums.json`."""
    folder.mkdir(parents=True)
    final.rules.write(folder)
    write_json(folder / "release.json", _description(final))
    write_json(folder / "golden.json", {name: golden.as_json() for name, golden in final.golden.items()})
    return seal(folder)


def _description(final: FinalRelease) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "models": [part.as_json() for part in final.parts],
        "catalogue": final.rules.catalogue_name,
        "policy": POLICY,
        "rules": final.rules.digest,
        "features": final.features,
        "assembled_at": final.assembled_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
