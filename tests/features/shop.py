"""A tiny shop on disk: ten lines of four customers, declared and loaded as a user would."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ibis
import pytest

from features.dataset import Dataset, read_dataset
from features.errors import InputError
from features.tables import Tables, load_tables

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
007,b4,2024-02-01 09:30:00,i2,4.50,1
12,b1,2024-01-05 10:00:00,i1,2.00,2
12,b1,2024-01-05 10:00:00,i3,7.25,1
c-3,b3,2024-01-20 18:15:30,i1,1.00,1
007,b2,2024-01-10 08:00:00,i1,1.00,1
12,b5,2024-02-11 12:00:00,i1,-1.00,-1
c-3,b6,2024-02-12 12:30:00,i2,4.50,1
c-3,b6,2024-02-12 12:30:00,i3,7.25,1
x,b7,2024-03-01 07:45:10,i2,0.00,1
x,b7,2024-03-01 07:45:10,i1,1.00,1
"""

INACTIVITY = """\
name = "shop"
currency = "EUR"
[churn]
kind = "inactivity"
active_days = 56
horizon_days = 28
"""

EXPLICIT = """\
name = "shop"
currency = "EUR"
[churn]
kind = "explicit"
"""

SHOP = """\
[sources]
lines = { path = "lines.csv" }
[tables.transactions]
source = "lines"
"""


def changed(line: int, cells: str, lines: str = LINES) -> str:
    """The lines of the shop with one of them replaced, counted from 1 below the header."""
    rows = lines.splitlines()
    rows[line] = cells
    return "\n".join(rows) + "\n"


def column(name: str, values: Sequence[str], lines: str = LINES) -> str:
    """The lines of the shop with a column more."""
    rows = zip(lines.splitlines(), [name, *values], strict=True)
    return "".join(f"{row},{cell}\n" for row, cell in rows)


def declare(folder: Path, declaration: str, **files: str) -> Dataset:
    """Write CSV files (by name, without suffix) and `dataset.toml` into a folder; read the declaration."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    path = folder / "dataset.toml"
    path.write_text(declaration, encoding="utf-8")
    return read_dataset(path)


def load(folder: Path, declaration: str = INACTIVITY + SHOP, **files: str) -> Tables:
    """Declare the shop and load it into `folder/workspace`."""
    return load_tables(declare(folder, declaration, **{"lines": LINES, **files}), folder / "workspace")


def refusal(folder: Path, declaration: str = INACTIVITY + SHOP, **files: str) -> str:
    """What the shop is told when it is refused."""
    with pytest.raises(InputError) as error:
        load(folder, declaration, **files)
    return str(error.value)


def values(table: ibis.Table | None, name: str) -> list[Any]:
    """A column of a table, row by row."""
    assert table is not None
    found: list[Any] = table[name].to_pyarrow().to_pylist()
    return found
