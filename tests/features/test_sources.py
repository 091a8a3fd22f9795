import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.tables import Tables
from tests.features.shop import INACTIVITY, LINES, SHOP, changed, load, refusal, values

IDS = ["007", "12", "12", "c-3", "007", "12", "c-3", "c-3", "x", "x"]
NUMBERED = """\
[sources]
lines = { database = "DATABASE", table = "orders" }
[tables.transactions]
source = "lines"
"""
SHAPED = """\
[sources]
lines = { path = "lines.csv" }
other = { path = "nowhere.csv" }
[tables.transactions]
sql = '''SQL'''
"""


def ids(tables: Tables) -> list[str]:
    return values(tables.transactions, "customer_id")


def shaped(sql: str) -> str:
    return INACTIVITY + SHAPED.replace("SQL", sql)


def rows_of(lines: str) -> list[list[str]]:
    return [line.split(",") for line in lines.splitlines()]


def parquet(folder: Path) -> str:
    header, *rows = rows_of(LINES)
    columns = [list(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=header), folder / "lines.parquet")
    return INACTIVITY + SHOP.replace(".csv", ".parquet")


def sqlite_shop(folder: Path) -> str:
    header, *rows = rows_of(LINES)
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute(f"CREATE TABLE orders ({', '.join(header)})")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    return INACTIVITY + NUMBERED.replace("DATABASE", "sqlite:///shop.db")


def duckdb_shop(folder: Path) -> str:
    header, *rows = rows_of(LINES)
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.execute(f"CREATE TABLE orders ({' VARCHAR, '.join(header)} VARCHAR)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", rows)
    return INACTIVITY + NUMBERED.replace("DATABASE", "duckdb:///shop.duckdb")


def test_csv_ids_keep_their_leading_zeros(tmp_path: Path) -> None:
    assert ids(load(tmp_path)) == IDS


def test_parquet_is_read(tmp_path: Path) -> None:
    assert ids(load(tmp_path, parquet(tmp_path))) == IDS


def test_a_sql_database_is_read_beside_the_declaration(tmp_path: Path) -> None:
    tables = load(tmp_path, sqlite_shop(tmp_path))

    assert ids(tables) == IDS
    assert tables.transactions is not None
    assert tables.transactions.amount.sum().to_pyarrow().as_py() == pytest.approx(27.5)


def test_a_duckdb_file_is_read_and_stays_as_it_was(tmp_path: Path) -> None:
    declaration = duckdb_shop(tmp_path)
    before = (tmp_path / "shop.duckdb").read_bytes()

    assert ids(load(tmp_path, declaration)) == IDS
    assert (tmp_path / "shop.duckdb").read_bytes() == before


def test_a_table_may_name_its_schema(tmp_path: Path) -> None:
    declaration = duckdb_shop(tmp_path).replace('"orders"', '"old.orders"')
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute(
            "CREATE SCHEMA old; CREATE TABLE old.orders AS FROM main.orders WHERE item_id = 'i3'"
        )

    assert ids(load(tmp_path, declaration)) == ["12", "c-3"]


def test_a_database_url_takes_names_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declaration = sqlite_shop(tmp_path).replace("shop.db", "${SHOP_FILE}.db")

    assert 'source "lines" needs the environment variable SHOP_FILE; set it' in refusal(tmp_path, declaration)
    monkeypatch.setenv("SHOP_FILE", "shop")
    assert ids(load(tmp_path, declaration)) == IDS


def test_a_file_inside_a_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "little_shop" / "data"
    folder.mkdir(parents=True)
    (folder / "lines.csv").write_text(LINES)
    (tmp_path / "little_shop" / "__init__.py").write_text("raise RuntimeError('never imported')\n")
    monkeypatch.syspath_prepend(tmp_path)

    declaration = INACTIVITY + SHOP.replace("lines.csv", "package:little_shop/data/lines.csv")
    assert ids(load(tmp_path, declaration)) == IDS


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path, INACTIVITY + SHOP.replace("lines.csv", "package:no_such_shop/lines.csv"))

    assert 'the Python package "no_such_shop" of package:no_such_shop/lines.csv is not installed' in said


@pytest.mark.parametrize(("delimiter", "written"), [(";", ";"), ("\t", "\\t"), ("|", "|")])
def test_another_delimiter_is_named_and_then_taken(tmp_path: Path, delimiter: str, written: str) -> None:
    lines = LINES.replace(",", delimiter)

    said = refusal(tmp_path, lines=lines)
    assert 'source "lines" (lines.csv) has a single column with the delimiter ","' in said
    assert said.endswith(f'give the source its delimiter = "{written}"')

    declaration = INACTIVITY + SHOP.replace('.csv"', f'.csv", delimiter = "{written}"')
    assert ids(load(tmp_path, declaration, lines=lines)) == IDS


@pytest.mark.parametrize(
    ("encoding", "told"), [("latin-1", "cp1252"), ("utf-16", "utf-16"), ("cp1252", "cp1252")]
)
@pytest.mark.parametrize("line", [0, 9])
def test_another_encoding_is_told_and_then_taken(tmp_path: Path, encoding: str, told: str, line: int) -> None:
    text = LINES.replace("quantity", "größe") if line == 0 else changed(9, "ä,b7,2024-03-01,i2,0.00,1")
    plain = INACTIVITY + SHOP.replace("lines.csv", "raw.csv")
    plain += 'columns = { quantity = "größe" }\n' if line == 0 else ""
    (tmp_path / "raw.csv").write_bytes(text.encode(encoding))

    said = refusal(tmp_path, plain)
    assert 'source "lines" (raw.csv)' in said
    assert f'encoding = "{told}"' in said

    tables = load(tmp_path, plain.replace('.csv"', f'.csv", encoding = "{encoding}"'))
    assert ids(tables) == (IDS if line == 0 else [*IDS[:8], "ä", "x"])


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert ids(load(tmp_path, lines="\ufeff" + LINES)) == IDS


def test_a_column_without_a_name_is_left_out(tmp_path: Path) -> None:
    lines = "".join(f"{'' if place == 0 else place},{row}\n" for place, row in enumerate(LINES.splitlines()))

    assert ids(load(tmp_path, lines=lines)) == IDS


def test_a_line_with_too_many_cells_is_shown(tmp_path: Path) -> None:
    said = refusal(tmp_path, lines=changed(3, "12,b1,2024-01-05,i3,7,25,1"))

    assert 'cannot read source "lines"' in said
    assert "Line: 4" in said
    assert "12,b1,2024-01-05,i3,7,25,1" in said


@pytest.mark.parametrize("twice", ["ts", "TS"])
def test_repeated_csv_columns_are_refused(tmp_path: Path, twice: str) -> None:
    said = refusal(tmp_path, lines=LINES.replace("quantity", twice))

    assert said == (
        'source "lines" (lines.csv) has more than one column named ts (case aside); rename all but one'
    )


def test_repeated_parquet_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table([["a"], ["b"]], names=["ts", "ts"]), tmp_path / "lines.parquet")

    said = refusal(tmp_path, INACTIVITY + SHOP.replace(".csv", ".parquet"))
    assert 'source "lines" (lines.parquet) has more than one column named ts' in said


@pytest.mark.parametrize("kept", [0, 3, 0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(tmp_path: Path, kept: float) -> None:
    declaration = parquet(tmp_path)
    whole = (tmp_path / "lines.parquet").read_bytes()
    (tmp_path / "lines.parquet").write_bytes(whole[: int(kept * len(whole)) if kept < 1 else int(kept)])

    assert 'cannot read source "lines" (lines.parquet): ' in refusal(tmp_path, declaration)


def test_a_parquet_file_that_is_broken_inside_is_refused(tmp_path: Path) -> None:
    declaration = parquet(tmp_path)
    whole = bytearray((tmp_path / "lines.parquet").read_bytes())
    whole[4:400] = b"\xff" * 396
    (tmp_path / "lines.parquet").write_bytes(whole)

    assert 'cannot read source "lines": ' in refusal(tmp_path, declaration)


def test_an_empty_csv_file_is_refused(tmp_path: Path) -> None:
    assert 'source "lines" (lines.csv) is an empty file' in refusal(tmp_path, lines="")


@pytest.mark.parametrize("path", ["gone.csv", "gone.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, path: str) -> None:
    said = refusal(tmp_path, INACTIVITY + SHOP.replace("lines.csv", path))

    assert said == f"there is no file {tmp_path / path}; correct the path of the source in dataset.toml"


@pytest.mark.parametrize("database", ["sqlite:///gone.db", "duckdb:///gone.duckdb"])
def test_a_missing_database_is_named_and_not_made(tmp_path: Path, database: str) -> None:
    said = refusal(tmp_path, INACTIVITY + NUMBERED.replace("DATABASE", database))

    assert said.startswith(f"there is no file {tmp_path}/gone.")
    assert not list(tmp_path.glob("gone*"))


@pytest.mark.parametrize("shop", [sqlite_shop, duckdb_shop])
def test_an_unknown_table_offers_the_nearest(tmp_path: Path, shop: Callable[[Path], str]) -> None:
    said = refusal(tmp_path, shop(tmp_path).replace('"orders"', '"order"'))

    assert said == 'source "lines" has no table "order" (did you mean "orders"?)'


@pytest.mark.parametrize("database", ["sqlite:///lines.csv", "duckdb:///lines.csv"])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, database: str) -> None:
    said = refusal(tmp_path, INACTIVITY + NUMBERED.replace("DATABASE", database))

    assert said.startswith('cannot read source "lines"')


@pytest.mark.parametrize("database", ["shop.db", "nosuchengine://host/shop"])
def test_a_bad_database_url_is_refused(tmp_path: Path, database: str) -> None:
    assert 'source "lines"' in refusal(tmp_path, INACTIVITY + NUMBERED.replace("DATABASE", database))


def test_sql_shapes_sources_and_opens_only_those_it_names(tmp_path: Path) -> None:
    tables = load(tmp_path, shaped("SELECT * FROM lines WHERE item_id = 'i3';\n"))

    assert ids(tables) == ["12", "c-3"]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "SELECT FROM FROM lines",
            "the sql of [tables.transactions] must be one SELECT in DuckDB's dialect: syntax",
        ),
        ("DROP TABLE lines", "must be one SELECT in DuckDB's dialect: Only SELECT"),
        ("SELECT 1; SELECT 2", "must be one SELECT in DuckDB's dialect: only one statement is allowed"),
        ("SELECT * FROM line", 'reads no known source, "line" (did you mean "lines"?)'),
        (
            "SELECT amont FROM lines",
            "cannot read the sql of [tables.transactions]: Binder Error: Referenced column",
        ),
        (
            "SELECT ts, amount AS ts FROM lines",
            "the sql of [tables.transactions] has more than one column named ts",
        ),
        (
            "SELECT item_id::INT AS item_id FROM lines",
            "cannot read the sql of [tables.transactions]: Conversion Error: Could not convert string 'i",
        ),
        ("SELECT * FROM 'secret.csv'", "name the file under [sources] and select from that name"),
        ("SELECT * FROM read_csv('secret.csv')", "name the file under [sources] and select from that name"),
        ("SELECT * FROM read_csv('https://example.com/x.csv')", "name the file under [sources]"),
    ],
)
def test_sql_that_cannot_run_is_refused(tmp_path: Path, sql: str, message: str) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")

    assert message in refusal(tmp_path, shaped(sql))
