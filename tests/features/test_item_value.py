"""Prices and margins of items at a level, from lines worked out by hand."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.item_value import ItemValues, item_values
from features.workspace import open_workspace

AS_OF = datetime(2024, 3, 1, tzinfo=UTC)
ITEMS = np.array(["cheese", "milk", "unheard of"])
LINES = pd.DataFrame(
    [
        ("ann", "1", "2024-02-01", "gouda", 6.0, 2.0),
        ("ann", "1", "2024-02-01", "brie", 4.0, 1.0),
        ("bob", "1", "2024-02-02", "gouda", 2.0, 1.0),
        ("bob", "2", "2024-02-03", "whole", 3.0, 3.0),
        ("bob", "3", "2024-02-04", "raw", 5.0, 1.0),
        ("bob", "4", "2024-02-05", "gouda", -2.0, -1.0),  # brought back
        ("bob", "5", "2024-03-01", "gouda", 99.0, 1.0),  # not yet
    ],
    columns=["customer_id", "basket_id", "ts", "item_id", "amount", "quantity"],
)
GOODS = pd.DataFrame(
    [("gouda", "cheese", 1.0), ("brie", "cheese", 2.5), ("whole", "milk", 0.5), ("raw", "milk", None)],
    columns=["item_id", "type", "unit_cost"],
)
DECLARATION = """
name = "shop"
currency = "EUR"
[churn]
kind = "inactivity"
active_days = 28
horizon_days = 14
[sources]
lines = { path = "lines.csv" }
goods = { path = "goods.csv" }
[tables.transactions]
source = "lines"
[tables.items]
source = "goods"
"""


def worth(folder: Path, lines: pd.DataFrame, goods: pd.DataFrame) -> ItemValues:
    lines.sample(frac=1, random_state=0).to_csv(folder / "lines.csv", index=False)
    goods.to_csv(folder / "goods.csv", index=False)
    declared = folder / "dataset.toml"
    declared.write_text(DECLARATION, encoding="utf-8")
    return item_values(open_workspace(declared, folder / "workspace").tables, "type", AS_OF, ITEMS)


def test_price_and_margin_are_means_over_baskets(tmp_path: Path) -> None:
    found = worth(tmp_path, LINES, GOODS)
    assert found.price[:2].tolist() == [(10 + 2) / 2, (3 + 5) / 2]
    assert found.margin[0] == ((10 - 2 - 2.5) + (2 - 1)) / 2
    assert found.margin[1] == 3 - 1.5  # the cost of raw milk is not known
    assert np.isnan([found.price[2], found.margin[2]]).all()


def test_without_a_quantity_a_line_is_one_unit(tmp_path: Path) -> None:
    lines = LINES[LINES["quantity"] > 0].drop(columns="quantity")
    assert worth(tmp_path, lines, GOODS).margin[0] == pytest.approx(((10 - 1 - 2.5) + (2 - 1)) / 2)


def test_without_costs_no_margin_is_known(tmp_path: Path) -> None:
    found = worth(tmp_path, LINES, GOODS.drop(columns="unit_cost"))
    assert found.price[0] == 6.0
    assert np.isnan(found.margin).all()
