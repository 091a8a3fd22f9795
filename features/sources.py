"""Opens the sources of a dataset on one DuckDB connection and gives each table's rows as they were found."""

import codecs
import csv
import importlib.util
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy
from ibis.backends.duckdb import Backend

from features.contract import choice
from features.dataset import Dataset, Source
from features.errors import InputError

_CHUNK = 50_000
_DELIMITERS = ";\t|,"


@dataclass(frozen=True)
class RawTable:
    """Rows as they were found. `as_text`: every value is text, since the source knows no types (CSV, SQL)."""

    rows: ibis.Table
    as_text: bool
    origin: str


def file_of(dataset: Dataset, source: Source) -> Path | None:
    """The file of a Parquet or CSV source, absolute; None for a database.

    Raises `InputError` when there is no such file or package.
    """
    if source.path is None:
        return None
    inside = source.path.startswith("package:")
    file = _inside_package(source.path) if inside else dataset.folder / source.path
    if not file.is_file():
        raise InputError(f"there is no file {file}; correct the path of the source in {dataset.path.name}")
    return file.resolve()


def _inside_package(path: str) -> Path:
    """The file in the package's folder; the package itself is not imported."""
    package, _, inside = path.removeprefix("package:").partition("/")
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f'the Python package "{package}" of {path} is not installed; install it first')
    return Path(spec.submodule_search_locations[0], inside)


def used_sources(dataset: Dataset) -> tuple[str, ...]:
    """Names of the sources that tables read, in the order of the declaration."""
    used: set[str] = set()
    for name, table in dataset.tables.items():
        used |= {table.source} if table.source else _names_in(name, table.sql or "")
    return tuple(name for name in dataset.sources if name in used)


def open_tables(connection: Backend, dataset: Dataset, staging: Path) -> dict[str, RawTable]:
    """The raw rows of every mapped table, by the contract's name.

    `staging` is an empty folder that outlives them: databases and the results of `sql` are copied there.
    Afterwards the connection reads only the named sources, so that `sql` can reach nothing else.
    Raises `InputError` for whatever cannot be read.
    """
    used = used_sources(dataset)
    files = {name: file_of(dataset, dataset.sources[name]) for name in used}
    text = {name: _open(connection, dataset, name, files[name], staging) for name in used}
    connection.con.execute("SET allowed_paths = ?", [[str(file) for file in files.values() if file]])
    connection.con.execute("SET allowed_directories = ?", [[str(staging)]])
    connection.con.execute("SET enable_external_access = false")
    raw = {}
    for name, table in dataset.tables.items():
        if table.source is not None:
            raw[name] = RawTable(
                connection.table(table.source), text[table.source], f'source "{table.source}"'
            )
        else:
            as_text = any(text[source] for source in used if source in _names_in(name, table.sql or ""))
            raw[name] = RawTable(_shaped(connection, dataset, name, staging), as_text, "its sql")
    return raw


@contextmanager
def reading_source(what: str) -> Iterator[None]:
    """Turn whatever a broken source makes DuckDB say into one `InputError` sentence about `what`."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        said = re.split(r"\n\n|\nPossible |\nLINE ", str(error))[0].strip()
        raise InputError(f"cannot read {what}: {' '.join(said.split())}{_way_out(said)}") from error


def _way_out(said: str) -> str:
    if "utf-8" in said or "unicode" in said:
        return ' (give its encoding with the source, for example encoding = "cp1252")'
    if "Permission Error" in said:
        return " (name the file under [sources] and select from that name)"
    if "CSV Error" in said:
        return ' (mend the line, or give the delimiter with the source, for example delimiter = ";")'
    return ""


def _open(connection: Backend, dataset: Dataset, name: str, file: Path | None, staging: Path) -> bool:
    """Make the source a view of its name; True when its values are all text."""
    source = dataset.sources[name]
    with reading_source(f'source "{name}" ({source.path or "a database"})'):
        if file is None:
            return _open_database(connection, dataset, name, staging)
        if source.suffix == ".parquet":
            _refuse_repeated(pq.read_schema(file).names, f'source "{name}" ({source.path})')
            connection.read_parquet(file, table_name=name)
            return False
        _open_csv(connection, name, source, file, staging)
        return True


def _refuse_repeated(columns: Iterable[str], where: str) -> None:
    repeated = [column for column, count in Counter(map(str.casefold, columns)).items() if count > 1]
    if repeated:
        raise InputError(
            f"{where} has more than one column named {', '.join(repeated)} (case aside); rename all but one"
        )


def _open_csv(connection: Backend, name: str, source: Source, file: Path, staging: Path) -> None:
    where = f'source "{name}" ({source.path})'
    header = _header(source, file, where)
    _refuse_repeated(filter(None, header), where)
    if codecs.lookup(source.encoding).name != "utf-8":
        file = _recoded(file, source.encoding, staging / f"{name}.csv", where)
    columns = [column or f"unnamed {place}" for place, column in enumerate(header)]
    view = connection.read_csv(
        str(file),
        columns=dict.fromkeys(columns, "string"),
        auto_detect=False,
        header=True,
        delim=source.delimiter,
        quote='"',
        escape='"',
    )
    connection.create_view(name, view.select(*filter(None, header)))


def _header(source: Source, file: Path, where: str) -> list[str]:
    encoding = "utf-8-sig" if codecs.lookup(source.encoding).name == "utf-8" else source.encoding
    with _decoding(file, source.encoding, where), file.open(encoding=encoding, newline="") as lines:
        header = next(csv.reader(lines, delimiter=source.delimiter), [])
    if not header:
        raise InputError(f"{where} is an empty file; its first line must name the columns")
    likely = max(_DELIMITERS, key=header[0].count)
    if len(header) == 1 and likely in header[0]:
        found = f'has a single column with the delimiter "{source.delimiter}", "{header[0]}"'
        raise InputError(f"{where} {found}; give the source its delimiter = {json.dumps(likely)}")
    return header


@contextmanager
def _decoding(file: Path, encoding: str, where: str) -> Iterator[None]:
    try:
        yield
    except (UnicodeError, csv.Error) as error:
        with file.open("rb") as start:
            marked = start.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        way_out = f'give the source its encoding, for example encoding = "{"utf-16" if marked else "cp1252"}"'
        raise InputError(f"{where} is not text in {encoding}: {error}; {way_out}") from error


def _recoded(file: Path, encoding: str, copy: Path, where: str) -> Path:
    """A UTF-8 copy: DuckDB itself reads few encodings."""
    with (
        _decoding(file, encoding, where),
        file.open(encoding=encoding, newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        while text := source.read(1 << 20):
            target.write(text)
    return copy


def _open_database(connection: Backend, dataset: Dataset, name: str, staging: Path) -> bool:
    source = dataset.sources[name]
    url = _url(dataset, name, source.database or "")
    *schema, table = (source.table or "").split(".", 1)
    if url.drivername == "duckdb":
        _attach(connection, name, str(url.database), [*(schema or ["main"]), table])
        return False
    copy = staging / f"{name}.parquet"
    try:
        _copy_table(url, schema[0] if schema else None, table, copy, f'source "{name}"')
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = str(error).splitlines()[0]
        raise InputError(f'cannot read source "{name}": {said}; check its database URL and driver') from error
    connection.read_parquet(copy, table_name=name)
    return True


def _url(dataset: Dataset, name: str, text: str) -> sqlalchemy.URL:
    """The URL with its `${NAME}` filled in and the file of a file database made absolute."""
    try:
        filled = re.sub(r"\$\{(\w+)\}", lambda match: os.environ[match[1]], text)
        url = sqlalchemy.make_url(filled)
    except KeyError as error:
        raise InputError(f'source "{name}" needs the environment variable {error.args[0]}; set it') from error
    except sqlalchemy.exc.ArgumentError as error:
        raise InputError(
            f'source "{name}" has no valid database URL; write it like "sqlite:///shop.db"'
        ) from error
    if url.get_backend_name() not in {"duckdb", "sqlite"}:
        return url
    file = dataset.folder / (url.database or "")
    if not file.is_file():
        raise InputError(f'there is no file {file}; correct the database of source "{name}"')
    return url.set(database=str(file))


def _attach(connection: Backend, name: str, file: str, place: Sequence[str]) -> None:
    schema, table = place
    attached = f"{name} database"
    connection.attach(file, name=attached, read_only=True)
    known = connection.con.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ?", [attached]
    ).fetchall()
    if (schema, table) not in known:
        names = [table if schema == "main" else f"{schema}.{table}" for schema, table in known]
        _refuse_table(f'source "{name}"', ".".join(place).removeprefix("main."), names)
    connection.create_view(name, connection.table(table, database=(attached, schema)))


def _refuse_table(where: str, table: str, known: Sequence[str]) -> None:
    raise InputError(f'{where} has no table "{table}"{choice(table, known)}')


def _copy_table(url: sqlalchemy.URL, schema: str | None, table: str, copy: Path, where: str) -> None:
    """Copy a table to Parquet, chunk by chunk, every value as text: drivers disagree about types."""
    engine = sqlalchemy.create_engine(url)
    try:
        inspector = sqlalchemy.inspect(engine)
        known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        if table not in known:
            _refuse_table(where, table, known)
        star: sqlalchemy.ColumnElement[object] = sqlalchemy.literal_column("*")
        everything = sqlalchemy.select(star).select_from(sqlalchemy.table(table, schema=schema))
        with engine.connect().execution_options(yield_per=_CHUNK) as connection:
            result = connection.execute(everything)
            text = pa.schema(dict.fromkeys(result.keys(), pa.string()))
            with pq.ParquetWriter(copy, text) as writer:
                for rows in result.partitions():
                    writer.write_table(_as_text(rows, text))
    finally:
        engine.dispose()


def _as_text(rows: Sequence[Sequence[object]], schema: pa.Schema) -> pa.Table:
    columns = [
        [None if value is None else str(value) for value in column] for column in zip(*rows, strict=True)
    ]
    return pa.table(columns, schema=schema)


def _parsed(name: str, sql: str) -> str:
    """DuckDB's own parse of one SELECT, as JSON text."""
    with duckdb.connect() as parser:
        (text,) = parser.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()[0]
    tree = json.loads(text)
    if tree["error"] or len(tree["statements"]) != 1:
        why = tree.get("error_message", "only one statement is allowed")
        raise InputError(f"the sql of [tables.{name}] must be one SELECT in DuckDB's dialect: {why}")
    return str(text)


def _names_in(name: str, sql: str) -> set[str]:
    """Names in lower case that a SELECT reads from."""
    return {found.lower() for found in re.findall(r'"table_name":"([^"]*)"', _parsed(name, sql))}


def _shaped(connection: Backend, dataset: Dataset, name: str, staging: Path) -> ibis.Table:
    """The result of the table's `sql`, run once and sorted by all columns, since SQL promises no order."""
    copy = staging / f"shaped {name}.parquet"
    with reading_source(f"the sql of [tables.{name}]"):
        result = _bound(connection, dataset, name)
        _refuse_repeated(result.columns, f"the sql of [tables.{name}]")
        result.order("ALL").write_parquet(str(copy))
    return connection.read_parquet(copy, table_name=f"shaped {name}")


def _bound(connection: Backend, dataset: Dataset, name: str) -> duckdb.DuckDBPyRelation:
    try:
        result: duckdb.DuckDBPyRelation = connection.con.sql(
            (dataset.tables[name].sql or "").strip().rstrip(";")
        )
    except duckdb.CatalogException as error:
        unknown = re.search(r"Table with name (\S+) does not exist", str(error))
        if unknown is None:
            raise
        nearest = choice(unknown[1], dataset.sources)
        raise InputError(
            f'the sql of [tables.{name}] reads no known source, "{unknown[1]}"{nearest}'
        ) from error
    return result
