"""What a dataset can offer, and what the command line says of it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from features.__main__ import commands
from features.check import Offering, offering
from features.errors import InputError
from features.store import SqliteStore
from features.workspace import Workspace
from tests.features.shop import INACTIVITY
from tests.features.tiny import open_tiny

OFFERED = '[cross_sell]\nitem_level = "category"\nhorizon_days = 14\n'
LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,@100,i1,1.00,1
ann,b1,@100,i2,1.00,1
ann,b2,@80,i3,1.00,1
bob,b3,@60,i3,1.00,1
bob,b3,@60,i1,1.00,1
cid,b4,@40,unheard of,1.00,1
cid,b4,@40,i4,1.00,1
cid,b5,@39,i1,-1.00,-1
dan,b6,@0,i4,1.00,1
ann,b7,@1,i1,1.00,1
"""
ITEMS = "item_id,category\ni1,FRUIT\ni2,DAIRY\ni3,\ni4,FRUIT\ni5,NEVER SOLD\n"


def opened(folder: Path, declared: str = OFFERED, items: str = ITEMS) -> Workspace:
    return open_tiny(folder, INACTIVITY + declared, transactions=LINES, items=items)


def run(workspace: Workspace, *command: str) -> Result:
    place = ["--dataset", str(workspace.dataset.path), "--workspace", str(workspace.dataset.folder / "built")]
    return CliRunner().invoke(commands, [*command, *place], env={"COLUMNS": "200"})


def test_an_offering_counts_what_could_be_offered_and_what_not(tmp_path: Path) -> None:
    workspace = opened(tmp_path)
    assert offering(workspace.tables, workspace.dataset) == Offering(
        item_level="category",
        items=2,  # nobody bought the third
        lines=9,  # the return is none
        lines_without_item=3,  # i3 twice, and a product that the items table does not know
        customers=4,
        customers_with_one_basket=3,  # of cid's second only the return
    )


def test_every_line_has_a_product(tmp_path: Path) -> None:
    workspace = opened(tmp_path, OFFERED.replace("category", "product"))
    found = offering(workspace.tables, workspace.dataset)
    assert found is not None
    assert (found.items, found.lines_without_item) == (5, 0)


def test_without_a_declaration_there_is_no_offering(tmp_path: Path) -> None:
    workspace = opened(tmp_path, "")
    assert offering(workspace.tables, workspace.dataset) is None


def test_a_level_without_values_is_refused(tmp_path: Path) -> None:
    workspace = opened(tmp_path, items="item_id,category\ni1,\n")
    with pytest.raises(InputError, match="every item has an empty category"):
        offering(workspace.tables, workspace.dataset)


def test_check_tells_of_items_lines_customers_and_moments(tmp_path: Path) -> None:
    said = run(opened(tmp_path), "check")
    assert said.exit_code == 0, said.output
    assert "Items to offer: 2 at the level category. 3 of 9 purchase lines (33.3%) have none" in said.output
    assert "3 of 4 customers have a single basket" in said.output
    assert "Offers can be learned at 9 moments from 2024-01-22 to 2024-03-18" in said.output


def test_check_refuses_a_horizon_longer_than_the_data(tmp_path: Path) -> None:
    said = run(opened(tmp_path, OFFERED.replace("14", "40")), "check")
    assert isinstance(said.exception, InputError)
    assert "horizon_days = 40 needs 120 days of data" in str(said.exception)
    assert "Items to offer: 2" in said.output


def test_check_says_nothing_of_items_where_none_are_declared(tmp_path: Path) -> None:
    said = run(opened(tmp_path, ""), "check")
    assert said.exit_code == 0, said.output
    assert "offer" not in said.output.casefold()


def test_check_refuses_baskets_of_a_level_that_no_item_has(tmp_path: Path) -> None:
    said = run(opened(tmp_path, '[bundles]\nitem_level = "type"\n'), "check")
    assert isinstance(said.exception, InputError)
    assert 'item_level = "type"' in str(said.exception)


def test_describe_lists_the_features_of_pairs_as_well(tmp_path: Path) -> None:
    described = json.loads(run(opened(tmp_path), "describe").output)
    assert set(described) == {"fingerprint", "features", "cross_sell"}
    assert described["cross_sell"]["fingerprint"] != described["fingerprint"]
    assert set(described["cross_sell"]["features"][0]) == set(described["features"][0])
    assert described["cross_sell"]["features"][0]["name"] == "repeat"


def test_describe_knows_customers_alone_where_no_items_are_declared(tmp_path: Path) -> None:
    assert set(json.loads(run(opened(tmp_path, ""), "describe").output)) == {"fingerprint", "features"}


def test_publish_tells_how_many_candidates_there_are(tmp_path: Path) -> None:
    path = tmp_path / "online.sqlite"
    said = run(opened(tmp_path), "publish", "--store", str(path))
    assert said.exit_code == 0, said.output
    store = SqliteStore(path)
    rows = [store.candidates(name) for name in ("ann", "bob", "cid")]
    count = sum(len(row.items) for row in rows if row is not None)
    assert f"{count} candidates for 3 customers" in said.output


def test_publish_tells_whose_habits_there_are(tmp_path: Path) -> None:
    declared = '[bundles]\nitem_level = "category"\n'
    said = run(opened(tmp_path, declared), "publish", "--store", str(tmp_path / "online.sqlite"))
    assert said.exit_code == 0, said.output
    assert "habits of 3 customers" in said.output


def test_publish_tells_of_no_candidates_where_no_items_are_declared(tmp_path: Path) -> None:
    said = run(opened(tmp_path, ""), "publish", "--store", str(tmp_path / "online.sqlite"))
    assert said.exit_code == 0, said.output
    assert "candidates" not in said.output
    assert "habits" not in said.output
