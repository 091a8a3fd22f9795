from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.features.shop import INACTIVITY, SHOP, column, load, refusal, values


def typed_lines(folder: Path, **columns: list[object] | pa.Array) -> str:
    """Two lines of one basket as Parquet, with some columns replaced."""
    lines = {
        "customer_id": ["007", "12"],
        "basket_id": [1, 2],
        "ts": [datetime(2024, 1, 1, 10, 0, 0, 900_000), datetime(2024, 1, 2)],  # noqa: DTZ001 - naive means UTC
        "item_id": ["i1", "i2"],
        "amount": [1.0, 2.0],
    }
    pq.write_table(pa.table({**lines, **columns}), folder / "lines.parquet")
    return INACTIVITY + SHOP.replace(".csv", ".parquet")


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        (
            "customer_id",
            [17.0, 18.0],
            "must be text of up to 128 characters or a whole number: 2 of 2 rows break this, first '17.0', '18.0'",
        ),
        (
            "item_id",
            ["i" * 129, "i" * 128],
            "transactions.item_id must be text of up to 128 characters or a whole number: 1 of 2 rows breaks this",
        ),
        (
            "customer_id",
            [True, False],
            'but column "customer_id" of source "lines" has the type boolean; cast it',
        ),
        ("customer_id", [None, None], "transactions.customer_id must not be empty: 2 of 2 rows"),
        (
            "ts",
            [20240101, 20240102],
            "must be a date or a time such as 2017-12-31 or 2017-12-31T10:00:00, but column",
        ),
        ("amount", [True, False], "transactions.amount must be a number, but column"),
        ("amount", [float("nan"), 1.0], "transactions.amount must not be empty: 1 of 2 rows breaks this"),
        ("amount", [float("inf"), 1.0], "transactions.amount must be a number: 1 of 2 rows breaks this"),
        ("channel", [["a"], ["b"]], "transactions.channel must be text, but column"),
        (
            "promoted",
            [2, 0],
            "transactions.promoted must be true or false (or yes or no, 1 or 0): 1 of 2 rows",
        ),
    ],
)
def test_a_wrong_type_is_refused(tmp_path: Path, name: str, wrong: list[object], message: str) -> None:
    assert message in refusal(tmp_path, typed_lines(tmp_path, **{name: wrong}))


def test_ids_become_text_and_keep_their_zeros(tmp_path: Path) -> None:
    decimals = pa.array([17, 18], pa.decimal128(20, 0))
    lines = load(tmp_path, typed_lines(tmp_path, item_id=decimals)).transactions

    assert values(lines, "customer_id") == ["007", "12"]
    assert values(lines, "basket_id") == ["1", "2"]
    assert values(lines, "item_id") == ["17", "18"]


@pytest.mark.parametrize(
    "moments",
    [
        pa.array([datetime(2024, 1, 1, 8, 0, 0, 999_000), datetime(2024, 7, 1)]),  # noqa: DTZ001 - naive means UTC
        pa.array([1_704_096_000_999_999_999, 1_719_792_000_000_000_000], pa.timestamp("ns")),
        pa.array([1_704_096_000_999, 1_719_792_000_000], pa.timestamp("ms", "Europe/Berlin")),
        ["2024-01-01T10:00:00.9+02:00", "2024-07-01T02:00:00+02:00"],
        ["2024-01-01T08:00:00Z", "2024-07-01 00:00:00 UTC"],
        ["2024-01-01 09:00:00 Europe/Berlin", "2024-07-01 02:00:00 Europe/Berlin"],
        ["2024-01-01 08:00", "2024-07-01"],
    ],
)
def test_a_timestamp_is_utc_in_whole_seconds(tmp_path: Path, moments: list[object] | pa.Array) -> None:
    lines = load(tmp_path, typed_lines(tmp_path, ts=moments)).transactions

    assert [f"{moment:%Y-%m-%d %H:%M:%S.%f}" for moment in values(lines, "ts")] == [
        "2024-01-01 08:00:00.000000",
        "2024-07-01 00:00:00.000000",
    ]


def test_a_date_is_its_midnight_and_a_moment_before_1970_is_floored_too(tmp_path: Path) -> None:
    dates = pa.array([19_723, 0], pa.date32())
    early = pa.array([-500_000, 0], pa.timestamp("us"))

    days = load(tmp_path, typed_lines(tmp_path, ts=dates)).transactions
    assert [str(moment) for moment in values(days, "ts")] == ["2024-01-01 00:00:00", "1970-01-01 00:00:00"]
    old = load(tmp_path, typed_lines(tmp_path, ts=early)).transactions
    assert [str(moment) for moment in values(old, "ts")] == ["1969-12-31 23:59:59", "1970-01-01 00:00:00"]


def test_flags_are_read_from_text_in_any_case(tmp_path: Path) -> None:
    flags = ["True", "yes", "Y", "t", "1", "FALSE", "no", "n", "F", ""]
    lines = load(tmp_path, lines=column("promoted", flags)).transactions

    assert values(lines, "promoted") == [*[True] * 5, *[False] * 4, None]


def test_a_word_that_is_no_flag_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, lines=column("promoted", ["maybe", *["yes"] * 9]))

    assert "transactions.promoted must be true or false (or yes or no, 1 or 0): 1 of 10 rows" in said
