"""The artifact of a release as training registers it: which models, by which rules, proven on whom.

The format is the contract between training and serving (docs/releases.md). Verified first, then parsed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from serving.scoring.artifact import CHECKSUMS, Golden, GoldenPairs, ModelError, Part, readable, verified

ModelName = Literal["churn", "cross_sell", "bundles"]
NAMES: tuple[ModelName, ...] = get_args(ModelName)
"""The registered models that this service can answer with."""

VersionNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]
"""As the registry counts them; part of names on disk, so that nothing else may be in it."""
CatalogueFile = Literal["catalogue.toml", "catalogue.csv"]
CATALOGUES: tuple[CatalogueFile, ...] = get_args(CatalogueFile)
POLICY = "policy.toml"
RULES_DIGITS = 12


class PinnedModel(Part):
    """One registered version; `checksum` is the SHA-256 of its artifact's `checksums.json`."""

    name: ModelName
    version: VersionNumber
    run_id: str
    fingerprint: str
    checksum: str = Field(pattern=r"^[0-9a-f]{64}$")


class Contents(Part):
    """`release.json`: the models that go live together, each once, and the rules that they were gated with.

    `rules` is a hash of both files of rules, `features` the fingerprint of the customer features of the store
    that the release was gated with, `assembled_at` is UTC.
    """

    format: Literal[1] = Field(alias="schema")
    models: tuple[PinnedModel, ...] = Field(min_length=1)
    catalogue: CatalogueFile
    policy: Literal["policy.toml"]
    rules: str
    features: str
    assembled_at: datetime

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len({model.name for model in self.models}) != len(self.models):
            raise ValueError("a model is named twice")
        return self


class GoldenCustomers(Part):
    """`golden.json`: customers that are nobody, with the probabilities that the models gave at assembly."""

    churn: Golden | None = None
    cross_sell: GoldenPairs | None = None


@dataclass(frozen=True)
class ReleaseArtifact:
    """The parsed artifact, and where its files of rules lie."""

    contents: Contents
    golden: GoldenCustomers
    catalogue: Path
    policy: Path


def read_artifact(folder: Path) -> ReleaseArtifact:
    """Read a release's folder. Raises `ModelError` for missing, extra or altered files and for contradictions."""
    catalogue = next((name for name in CATALOGUES if (folder / name).exists()), CATALOGUES[0])
    texts = verified(folder, ("release.json", catalogue, POLICY, "golden.json"))
    with readable(folder, "release", "make another one with python -m training release, then pull it"):
        contents = Contents.model_validate_json(texts["release.json"])
        golden = GoldenCustomers.model_validate_json(texts["golden.json"])
        _require_agreement(contents, golden, catalogue, rules_digest(texts[catalogue], texts[POLICY]))
    return ReleaseArtifact(contents, golden, folder / catalogue, folder / POLICY)


def rules_digest(catalogue: bytes, policy: bytes) -> str:
    """The hash by which a release names its files of rules."""
    return hashlib.sha256(catalogue + b"\0" + policy).hexdigest()[:RULES_DIGITS]


def require_pinned(folder: Path, pinned: PinnedModel) -> None:
    """Raise `ModelError` unless the model in a folder is the one that the release was gated with."""
    try:
        found = hashlib.sha256((folder / CHECKSUMS).read_bytes()).hexdigest()
    except OSError as fault:
        raise ModelError(f"the model in {folder} has no {CHECKSUMS}: pull the release again") from fault
    if found != pinned.checksum:
        raise ModelError(
            f"the model in {folder} is not the {pinned.name} {pinned.version} that its release was gated with "
            f"({CHECKSUMS} differs): pull the release again"
        )


def _require_agreement(contents: Contents, golden: GoldenCustomers, catalogue: str, rules: str) -> None:
    if contents.catalogue != catalogue:
        raise ValueError(f"release.json names {contents.catalogue}, there is {catalogue}")
    if contents.rules != rules:
        raise ValueError("release.json was gated with other rules than those beside it")
    pinned = {model.name: model.fingerprint for model in contents.models}
    if pinned.get("churn", contents.features) != contents.features:
        raise ValueError("the churn model has other features than the store that the release was gated with")
    scored = {name for name in ("churn", "cross_sell") if getattr(golden, name) is not None}
    if scored != pinned.keys() - {"bundles"}:
        raise ValueError("golden.json scores exactly the models of the release that score rows")
