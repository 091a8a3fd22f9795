"""The models and rules of one release, loaded and proven together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.bundles.artifact import PARTS as BUNDLES_PARTS
from serving.bundles.model import BundleModel
from serving.bundles.model import load_model as load_bundles
from serving.churn.artifact import PARTS as CHURN_PARTS
from serving.churn.model import ChurnModel
from serving.churn.model import load_model as load_churn
from serving.cross_sell.artifact import PARTS as CROSS_SELL_PARTS
from serving.cross_sell.model import CrossSellModel
from serving.cross_sell.model import load_model as load_cross_sell
from serving.decision.rulebook import Rules, read_rules
from serving.release import (
    ARTIFACT,
    NAMES,
    PULLED,
    GoldenCustomers,
    ModelName,
    Pulled,
    Release,
    ReleaseArtifact,
    ReleasedModel,
    kept_folder,
    live_folder,
    read_artifact,
    read_pulled,
    require_pinned,
)
from serving.scoring.arrays import Floats
from serving.scoring.artifact import Golden, ModelError, require_rows, verified
from serving.scoring.booster import GOLDEN_TOLERANCE

_PARTS = {"churn": CHURN_PARTS, "cross_sell": CROSS_SELL_PARTS, "bundles": BUNDLES_PARTS}


@dataclass(frozen=True)
class Models:
    """What a release holds, each model with the version that it is; None for what it does not have."""

    release: Release
    churn: tuple[ReleasedModel, ChurnModel] | None = None
    cross_sell: tuple[ReleasedModel, CrossSellModel] | None = None
    bundles: tuple[ReleasedModel, BundleModel] | None = None
    rules: Rules | None = None


def load_live(root: Path) -> Models:
    """All that the live release holds. Raises as `load_models` does, and `ModelError` when none is live."""
    return load_models(live_folder(root))


def load_kept(root: Path) -> Models:
    """All that the release before the live one holds. Raises as `load_live` does."""
    return load_models(kept_folder(root))


def load_models(folder: Path) -> Models:
    """All that a pulled release holds, proven on its golden rows and customers.

    Raises `ModelError` unless every part is whole and the one that was pinned, and `InputError` for rules that
    cannot be read.
    """
    artifact = verify_release(folder)
    release = release_of(artifact, read_pulled(folder))
    rules = read_rules(artifact.catalogue, artifact.policy)
    models = _loaded(folder, release, rules)
    _require_fingerprints(models, artifact, folder)
    _require_golden_customers(models, artifact.golden, folder / ARTIFACT)
    return models


def verify_release(folder: Path) -> ReleaseArtifact:
    """The artifact of a pulled release, of which every file is there and has its checksum; no model is parsed.

    Raises `ModelError` when anything is missing, altered, not pinned or not part of a release.
    """
    artifact = read_artifact(folder / ARTIFACT)
    pinned = artifact.contents.models
    strangers = {path.name for path in folder.iterdir()} - {PULLED, ARTIFACT, *(one.name for one in pinned)}
    if strangers:
        raise ModelError(
            f"{', '.join(sorted(strangers))} in {folder} is no part of the release: run python -m serving pull"
        )
    for one in pinned:
        require_pinned(folder / one.name, one)
        verified(folder / one.name, _PARTS[one.name])
    return artifact


def release_of(artifact: ReleaseArtifact, pulled: Pulled) -> Release:
    """What goes live together when this artifact was pulled."""
    pinned = artifact.contents.models
    models = (ReleasedModel(one.name, one.version, one.run_id, pulled.version) for one in pinned)
    return Release(pulled, tuple(models))


def _loaded(folder: Path, release: Release, rules: Rules) -> Models:
    named = {model.name: model for model in release.models}
    churn, cross_sell, bundles = (named.get(name) for name in NAMES)
    return Models(
        release,
        churn=(churn, load_churn(folder / churn.name)) if churn else None,
        cross_sell=(cross_sell, load_cross_sell(folder / cross_sell.name)) if cross_sell else None,
        bundles=(bundles, load_bundles(folder / bundles.name)) if bundles else None,
        rules=rules,
    )


def _require_fingerprints(models: Models, artifact: ReleaseArtifact, folder: Path) -> None:
    loaded = {
        pair[0].name: pair[1].description.fingerprint
        for pair in (models.churn, models.cross_sell, models.bundles)
        if pair is not None
    }
    for one in artifact.contents.models:
        if loaded[one.name] != one.fingerprint:
            raise ModelError(
                f"release.json in {folder} gives {one.name} another fingerprint than its model.json: assemble the "
                "release again with python -m training release"
            )


def _require_golden_customers(models: Models, golden: GoldenCustomers, folder: Path) -> None:
    if models.churn is not None and golden.churn is not None:
        model, known = models.churn[1], golden.churn
        require_rows(known, len(model.features), folder)
        _require_alike("churn", model.probabilities(_rows(known)), known, folder)
    if models.cross_sell is not None and golden.cross_sell is not None:
        offered, pairs = models.cross_sell[1], golden.cross_sell
        require_rows(pairs, len(offered.features), folder)
        _require_alike("cross_sell", offered.probabilities(_rows(pairs), pairs.parents), pairs, folder)


def _require_alike(name: ModelName, scored: Floats, golden: Golden, folder: Path) -> None:
    if not np.allclose(scored, golden.probabilities, rtol=0, atol=GOLDEN_TOLERANCE):
        raise ModelError(
            f"{name} does not score the golden customers in {folder} as when the release was assembled: assemble "
            "it again with python -m training release"
        )


def _rows(golden: Golden) -> Floats:
    return np.array(golden.rows, dtype=np.float64)
