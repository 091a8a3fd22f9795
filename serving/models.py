"""The models of one release, loaded and proven together."""

from dataclasses import dataclass
from pathlib import Path

from serving.bundles.model import BundleModel
from serving.bundles.model import load_model as load_bundles
from serving.churn.model import ChurnModel
from serving.churn.model import load_model as load_churn
from serving.cross_sell.model import CrossSellModel
from serving.cross_sell.model import load_model as load_cross_sell
from serving.release import NAMES, Release, ReleasedModel, live_folder, read_release


@dataclass(frozen=True)
class Models:
    """What a release holds, each model with the version that it is; None for one that it does not have."""

    release: Release
    churn: tuple[ReleasedModel, ChurnModel] | None = None
    cross_sell: tuple[ReleasedModel, CrossSellModel] | None = None
    bundles: tuple[ReleasedModel, BundleModel] | None = None


def load_models(folder: Path, release: Release) -> Models:
    """Every model that the release names, from its folder. Raises `ModelError` unless each one is whole."""
    named = {model.name: model for model in release.models}
    churn, cross_sell, bundles = (named.get(name) for name in NAMES)
    return Models(
        release,
        churn=(churn, load_churn(folder / churn.name)) if churn else None,
        cross_sell=(cross_sell, load_cross_sell(folder / cross_sell.name)) if cross_sell else None,
        bundles=(bundles, load_bundles(folder / bundles.name)) if bundles else None,
    )


def load_live(root: Path) -> Models:
    """The models of the release that is live. Raises `ModelError` for none and for broken ones."""
    folder = live_folder(root)
    return load_models(folder, read_release(folder))
