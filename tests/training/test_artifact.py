"""What every artifact has: made-up rows, null for unknown, and a checksum a file."""

import hashlib
import json
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from training.artifact import listed, quantile_rows, unknown_row, write_folder


@pytest.fixture(scope="module")
def booster() -> lightgbm.Booster:
    rows = np.arange(40.0).reshape(-1, 1)
    options = {"objective": "binary", "min_data_in_leaf": 5, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(options, lightgbm.Dataset(rows, rows[:, 0] > 20), 2)


def test_quantile_rows_go_from_least_to_most_feature_by_feature() -> None:
    rows = np.array([[3.0, np.nan, 10.0], [1.0, np.nan, 20.0], [2.0, np.nan, np.nan]])
    assert quantile_rows(rows, 3).tolist() == [[1, 0, 10], [2, 0, 15], [3, 0, 20]]
    assert np.isnan(unknown_row(3)).tolist() == [[True] * 3]


def test_unknown_is_null() -> None:
    assert listed(np.array([[1.0, np.nan]])) == [[1.0, None]]


def test_every_file_has_its_checksum(tmp_path: Path, booster: lightgbm.Booster) -> None:
    folder = write_folder(tmp_path / "new", booster, {"kind": "test"}, [{"name": "f"}], {"rows": []})
    sums = json.loads((folder / "checksums.json").read_text())
    assert set(sums) == {"booster.txt", "model.json", "features.json", "golden.json"}
    assert {path.name for path in folder.iterdir()} == {*sums, "checksums.json"}
    for name, expected in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected


def test_a_folder_is_never_overwritten_and_numbers_are_finite(
    tmp_path: Path, booster: lightgbm.Booster
) -> None:
    write_folder(tmp_path / "new", booster, {}, [], {})
    with pytest.raises(FileExistsError):
        write_folder(tmp_path / "new", booster, {}, [], {})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_folder(tmp_path / "other", booster, {"intercept": np.nan}, [], {})
