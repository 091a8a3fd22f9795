"""A dataset made ready: declared, checked, loaded, with the features that it can have."""

from dataclasses import dataclass
from pathlib import Path

from features.dataset import Dataset, read_dataset
from features.feature_set import FeatureSet, feature_set
from features.tables import Tables, load_tables


@dataclass(frozen=True)
class Workspace:
    """All that later steps need of a dataset; `folder` is where they keep what they build."""

    dataset: Dataset
    folder: Path
    tables: Tables
    features: FeatureSet


def open_workspace(declaration: Path, root: Path) -> Workspace:
    """Read a `dataset.toml`, check and load its tables into `<root>/<dataset name>`.

    Raises `InputError` with the first thing to mend; nothing half-written stays behind.
    """
    dataset = read_dataset(declaration)
    folder = root / dataset.name
    tables = load_tables(dataset, folder)
    return Workspace(dataset, folder, tables, feature_set(tables, dataset.attributes))
