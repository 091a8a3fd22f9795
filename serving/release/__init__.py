"""A release: models, catalogue and policy that go live together, as it was registered and as it lies on disk."""

from serving.release.artifact import (
    NAMES,
    GoldenCustomers,
    ModelName,
    PinnedModel,
    ReleaseArtifact,
    read_artifact,
    require_pinned,
)
from serving.release.folder import (
    ARTIFACT,
    CURRENT,
    PULLED,
    Pulled,
    Release,
    ReleasedModel,
    kept_folder,
    live_folder,
    read_pulled,
    switch,
    write_pulled,
)

__all__ = [
    "ARTIFACT",
    "CURRENT",
    "NAMES",
    "PULLED",
    "GoldenCustomers",
    "ModelName",
    "PinnedModel",
    "Pulled",
    "Release",
    "ReleaseArtifact",
    "ReleasedModel",
    "kept_folder",
    "live_folder",
    "read_artifact",
    "read_pulled",
    "require_pinned",
    "switch",
    "write_pulled",
]
