"""Baskets as files: one process writes them, and each that mines them is alone."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, load_npz, save_npz


def keep(folder: Path, table: csr_array, names: NDArray[np.str_]) -> None:
    """Write a (baskets, items) table and the names of its items for other processes to read."""
    save_npz(folder / "baskets.npz", table)
    np.save(folder / "names.npy", names)


def kept(folder: Path) -> tuple[csr_array, NDArray[np.str_]]:
    """What was kept."""
    return csr_array(load_npz(folder / "baskets.npz")), np.load(folder / "names.npy")
