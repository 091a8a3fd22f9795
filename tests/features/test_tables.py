import hashlib
import os
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.errors import InputError
from features.tables import load_tables
from tests.features.shop import EXPLICIT, INACTIVITY, LINES, SHOP, changed, declare, load

ITEMS = """\
[sources.goods]
path = "goods.csv"
[tables.items]
source = "goods"
columns = { name = "title" }
"""
GOODS = "item_id,title,price\ni1,Apple,1.00\ni2,Bread,4.50\ni3,Cheese,7.25\n"


def written(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_tables_are_canonical(tmp_path: Path) -> None:
    tables = load(tmp_path, INACTIVITY + SHOP + ITEMS, goods=GOODS)

    assert tables.transactions is not None
    assert tables.items is not None
    assert {name: str(dtype) for name, dtype in tables.transactions.schema().items()} == {
        "customer_id": "string",
        "basket_id": "string",
        "ts": "timestamp(6)",
        "item_id": "string",
        "amount": "float64",
        "quantity": "float64",
    }
    assert tables.transactions.limit(1).to_pyarrow().to_pylist() == [
        {
            "customer_id": "007",
            "basket_id": "b4",
            "ts": datetime(2024, 2, 1, 9, 30),  # noqa: DTZ001 - canonical timestamps carry no zone
            "item_id": "i2",
            "amount": 4.5,
            "quantity": 1.0,
        }
    ]
    assert tables.items.to_pyarrow().to_pylist()[0] == {"item_id": "i1", "name": "Apple", "price": 1.0}
    assert tables.customers is tables.contacts is tables.feedback is None


def test_the_period_is_that_of_the_transactions(tmp_path: Path) -> None:
    assert load(tmp_path).period == (
        datetime(2024, 1, 5, 10, 0, tzinfo=UTC),
        datetime(2024, 3, 1, 7, 45, 10, tzinfo=UTC),
    )


def test_a_plain_customer_table_is_enough_for_explicit_churn(tmp_path: Path) -> None:
    shop = '[sources]\npeople = { path = "people.csv" }\n[tables.customers]\nsource = "people"\n'
    tables = load(tmp_path, EXPLICIT + shop, people="customer_id,churned,minutes\n0815,yes,12\n4711,no,7.5\n")

    assert tables.customers is not None
    assert tables.transactions is None
    assert tables.period is None
    assert tables.customers.to_pyarrow().to_pylist() == [
        {"customer_id": "0815", "churned": True, "minutes": 12.0},
        {"customer_id": "4711", "churned": False, "minutes": 7.5},
    ]


def test_only_the_tables_are_left_behind(tmp_path: Path) -> None:
    load(tmp_path, INACTIVITY + SHOP + ITEMS, goods=GOODS)

    assert set(written(tmp_path / "workspace")) == {
        "tables/record.json",
        "tables/transactions.parquet",
        "tables/items.parquet",
    }


def test_one_bad_table_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"items\.price must be a number"):
        load(tmp_path, INACTIVITY + SHOP + ITEMS, goods=GOODS.replace("4.50", "free"))

    assert list((tmp_path / "workspace").iterdir()) == []


def test_a_refused_load_leaves_the_tables_of_the_last_one(tmp_path: Path) -> None:
    load(tmp_path)
    before = written(tmp_path / "workspace")

    with pytest.raises(InputError):
        load(tmp_path, lines=changed(4, "c-3,b3,never,i1,1.00,1"))
    assert written(tmp_path / "workspace") == before


def test_the_same_input_has_the_same_fingerprint_and_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    tables = [load(folder) for folder in folders]

    assert tables[0].fingerprint == tables[1].fingerprint
    assert len(tables[0].fingerprint) == len(hashlib.sha256().hexdigest())
    files = [(folder / "workspace" / "tables" / "transactions.parquet").read_bytes() for folder in folders]
    assert files[0] == files[1]


def test_other_data_has_another_fingerprint(tmp_path: Path) -> None:
    first = load(tmp_path).fingerprint

    assert load(tmp_path, lines=changed(1, "007,b4,2024-02-01 09:30:00,i2,4.51,1")).fingerprint != first


def test_rows_keep_the_order_of_their_source(tmp_path: Path) -> None:
    lines = load(tmp_path).transactions

    assert lines is not None
    assert lines.basket_id.to_pyarrow().to_pylist() == [row.split(",")[1] for row in LINES.splitlines()[1:]]


def test_the_result_of_sql_does_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    shop = SHOP.replace('source = "lines"', 'sql = "SELECT DISTINCT * FROM lines"')
    header, *rows = LINES.splitlines()
    first = load(tmp_path, INACTIVITY + shop).fingerprint
    random.Random(7).shuffle(rows)

    assert load(tmp_path, INACTIVITY + shop, lines="\n".join([header, *rows]) + "\n").fingerprint == first


def test_unchanged_files_are_not_written_again(tmp_path: Path) -> None:
    dataset = declare(tmp_path, INACTIVITY + SHOP, lines=LINES)
    first = load_tables(dataset, tmp_path / "workspace")
    file = tmp_path / "workspace" / "tables" / "transactions.parquet"
    before = file.stat().st_ino

    assert load_tables(dataset, tmp_path / "workspace").fingerprint == first.fingerprint
    assert file.stat().st_ino == before


def test_a_changed_source_is_read_again(tmp_path: Path) -> None:
    dataset = declare(tmp_path, INACTIVITY + SHOP, lines=LINES)
    first = load_tables(dataset, tmp_path / "workspace")
    (tmp_path / "lines.csv").write_text(LINES.replace("7.25", "7.35"))
    os.utime(tmp_path / "lines.csv", ns=(1, 1))

    assert load_tables(dataset, tmp_path / "workspace").fingerprint != first.fingerprint


def test_a_changed_declaration_is_read_again(tmp_path: Path) -> None:
    load(tmp_path, INACTIVITY + SHOP + ITEMS, goods=GOODS)

    items = load(tmp_path, INACTIVITY + SHOP + ITEMS.replace("name", "brand"), goods=GOODS).items
    assert items is not None
    assert items.columns == ("item_id", "brand", "price")


@pytest.mark.parametrize("damage", ["transactions.parquet", "record.json"])
def test_damaged_tables_are_written_anew(tmp_path: Path, damage: str) -> None:
    dataset = declare(tmp_path, INACTIVITY + SHOP, lines=LINES)
    first = load_tables(dataset, tmp_path / "workspace")
    (tmp_path / "workspace" / "tables" / damage).write_bytes(b"{")

    again = load_tables(dataset, tmp_path / "workspace")
    assert again.fingerprint == first.fingerprint
    assert again.transactions is not None
    assert again.transactions.count().to_pyarrow().as_py() == 10


def test_a_database_is_always_read_again(tmp_path: Path) -> None:
    shop = '[sources]\nlines = { database = "sqlite:///shop.db", table = "lines" }\n'
    dataset = declare(tmp_path, INACTIVITY + shop + '[tables.transactions]\nsource = "lines"\n')
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE lines (customer_id INTEGER, basket_id, ts, item_id, amount REAL)")
    for basket in (1, 2):
        connection.execute("INSERT INTO lines VALUES (7, ?, '2024-01-01', 'i', 1.5)", [basket])
        connection.commit()
        lines = load_tables(dataset, tmp_path / "workspace").transactions
        assert lines is not None
        assert lines.count().to_pyarrow().as_py() == basket
    connection.close()


def test_inputs_are_not_modified(tmp_path: Path) -> None:
    load(tmp_path)

    assert (tmp_path / "lines.csv").read_text() == LINES


def test_tables_can_be_read_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = declare(tmp_path, INACTIVITY + SHOP, lines=LINES)
    monkeypatch.chdir(tmp_path)
    tables = load_tables(dataset, Path("workspace"))
    monkeypatch.chdir("/")

    assert tables.transactions is not None
    assert tables.transactions.count().to_pyarrow().as_py() == 10
