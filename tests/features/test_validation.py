from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.features.shop import EXPLICIT, INACTIVITY, LINES, SHOP, changed, column, load, refusal, values

PEOPLE = """\
[sources]
people = { path = "people.csv" }
[tables.customers]
source = "people"
"""
OFFERED = """\
promotions = { path = "promotions.csv" }
[tables.promotions]
source = "promotions"
"""
NEXT_WEEK = (datetime.now(UTC) + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M:%SZ")


def people(folder: Path, text: str, further: str = "") -> ibis.Table:
    table = load(folder, EXPLICIT + PEOPLE + further, people=text).customers
    assert table is not None
    return table


def test_a_broken_rule_is_told_whole_in_one_sentence(tmp_path: Path) -> None:
    lines = changed(1, "007,b4,2024-02-01,i2,cheap,1", changed(8, '12,b9,2024-02-01,i2,"4,50",1'))
    declaration = INACTIVITY + SHOP + 'columns = { amount = "paid" }\n'

    assert refusal(tmp_path, declaration, lines=lines.replace("amount", "paid")) == (
        "transactions.amount must be a number: 2 of 10 rows break this, first 'cheap', '4,50' "
        '(column "paid" of source "lines"); write numbers with a decimal point and nothing else, like 1234.50'
    )


def test_three_examples_are_enough(tmp_path: Path) -> None:
    lines = LINES.replace(",i1,", ",i1,EUR ")

    assert "5 of 10 rows break this, first 'EUR 2.00', 'EUR 1.00', 'EUR 1.00' (" in refusal(
        tmp_path, lines=lines
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ",b1,2024-01-05,i1,2.00,2",
            (
                "transactions.customer_id must not be empty: 1 of 10 rows breaks this, first "
                "basket_id='b1', ts='2024-01-05', item_id='i1', amount='2.00' (column"
            ),
        ),
        ('"",b1,2024-01-05,i1,2.00,2', "transactions.customer_id must not be empty: 1 of 10"),
        ("12,  ,2024-01-05,i1,2.00,2", "transactions.basket_id must not be empty: 1 of 10"),
        ("12,b1,,i1,2.00,2", "transactions.ts must not be empty: 1 of 10"),
        (
            "12,b1,2024-01-05,i1,NaN,2",
            "transactions.amount must be a number: 1 of 10 rows breaks this, first 'NaN'",
        ),
        (
            "12,b1,2024-01-05,i1,inf,2",
            "transactions.amount must be a number: 1 of 10 rows breaks this, first 'inf'",
        ),
        (
            "12,b1,2024-01-05,i1,2,two",
            "transactions.quantity must be a number: 1 of 10 rows breaks this, first 'two'",
        ),
        (
            "17.0,b1,2024-01-05,i1,2,2",
            "transactions.customer_id must be text of up to 128 characters or a whole number: 1 of 10 rows",
        ),
        ("12,b1,31.12.2023,i1,2,2", "transactions.ts must be a date or a time such as"),
        ("12,b1,12/31/2023,i1,2,2", "transactions.ts must be a date or a time such as"),
        ("12,b1,2023-02-30,i1,2,2", "transactions.ts must be a date or a time such as"),
        ("12,b1,23-02-20,i1,2,2", "transactions.ts must be a date or a time such as"),
        ("12,b1,20230220,i1,2,2", "transactions.ts must be a date or a time such as"),
        ("12,b1,infinity,i1,2,2", "transactions.ts must be a date or a time such as"),
        (
            "12,b1,2023-02-20T10:00:00+02:00,i1,2,2",
            (
                "transactions.ts must have a time zone in all rows or in none: 9 of 10 rows break this, "
                "first '2024-02-01 09:30:00', '2024-01-05 10:00:00', '2024-01-20 18:15:30' (column"
            ),
        ),
        (f"12,b1,{NEXT_WEEK[:10]},i1,2,2", "transactions.ts must not lie in the future (after "),
        ("12,b1,0001-01-01,i1,2,2", "nor before 1900: 1 of 10 rows breaks this, first '0001-01-01'"),
        (
            "12,b1,2024-01-05,i1,-2.00,2",
            (
                "transactions.amount must not be negative unless the line is a return (quantity below 0): "
                "1 of 10 rows breaks this, first amount='-2.00', quantity='2' (column"
            ),
        ),
        (
            "12,b1,2024-01-05,i1,-2.00,",
            "transactions.amount must not be negative unless the line is a return",
        ),
    ],
)
def test_a_bad_line_is_refused(tmp_path: Path, cells: str, message: str) -> None:
    assert message in refusal(tmp_path, lines=changed(2, cells))


def test_without_a_quantity_no_line_is_a_return(tmp_path: Path) -> None:
    said = refusal(tmp_path, lines=LINES.replace("quantity", "pieces"))

    assert "transactions.amount must not be negative" in said
    assert "first '-1.00' (" in said


def test_missing_columns_are_told_all_at_once(tmp_path: Path) -> None:
    declaration = INACTIVITY + SHOP + 'columns = { amount = "amont", item_id = "quantity" }\n'

    assert refusal(tmp_path, declaration, lines=LINES.replace("basket_id", "receipt")) == (
        'transactions has no column basket_id and no column "amont" for amount (did you mean "amount"?); '
        'source "lines" has customer_id, receipt, ts, item_id, amount, quantity: '
        "correct the names in the mapping of [tables.transactions]"
    )


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, lines=LINES.splitlines()[0] + "\n") == (
        'transactions has no rows: source "lines" is empty; fill it or leave [tables.transactions] out'
    )


def test_optional_cells_may_be_empty(tmp_path: Path) -> None:
    lines = load(tmp_path, lines=column("channel", ["web", " ", *["shop"] * 8])).transactions

    assert values(lines, "channel") == ["web", None, *["shop"] * 8]


def test_own_names_are_found_whatever_their_case(tmp_path: Path) -> None:
    lines = load(tmp_path, lines=LINES.replace("customer_id", "Customer_ID")).transactions

    assert lines is not None
    assert lines.columns == ("customer_id", "basket_id", "ts", "item_id", "amount", "quantity")


@pytest.mark.parametrize(("table", "key"), [("customers", "customer_id"), ("items", "item_id")])
def test_a_key_is_unique(tmp_path: Path, table: str, key: str) -> None:
    declaration = (
        INACTIVITY + SHOP + f'[tables.{table}]\nsource = "keyed"\n[sources.keyed]\npath = "keyed.csv"\n'
    )

    said = refusal(tmp_path, declaration, keyed=f"{key}\nb\na\nb\n c \nb\nc\n")
    assert f"{table}.{key} must be unique: 3 of 6 rows break this, first '" in said


def test_promotions_may_be_planned_but_do_not_end_before_they_start(tmp_path: Path) -> None:
    declaration = INACTIVITY + SHOP.replace("[tables", OFFERED + "[tables")
    header = "item_id,from_ts,to_ts\n"

    planned = load(tmp_path, declaration, promotions=f"{header}i1,2024-01-01,9999-12-31\n").promotions
    assert [moment.year for moment in values(planned, "to_ts")] == [9999]
    said = refusal(tmp_path, declaration, promotions=f"{header}i1,2024-01-02,2024-01-01\n")
    assert "promotions.to_ts must not lie before from_ts: 1 of 1 rows breaks this" in said
    assert "first from_ts='2024-01-02', to_ts='2024-01-01' (" in said


def test_attributes_of_text_sources_are_what_they_say(tmp_path: Path) -> None:
    customers = people(
        tmp_path,
        "customer_id,churned,age,vip,joined,town,zip,blank\n"
        f"1,yes,31,yes,2020-02-29,Ulm,01234,\n2,no,,no,{NEXT_WEEK[:10]},7,,\n3,no,4.5,,,,98765,\n",
        '[attributes]\nzip = ["01234", "98765"]\n',
    )

    assert {name: str(dtype) for name, dtype in customers.schema().items()} == {
        "customer_id": "string",
        "churned": "boolean",
        "age": "float64",
        "vip": "boolean",
        "joined": "timestamp(6)",
        "town": "string",
        "zip": "string",
        "blank": "string",
    }
    assert values(customers, "age") == [31.0, None, 4.5]
    assert values(customers, "vip") == [True, False, None]
    assert values(customers, "town") == ["Ulm", "7", None]
    assert values(customers, "zip") == ["01234", None, "98765"]


def test_attributes_of_typed_sources_keep_their_type(tmp_path: Path) -> None:
    columns = {
        "id": [1, 2],
        "customer_id": ["shadowed", "shadowed"],
        "left": [False, True],
        "age": [31, None],
        "code": ["10", "20"],
        "vip": [True, None],
        "joined": pa.array([0, None], pa.date32()),
        "rooms": [2, 3],
    }
    pq.write_table(pa.table(columns), tmp_path / "people.parquet")
    mapped = 'columns = { customer_id = "id", churned = "left" }\n[attributes]\nrooms = ["2", "3"]\n'
    declaration = EXPLICIT + PEOPLE.replace(".csv", ".parquet") + mapped
    customers = load(tmp_path, declaration).customers

    assert customers is not None
    assert {name: str(dtype) for name, dtype in customers.schema().items()} == {
        "customer_id": "string",
        "churned": "boolean",
        "age": "float64",
        "code": "string",
        "vip": "boolean",
        "joined": "timestamp(6)",
        "rooms": "string",
    }
    assert values(customers, "rooms") == ["2", "3"]


def test_a_declared_attribute_must_be_there(tmp_path: Path) -> None:
    said = refusal(
        tmp_path,
        EXPLICIT + PEOPLE + '[attributes]\nincme = ["low"]\n',
        people="customer_id,churned,income\n1,no,low\n",
    )

    assert 'customers has no column incme (did you mean "income"?)' in said


def test_a_level_that_is_not_declared_is_shown(tmp_path: Path) -> None:
    said = refusal(
        tmp_path,
        EXPLICIT + PEOPLE + '[attributes]\nincome = ["low", "high"]\n',
        people="customer_id,churned,income\n1,no,low\n2,no,hihg\n3,no,\n",
    )

    assert (
        "customers.income must be one of its levels under [attributes]: 1 of 3 rows breaks this, first 'hihg'"
        in said
    )


@pytest.mark.parametrize(
    ("horizon", "text", "message"),
    [
        ("", "customer_id,left\n1,no\n", "customers has no column churned"),
        ("", "customer_id,churned\n1,\n2,no\n", "customers.churned must not be empty: 1 of 2 rows"),
        ("horizon_days = 28\n", "customer_id,churned\n1,no\n", "customers has no column churned_at"),
        (
            "horizon_days = 28\n",
            "customer_id,churned_at\n1,9999-12-31\n",
            "customers.churned_at must not lie in the",
        ),
    ],
)
def test_explicit_churn_needs_its_column(tmp_path: Path, horizon: str, text: str, message: str) -> None:
    assert message in refusal(tmp_path, EXPLICIT + horizon + PEOPLE, people=text)


def test_who_has_not_left_has_no_date(tmp_path: Path) -> None:
    text = "customer_id,churned_at\n1,2024-01-31\n2,\n"
    customers = load(tmp_path, EXPLICIT + "horizon_days = 28\n" + PEOPLE, people=text).customers

    assert [str(moment) for moment in values(customers, "churned_at")] == ["2024-01-31 00:00:00", "None"]
