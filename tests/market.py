"""A made-up market on disk: a few hundred customers with a rhythm and an end, declared as a user would.

Every customer id starts with `canary-`, so that a test can look for ids where none may be.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.config import read_config

SEED = 11
START = pd.Timestamp("2024-01-01")
CANARY = "canary-"
QUICK = {
    "origins": 2,
    "rounds": 25,
    "boosters": 2,
    "shares_of_trees": [1.0, 0.5],
    "linear_penalty": 10.0,
    "calibration_ridge": 0.001,
    "learning_rate": 0.1,
    "feature_fraction": 0.5,
    "max_calibration_error": 0.2,
    "moments": 2,
    "most_rows": 2500,
    "max_probability_surplus": 0.5,
    "test_days": 56,
    "test_baskets": 1000,
}
"""Experiment values that suit a few hundred rows; all others are those of the repository."""

MARKET = """\
name = "market"
currency = "EUR"
[churn]
kind = "inactivity"
active_days = 28
horizon_days = 14
[snapshots]
every_days = 14
[sources]
lines = { path = "lines.parquet" }
people = { path = "people.csv" }
[tables.transactions]
source = "lines"
columns = { customer_id = "who", ts = "sold_at" }
[tables.customers]
source = "people"
columns = { customer_id = "who" }
[attributes]
plan = ["basic", "plus"]
"""

GROCER = """\
name = "grocer"
currency = "EUR"
[churn]
kind = "inactivity"
active_days = 28
horizon_days = 14
[cross_sell]
item_level = "product"
horizon_days = 14
segment = "plan"
[sources]
lines = { path = "lines.parquet" }
goods = { path = "goods.csv" }
people = { path = "people.csv" }
[tables.transactions]
source = "lines"
columns = { customer_id = "who", ts = "sold_at" }
[tables.items]
source = "goods"
[tables.customers]
source = "people"
columns = { customer_id = "who" }
[attributes]
plan = ["basic", "plus"]
"""

GOODS = {
    "bakery": ("bread", "rolls", "cake", "pie"),
    "dairy": ("milk", "butter", "cheese", "cream"),
    "drinks": ("tea", "coffee", "juice", "beer"),
    "household": ("soap", "foil", "candles", "bulbs"),
}
"""What the grocer sells, by category."""

STAPLES = ("bread", "milk")
COMPLEMENTS = {"bread": "butter", "tea": "cream"}
"""Half of the baskets with the one hold the other."""

SUBSCRIBERS = """\
name = "subscribers"
currency = "EUR"
[churn]
kind = "explicit"
[sources]
people = { path = "people.csv" }
[tables.customers]
source = "people"
[attributes]
plan = ["basic", "plus"]
"""

LEAVERS = SUBSCRIBERS.replace(
    "[sources]", "horizon_days = 28\n[snapshots]\nevery_days = 28\n[sources]"
).replace("subscribers", "leavers")


def write_config(folder: Path, **changes: object) -> Path:
    """A config.toml for quick training; changes name a value without its section, or a new one with it."""
    values = read_config().flat()
    chosen = {
        name: {**QUICK, **changes}.get(name.rpartition(".")[2], value) for name, value in values.items()
    }
    added = {name: value for name, value in changes.items() if "." in name}
    path = folder / "config.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in {**chosen, **added}.items()))
    return path


def write_market(folder: Path, customers: int = 300, days: int = 126) -> Path:
    """Order lines as Parquet and people as CSV; returns the declaration.

    Who is on the basic plan leaves soon and silently, which no rhythm of purchases foretells.
    """
    random = np.random.default_rng(SEED)
    people = pd.DataFrame({"who": _ids(customers), "plan": random.choice(["basic", "plus"], customers)})
    rates = random.gamma(6.0, 0.04, customers)
    ends = random.exponential(np.where(people["plan"] == "basic", 50.0, 2000.0))
    baskets = [_baskets(random, *person, days) for person in zip(people["who"], rates, ends, strict=True)]
    folder.mkdir(parents=True, exist_ok=True)
    lines = pd.concat(baskets, ignore_index=True).sample(frac=1, random_state=SEED)
    lines.to_parquet(folder / "lines.parquet", index=False)
    return _declared(folder, people, MARKET)


def write_grocer(folder: Path, customers: int = 240, days: int = 140) -> Path:
    """Order lines, people, and goods with categories; returns the declaration, which has [cross_sell].

    Everybody buys staples again and again. Each customer likes one category and discovers its items one after the
    other: what is new to them can be foretold by who likes the same.
    """
    random = np.random.default_rng(SEED)
    people = pd.DataFrame({"who": _ids(customers), "plan": random.choice(["basic", "plus"], customers)})
    lines = pd.concat([_shopping(random, who, days) for who in people["who"]], ignore_index=True)
    goods = [(item, category, item.title()) for category, items in GOODS.items() for item in items]
    folder.mkdir(parents=True, exist_ok=True)
    lines.sample(frac=1, random_state=SEED).to_parquet(folder / "lines.parquet", index=False)
    pd.DataFrame(goods, columns=["item_id", "category", "name"]).to_csv(folder / "goods.csv", index=False)
    return _declared(folder, people, GROCER)


def write_subscribers(folder: Path, customers: int = 600) -> Path:
    """A plain table of customers with a label and no time; who calls often on the basic plan leaves."""
    random = np.random.default_rng(SEED)
    people = _subscribers(random, customers)
    people["churned"] = np.where(random.random(customers) < _risk(people), "yes", "no")
    return _declared(folder, people, SUBSCRIBERS)


def write_leavers(folder: Path, customers: int = 600, days: int = 168) -> Path:
    """The same people with a date of leaving in place of the label, empty for who stayed."""
    random = np.random.default_rng(SEED)
    people = _subscribers(random, customers)
    lasted = random.exponential(100 / _risk(people))
    left = START + pd.to_timedelta(lasted.round(), unit="D")
    people["churned_at"] = left.strftime("%Y-%m-%d").where(lasted < days, "")
    return _declared(folder, people, LEAVERS)


def _baskets(random: np.random.Generator, who: str, rate: float, end: float, days: int) -> pd.DataFrame:
    at = np.cumsum(random.exponential(1 / rate, 200))
    at = at[at < min(end, days)]
    return pd.DataFrame(
        {
            "who": who,
            "basket_id": [f"{who}-{basket}" for basket in range(len(at))],
            "sold_at": (START + pd.to_timedelta(at, unit="D")).floor("s"),
            "item_id": random.choice(["bread", "milk", "tea"], len(at)),
            "amount": random.gamma(3.0, 4.0, len(at)).round(2),
            "quantity": 1.0,
        }
    )


def _shopping(random: np.random.Generator, who: str, days: int) -> pd.DataFrame:
    """The lines of one customer of the grocer, who shops every five days or so."""
    items = np.array([item for of_category in GOODS.values() for item in of_category])
    liked = np.isin(items, list(GOODS.values())[random.integers(len(GOODS))])
    discovered = np.sort(random.uniform(0, 1.2 * days, (len(GOODS), 4))).ravel()
    at = np.cumsum(random.exponential(5.0, 4 * days))
    rows = []
    for basket, day in enumerate(at[at < days]):
        chance = np.where(np.isin(items, STAPLES), 0.6, np.where(liked & (discovered < day), 0.4, 0.02))
        chosen = set(items[random.random(len(items)) < chance])
        chosen |= {
            second for first, second in COMPLEMENTS.items() if first in chosen and random.random() < 0.5
        }
        sold_at = (START + pd.to_timedelta(day, unit="D")).floor("s")
        rows += [
            (who, f"{who}-{basket}", sold_at, item, round(random.gamma(3.0, 1.0), 2))
            for item in sorted(chosen)
        ]
    return pd.DataFrame(rows, columns=["who", "basket_id", "sold_at", "item_id", "amount"])


def _subscribers(random: np.random.Generator, customers: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": _ids(customers),
            "plan": random.choice(["basic", "plus"], customers),
            "calls": random.poisson(3.0, customers),
            "minutes": random.gamma(4.0, 30.0, customers).round(1),
        }
    )


def _risk(people: pd.DataFrame) -> NDArray[np.float64]:
    odds = 0.8 * (people["calls"] - 4) + 1.2 * (people["plan"] == "basic") - 0.4
    return np.asarray(1 / (1 + np.exp(-odds.to_numpy(dtype=np.float64))))


def _ids(customers: int) -> list[str]:
    return [f"{CANARY}{who:04}" for who in range(customers)]


def _declared(folder: Path, people: pd.DataFrame, declaration: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    people.to_csv(folder / "people.csv", index=False)
    path = folder / "dataset.toml"
    path.write_text(declaration, encoding="utf-8")
    return path
