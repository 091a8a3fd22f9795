"""What could be offered to whom, as a store keeps it."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from features.candidates import Candidates
from features.dataset import CrossSell
from features.pair.sources import PROPOSES
from features.pairs import PairSnapshot
from features.store import CandidateRows, StoredCandidates
from features.tables import Tables
from tests.features.pair.tiny import HEADER, offering
from tests.features.shop import INACTIVITY
from tests.features.tiny import AS_OF, ago, open_tiny

# Bread and butter go together; ann has had no butter yet, bob none for long.
LINES = f"""\
{HEADER}ann,b1,@20,bread,2.00
ann,b2,@9,tea,2.00
bob,b3,@300,butter,1.00
bob,b4,@8,bread,1.00
cid,b5,@7,bread,1.00
cid,b5,@7,butter,1.00
dan,b6,@6,bread,1.00
dan,b6,@6,butter,1.00
eve,b7,@5,tea,1.00
late,b8,@0,figs,1.00
"""
ITEMS = "item_id,name,category\nbread,Wholemeal bread,BAKERY\nbutter,Butter,\nfigs,Figs,FRUIT\n"
PEOPLE = "customer_id,region\nann,north\neve,\nlate,south\nzoe,north\n"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder, levels = tmp_path_factory.mktemp("candidates"), 'region = ["north", "south"]\n'
    return open_tiny(folder, INACTIVITY, levels, transactions=LINES, items=ITEMS, customers=PEOPLE).tables


def read(
    tables: Tables, cross_sell: CrossSell | None = None, as_of: datetime = AS_OF
) -> tuple[Candidates, CandidateRows, dict[str, StoredCandidates]]:
    declared = cross_sell or offering(new_after_days=90).model_copy(update={"segment": "region"})
    candidates = Candidates(tables, declared, as_of)
    content = candidates.content()
    rows = list(content.rows)
    assert len(dict(rows)) == len(rows) == candidates.info.customers
    assert candidates.count == sum(len(row.items) for _, row in rows)
    return candidates, content, dict(rows)


def test_items_are_what_was_bought_by_then_with_names_and_parents(tables: Tables) -> None:
    candidates, content, _ = read(tables)
    assert [(one.item, one.name, one.parent) for one in content.items] == [
        ("bread", "Wholemeal bread", "BAKERY"),
        ("butter", "Butter", ""),
        ("tea", "tea", ""),  # the items table does not know it
    ]
    features = np.array([one.features for one in content.items])
    np.testing.assert_array_equal(features, candidates.snapshot.of_items())


def test_rows_are_those_of_the_snapshot(tables: Tables) -> None:
    candidates, _, rows = read(tables)
    snapshot, width = candidates.snapshot, len(candidates.info.pair_names)
    (found,) = snapshot.blocks()
    for place, customer in enumerate(snapshot.customers.tolist()):
        row, own = rows[customer], found.customer == place
        order = np.argsort(row.items)
        np.testing.assert_array_equal(row.items[order], found.item[own])
        np.testing.assert_array_equal(row.pairs[order], found.values[own, :width])
        np.testing.assert_array_equal(row.customer, snapshot.of_customers()[place])


def test_the_info_says_what_they_are(tables: Tables) -> None:
    candidates, _, _ = read(tables)
    info, pairs = candidates.info, candidates.snapshot.pairs
    assert (info.item_level, info.horizon_days, info.new_after_days) == ("product", 28, 90)
    assert (info.names, info.fingerprint) == (pairs.names, pairs.fingerprint)
    assert (info.pair_names[0], info.item_names, info.customer_names[-1]) == (
        "repeat",
        tuple(feature.name for feature in pairs.item),
        "items_new_84d",
    )


def test_the_first_are_those_of_the_first_source(tables: Tables) -> None:
    _, _, rows = read(tables)
    assert rows["ann"].items.tolist() == [0, 2, 1]  # her own first


def test_what_goes_with_something_bought_says_with_what(tables: Tables) -> None:
    _, _, rows = read(tables)
    assert rows["ann"].because.tolist() == [
        -1,
        -1,
        0,
    ]  # butter goes with bread, and nothing with what is bought again
    bob = dict(zip(rows["bob"].items.tolist(), rows["bob"].because.tolist(), strict=True))
    assert bob[1] == 0  # new again after 90 days
    eve = dict(zip(rows["eve"].items.tolist(), rows["eve"].because.tolist(), strict=True))
    assert eve[1] == -1  # nothing goes with tea


def test_customers_without_a_purchase_have_a_row_and_their_segment(tables: Tables) -> None:
    candidates, _, rows = read(tables)
    assert set(rows) == {"ann", "bob", "cid", "dan", "eve", "late", "zoe"}
    for name in ("late", "zoe"):
        row = rows[name]
        assert (len(row.items), len(row.because)) == (0, 0)
        assert row.pairs.shape == (0, len(candidates.info.pair_names))
        assert np.isnan(row.customer).all()
        assert row.customer.shape == (len(candidates.info.customer_names),)
    assert {name: row.segment for name, row in rows.items()} == {
        **dict.fromkeys(("bob", "cid", "dan", "eve"), ""),
        **dict.fromkeys(("ann", "zoe"), "region north"),
        "late": "region south",
    }


def test_popular_items_are_by_segment(tables: Tables) -> None:
    _, content, _ = read(tables)
    assert set(content.popular) == {"", "region north"}
    assert [one.item for one in content.popular[""]] == [0, 1, 2]


def test_who_is_proposed_nothing_has_a_row(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PairSnapshot, "blocks", lambda _self: iter(()))
    _, _, rows = read(tables)
    assert {len(row.items) for row in rows.values()} == {0}
    assert np.isfinite(rows["ann"].customer).any()
    assert rows["ann"].segment == "region north"


def test_with_every_source_off_everybody_has_an_empty_row(tables: Tables) -> None:
    _, _, rows = read(tables, offering().model_copy(update={"without_sources": list(PROPOSES)}))
    assert {len(row.items) for row in rows.values()} == {0}


def test_when_nobody_has_bought_for_long_nothing_is_popular(tmp_path: Path) -> None:
    lines = HEADER + "ann,b1,@800,bread,1\nbob,b2,@700,tea,1\n"
    _, content, rows = read(open_tiny(tmp_path, transactions=lines).tables, offering())
    assert content.popular == {"": []}
    assert set(rows) == {"ann", "bob"}


def test_before_the_first_purchase_there_are_customers_only(tables: Tables) -> None:
    _, content, rows = read(tables, as_of=ago(400))
    assert (content.items, content.popular) == ([], {"": []})
    assert set(rows) == {"ann", "eve", "late", "zoe"}


def test_a_customer_with_one_basket_has_candidates(tables: Tables) -> None:
    _, _, rows = read(tables)
    assert 1 in rows["eve"].items  # butter, which others buy
    assert not np.isinf(rows["eve"].pairs).any()


def test_items_without_a_category_are_left_out_at_that_level(tables: Tables) -> None:
    _, content, rows = read(tables, offering("category"))
    assert [one.item for one in content.items] == ["BAKERY"]
    assert len(rows["eve"].items) == 0
    assert rows["ann"].items.tolist() == [0]
