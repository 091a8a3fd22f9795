"""A made-up shop on disk whose baskets have a structure that is known: what a mining of them has to find.

Pasta goes with sauce, and bread with butter and jam. Chips and dip are bought by chance alone, but are promoted
in the same weeks of the same store. Everybody drinks one of two colas, never both on one trip. Everything else is
independent.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SEED = 5
START = pd.Timestamp("2024-01-01")
DAYS = 168
STORES = ("north", "south", "east")
GOODS = {
    "grocery": ("pasta", "sauce", "rice"),
    "breakfast": ("bread", "butter", "jam"),
    "snacks": ("chips", "dip", "nuts"),
    "drinks": ("cola-a", "cola-b", "water", "tea"),
}
PROMOTED = ("chips", "dip")
SUBSTITUTES = ("cola-a", "cola-b")

DECLARATION = """\
name = "basketry"
currency = "EUR"
[bundles]
item_level = "product"
[churn]
kind = "inactivity"
active_days = 28
horizon_days = 14
[sources]
lines = { path = "lines.parquet" }
goods = { path = "goods.csv" }
[tables.transactions]
source = "lines"
[tables.items]
source = "goods"
"""


def write_basketry(folder: Path, customers: int = 150) -> Path:
    """Lines with stores and promotions, goods with unit costs; returns the declaration, which has [bundles]."""
    random = np.random.default_rng(SEED)
    lines = pd.concat([_trips(random, f"canary-{number}") for number in range(customers)], ignore_index=True)
    folder.mkdir(parents=True, exist_ok=True)
    lines.sample(frac=1, random_state=SEED).to_parquet(folder / "lines.parquet", index=False)
    goods = [(item, category, item.title(), 1.5) for category, items in GOODS.items() for item in items]
    columns = ["item_id", "category", "name", "unit_cost"]
    pd.DataFrame(goods, columns=columns).to_csv(folder / "goods.csv", index=False)
    path = folder / "dataset.toml"
    path.write_text(DECLARATION, encoding="utf-8")
    return path


def _trips(random: np.random.Generator, who: str) -> pd.DataFrame:
    at = np.cumsum(random.exponential(4.0, 4 * DAYS))
    store, appetite = STORES[random.integers(3)], random.uniform(0.6, 1.4)
    rows = []
    for basket, day in enumerate(at[at < DAYS]):
        promoted = (int(day // 7) + STORES.index(store)) % 4 == 0
        sold_at = (START + pd.to_timedelta(day, unit="D")).floor("s")
        rows += [
            (who, f"{who}-{basket}", sold_at, item, 3.0, 1.0, store, promoted and item in PROMOTED)
            for item in _bought(random, appetite, promoted=promoted)
        ]
    columns = ["customer_id", "basket_id", "ts", "item_id", "amount", "quantity", "store", "promoted"]
    return pd.DataFrame(rows, columns=columns)


def _bought(random: np.random.Generator, appetite: float, *, promoted: bool) -> list[str]:
    chance = {item: 0.18 * appetite for items in GOODS.values() for item in items}
    chance |= dict.fromkeys(PROMOTED, (0.6 if promoted else 0.08) * appetite)
    chosen = {item for item, share in chance.items() if random.random() < share}
    if "pasta" in chosen and random.random() < 0.6:
        chosen.add("sauce")
    if "bread" in chosen and random.random() < 0.6:
        chosen |= {"butter", "jam"}
    chosen -= set(SUBSTITUTES)
    if random.random() < 0.5:
        chosen.add(SUBSTITUTES[random.integers(2)])
    return sorted(chosen)
