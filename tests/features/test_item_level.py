"""What an item is at each level, with names and parents."""

from pathlib import Path

import pytest

from features.errors import InputError
from features.item_level import at_item_level, catalogue, finer_level, raised, require_item_level
from features.snapshot import history
from features.tables import Tables
from tests.features.tiny import AS_OF, open_tiny, rows_of

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@9,brie,3.00,1
ann,b1,@9,gouda,2.00,1
ann,b2,@8,stamp,1.00,1
bob,b3,@7,soap,1.00,1
bob,b4,@6,gouda,-2.00,-1
bob,b5,@5,unheard of,4.00,1
"""
ITEMS = """\
item_id,name,type,category,department,brand
brie,Brie de Meaux,soft,CHEESE,DAIRY,own
gouda,Gouda,hard,CHEESE,DAIRY,own
feta,,soft,CHEESE,DELI,
soap,Soap,,HYGIENE,,own
stamp,Stamp,,,POST,
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return open_tiny(tmp_path_factory.mktemp("items"), transactions=LINES, items=ITEMS).tables


def listed(tables: Tables, level: str) -> dict[object, tuple[object, object]]:
    rows = rows_of(catalogue(tables.items, level))
    found = {row["item_id"]: (row["name"], row["parent"]) for row in rows}
    assert len(found) == len(rows)
    return found


def bought(tables: Tables, level: str) -> list[tuple[object, object]]:
    past = at_item_level(history(tables, AS_OF), level)
    return [
        (row["basket_id"], row["item_id"])
        for row in rows_of(past.tables["purchases"].select("basket_id", "item_id"))
    ]


def test_a_product_is_an_item_by_its_name(tables: Tables) -> None:
    assert listed(tables, "product") == {
        "brie": ("Brie de Meaux", "soft"),
        "gouda": ("Gouda", "hard"),
        "feta": ("feta", "soft"),  # without a name it is called by its id
        "soap": ("Soap", ""),
        "stamp": ("Stamp", ""),
    }


def test_a_category_is_an_item_whose_parent_is_that_of_most_products(tables: Tables) -> None:
    assert listed(tables, "category") == {"CHEESE": ("CHEESE", "DAIRY"), "HYGIENE": ("HYGIENE", "")}


def test_the_parent_is_one_level_up(tables: Tables) -> None:
    assert listed(tables, "type") == {"soft": ("soft", "CHEESE"), "hard": ("hard", "CHEESE")}
    assert listed(tables, "department") == {
        "DAIRY": ("DAIRY", ""),
        "DELI": ("DELI", ""),
        "POST": ("POST", ""),
    }
    assert listed(tables, "brand") == {"own": ("own", "CHEESE")}


def test_of_two_parents_with_as_many_products_the_first_by_name_counts(tmp_path: Path) -> None:
    text = "item_id,type,category\na,t,Z\nb,t,Y\n"
    opened = open_tiny(tmp_path, transactions=LINES, items=text)
    assert listed(opened.tables, "type") == {"t": ("t", "Y")}


def test_a_missing_level_is_passed_over(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items="item_id,department\nbrie,DAIRY\n")
    assert listed(opened.tables, "product") == {"brie": ("brie", "DAIRY")}


def test_without_an_items_table_nothing_is_known_of_any_item() -> None:
    assert rows_of(catalogue(None, "product")) == []


def test_lines_without_an_item_at_the_level_are_left_out(tables: Tables) -> None:
    assert bought(tables, "category") == [("b1", "CHEESE"), ("b1", "CHEESE"), ("b3", "HYGIENE")]
    assert bought(tables, "type") == [("b1", "hard"), ("b1", "soft")]
    assert len(bought(tables, "product")) == 5


def test_returns_are_raised_as_purchases_are(tables: Tables) -> None:
    returned = at_item_level(history(tables, AS_OF), "category").tables["returns"]
    assert [row["item_id"] for row in rows_of(returned)] == ["CHEESE"]


def test_all_else_in_a_line_stays(tables: Tables) -> None:
    assert tables.transactions is not None
    lines = raised(tables.transactions, tables.items, "category")
    assert set(lines.columns) == set(tables.transactions.columns)
    assert sorted(row["amount"] for row in lines.to_pyarrow().to_pylist()) == [-2, 1, 2, 3]


@pytest.mark.parametrize(
    ("level", "finer"),
    [
        ("product", "product"),
        ("type", "product"),
        ("category", "type"),
        ("department", "category"),
        ("brand", "product"),
    ],
)
def test_customers_are_told_apart_one_level_finer(tables: Tables, level: str, finer: str) -> None:
    assert finer_level(tables.items, level) == finer


def test_a_finer_level_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items="item_id,category\nbrie,CHEESE\n")
    assert finer_level(opened.tables.items, "category") == "product"


def test_a_level_without_a_column_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items="item_id,category\nbrie,CHEESE\n")
    with pytest.raises(
        InputError, match=r'item_level = "type": .*\(there are: category\); map it under \[tables.items\]'
    ):
        require_item_level(opened.tables, "type")


def test_a_level_without_any_value_is_refused(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, transactions=LINES, items="item_id,category\nbrie, \nsoap,\n")
    with pytest.raises(InputError, match='item_level = "category": every item has an empty category; fill'):
        require_item_level(opened.tables, "category")


def test_a_product_needs_no_items_table(tmp_path: Path) -> None:
    require_item_level(open_tiny(tmp_path, transactions=LINES).tables, "product")
