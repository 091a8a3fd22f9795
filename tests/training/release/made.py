"""Tiny models in a real registry, a store and rules that they fit: everything that a release is made from."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from features.store import publish_sqlite
from tests.serving import tiny as churn
from tests.serving.bundles import tiny as bundles
from tests.serving.cross_sell import tiny as cross_sell
from training.registry import Version, record_verdict, recorded_run, register
from training.release.pipeline import Sources
from training.verdict import Check, Verdict

YES = Verdict((Check("better", "by far", holds=True),))
NO = Verdict((Check("better", "not at all", holds=False),))
CATALOGUE = 'version = "7"\ncurrency = "USD"\n[[offer]]\nid = "tea"\n'
POLICY = 'version = "8"\n[control]\nsalt = "a"\n'

Change = Callable[[dict[str, Any]], object]
_WRITERS = {
    "churn": churn.write_artifact,
    "cross_sell": cross_sell.write_artifact,
    "bundles": bundles.write_artifact,
}
_ANSWERED: dict[str, dict[str, list[Any]]] = {
    "churn": {"probability": [0.5]},
    "cross_sell": {"probability": [0.5], "kind": ["new"], "evidence": ["thin"]},
    "bundles": {"suggestions": ["[]"]},
}


def _asked(model: str) -> pd.DataFrame:
    """One row of nobody, as the model takes it."""
    if model == "bundles":
        return pd.DataFrame({"basket": [json.dumps(["JAM"])]})
    names = churn.NAMES if model == "churn" else cross_sell.NAMES
    known = pd.DataFrame([[1.0] * len(names)], columns=list(names))
    return known if model == "churn" else known.assign(category="DAIRY")


def registered(
    folder: Path,
    model: str,
    verdict: Verdict | None = YES,
    change: Change = lambda _: None,
    dataset: str = "tiny",
) -> Version:
    """A new version of a model in the registry in use, judged unless `verdict` is None."""
    folder.mkdir(parents=True, exist_ok=True)
    artifact = _WRITERS[model](Path(tempfile.mkdtemp(dir=folder)) / model, change)
    with recorded_run(model, {}, {"dataset": dataset}):
        version = register(model, artifact, _asked(model), pd.DataFrame(_ANSWERED[model]))
    if verdict is not None:
        record_verdict(version, verdict)
    return version


def sources(folder: Path) -> Sources:
    """A store of everything, and rules of a few lines."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.toml").write_text(CATALOGUE)
    (folder / "policy.toml").write_text(POLICY)
    store = folder / "online.sqlite"
    publish_sqlite(store, bundles.FULL_INFO, churn.ROWS, cross_sell.candidates(), bundles.habits())
    return Sources(store, folder / "catalogue.toml", folder / "policy.toml")
