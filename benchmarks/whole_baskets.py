"""All baskets of a dataset, none left out, for benchmarks that mine them."""

import sys
from pathlib import Path

from benchmarks.basket_files import keep
from benchmarks.features import DECLARATION, WORKSPACE
from features.baskets import Caps, baskets
from features.dataset import Bundles
from features.moments import data_period
from features.workspace import open_workspace

EVERYTHING = Caps(max_basket_items=sys.maxsize, max_items=sys.maxsize, min_count=1)


def write_baskets(declaration: Path | None, item_level: str, folder: Path) -> tuple[int, int, int]:
    """Keep the baskets of a dataset, or of the demo, in a folder; how many baskets, items and lines it has."""
    opened = open_workspace(declaration or DECLARATION, WORKSPACE)
    as_of = data_period(opened.tables, opened.dataset)[1]
    found = baskets(opened.tables, Bundles(item_level=item_level), as_of, EVERYTHING)
    keep(folder, found.table, found.items)
    return *found.table.shape, found.table.nnz
