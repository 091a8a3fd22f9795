"""Made-up histories of twelve customers over half a year, in every table that a snapshot reads."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from features.feature_set import features_at
from features.workspace import Workspace, open_workspace
from tests.features.shop import INACTIVITY

Row = Mapping[str, Any]
Rows = Mapping[str, Sequence[Row]]
Snapshot = dict[str, NDArray[np.float64]]

CUSTOMERS = tuple(f"c{number:02}" for number in range(12))
ITEMS = tuple(f"i{number}" for number in range(9))
OFFERS = ("spring", "summer", "winter")
CHANNELS = (None, "shop", "web")
STORES = (None, "north", "south")
QUANTITIES = (None, -1.0, 0.0, 1.0, 2.0)
KINDS = ("nps", "csat", "complaint")
OFFERED = """\
[cross_sell]
item_level = "category"
horizon_days = 28
new_after_days = 60
segment = "income"
"""
LEVELS = 'income = ["low", "middle", "high"]\n'

START = datetime(2023, 9, 1, tzinfo=UTC)
DAYS = 180
MOMENTS = (
    datetime(2023, 12, 4, tzinfo=UTC),
    datetime(2024, 1, 15, tzinfo=UTC),
    datetime(2024, 2, 5, 13, 37, 11, tzinfo=UTC),
)
"""Each lies inside the period, with rows at it, a second before it and a second after it."""

_TEXT, _NUMBER, _FLAG, _TIME = pa.string(), pa.float64(), pa.bool_(), pa.timestamp("us", tz="UTC")
SCHEMAS = {
    "transactions": pa.schema(
        [
            *[(name, _TEXT) for name in ("customer_id", "basket_id", "item_id", "channel", "store")],
            *[(name, _NUMBER) for name in ("amount", "quantity", "discount")],
            ("promoted", _FLAG),
            ("ts", _TIME),
        ]
    ),
    "items": pa.schema([(name, _TEXT) for name in ("item_id", "category", "department", "brand")]),
    "customers": pa.schema([("customer_id", _TEXT), ("income", _TEXT), ("since", _TIME), ("age", _NUMBER)]),
    "contacts": pa.schema(
        [("customer_id", _TEXT), ("offer_id", _TEXT), ("treated", _FLAG), ("cost", _NUMBER), ("ts", _TIME)]
    ),
    "responses": pa.schema([("customer_id", _TEXT), ("offer_id", _TEXT), ("value", _NUMBER), ("ts", _TIME)]),
    "feedback": pa.schema([("customer_id", _TEXT), ("kind", _TEXT), ("score", _NUMBER), ("ts", _TIME)]),
    "consents": pa.schema(
        [
            *[(name, _TEXT) for name in ("customer_id", "channel", "purpose")],
            ("granted", _FLAG),
            ("ts", _TIME),
        ]
    ),
}
TIMED = ("transactions", "contacts", "responses", "feedback", "consents")


def made_up(seed: int) -> Rows:
    """Seven tables full of rows; every customer has rows of every kind."""
    chance = random.Random(seed)
    lines = [_line(chance, customer) for customer in CUSTOMERS for _ in range(chance.randint(8, 25))]
    edges = [
        {**_line(chance, customer), "quantity": 1.0, "amount": 2.5, "ts": moment + timedelta(seconds=second)}
        for moment in MOMENTS
        for second in (-1, 0, 1)
        for customer in chance.sample(CUSTOMERS, 2)
    ]
    further = {
        name: [
            {
                "customer_id": customer,
                "ts": _moment(chance),
                "offer_id": chance.choice(OFFERS),
                "treated": chance.choice((None, True, False)),
                "cost": _money(chance),
                "value": _money(chance),
                "kind": chance.choice(KINDS),
                "score": chance.choice((None, 3.0, 7.0, 10.0)),
                "channel": chance.choice(("email", "mail")),
                "purpose": chance.choice(("marketing", "service")),
                "granted": chance.choice((True, False)),
            }
            for customer in CUSTOMERS
            for _ in range(chance.randint(1, 5))
        ]
        for name in TIMED[1:]
    }
    return {
        "transactions": [*lines, *edges],
        "items": _items(chance),
        "customers": _people(chance),
        **further,
    }


def before(rows: Rows, as_of: datetime) -> Rows:
    """What had happened before a moment."""
    return {
        name: [row for row in table if name not in TIMED or row["ts"] < as_of] for name, table in rows.items()
    }


@contextmanager
def opened(rows: Rows) -> Iterator[Workspace]:
    """The rows as Parquet files, declared and loaded as a user would."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        declaration = INACTIVITY + OFFERED
        for table, content in rows.items():
            pq.write_table(pa.Table.from_pylist(list(content), SCHEMAS[table]), folder / f"{table}.parquet")
            declaration += (
                f'[sources.{table}]\npath = "{table}.parquet"\n[tables.{table}]\nsource = "{table}"\n'
            )
        (folder / "dataset.toml").write_text(f"{declaration}[attributes]\n{LEVELS}")
        workspace = open_workspace(folder / "dataset.toml", folder / "workspace")
        yield workspace
        workspace.tables.connection.disconnect()


def snapshot_of(workspace: Workspace, as_of: datetime) -> Snapshot:
    """Every known customer's features in the order of the feature set, NaN where unknown."""
    rows = features_at(workspace.tables, workspace.features, as_of).to_pyarrow().to_pylist()
    return {row.pop("customer_id"): np.array(list(row.values()), dtype=np.float64) for row in rows}


def features_of(rows: Rows, as_of: datetime) -> Snapshot:
    """The snapshot of these rows."""
    with opened(rows) as workspace:
        return snapshot_of(workspace, as_of)


def assert_same(found: Snapshot, expected: Snapshot) -> None:
    """The same customers with the same features, but for the order in which floats were summed."""
    assert set(found) == set(expected)
    for customer, features in expected.items():
        np.testing.assert_allclose(found[customer], features, rtol=1e-9, atol=1e-9, err_msg=customer)


def _line(chance: random.Random, customer: str) -> Row:
    quantity = chance.choice(QUANTITIES)
    return {
        "customer_id": customer,
        "basket_id": f"b{chance.randint(1, 12)}",
        "item_id": chance.choice(ITEMS),
        "amount": _money(chance) * (-1 if quantity == -1 else 1),
        "quantity": quantity,
        "discount": chance.choice((None, 0.0, 0.35)),
        "channel": chance.choice(CHANNELS),
        "store": chance.choice(STORES),
        "promoted": chance.choice((None, True, False)),
        "ts": _moment(chance),
    }


def _items(chance: random.Random) -> list[Row]:
    return [
        {
            "item_id": item,
            "category": item[-1] + "kind",
            "department": chance.choice("xy"),
            "brand": chance.choice(STORES),
        }
        for item in ITEMS[:-1]
    ]


def _people(chance: random.Random) -> list[Row]:
    return [
        {
            "customer_id": customer,
            "income": chance.choice((None, "low", "high")),
            "since": _moment(chance),
            "age": 40.5,
        }
        for customer in CUSTOMERS[:-1]
    ]


def _money(chance: random.Random) -> float:
    return round(chance.uniform(0, 30), 2)


def _moment(chance: random.Random) -> datetime:
    return START + timedelta(seconds=chance.randrange(DAYS * 86_400))
