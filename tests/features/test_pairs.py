"""Candidates and their features at one moment."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features import pairs
from features.dataset import CrossSell
from features.definitions import Unit
from features.errors import InputError
from features.pair.affinities import AFFINITIES
from features.pair.sources import PROPOSES
from features.pairs import PairSnapshot, pair_set
from features.tables import Tables
from tests.features.pair.tiny import HEADER, known_pairs, offering, values_of
from tests.features.tiny import AS_OF, ago, open_tiny

LINES = f"""\
{HEADER}ann,b1,@200,bread,2.00
ann,b1,@200,butter,2.00
ann,b2,@20,bread,2.00
bob,b3,@9,bread,2.00
bob,b3,@9,butter,1.00
cid,b4,@5,bread,1.00
dan,b5,@400,tea,1.00
new,b6,@0,figs,1.00
"""
ITEMS = """\
item_id,category,type
bread,BAKERY,loaf
butter,DAIRY,spread
tea,DRINKS,
figs,FRUIT,
"""
ODD = ("'", '"; --', "Z", "a", "Å", "ß", "é", "客", "\uffff", "\U00010000", "\U0001f600")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return open_tiny(tmp_path_factory.mktemp("pairs"), transactions=LINES, items=ITEMS).tables


@pytest.fixture(scope="module")
def known(tables: Tables) -> PairSnapshot:
    return PairSnapshot(tables, pair_set(tables, offering()), AS_OF)


def test_what_is_known_then_is_who_and_what_was_bought_before(known: PairSnapshot) -> None:
    assert known.customers.tolist() == ["ann", "bob", "cid", "dan"]
    assert known.items.tolist() == ["bread", "butter", "tea"]


def test_rows_are_in_order_and_each_is_proposed_by_some_source(known: PairSnapshot) -> None:
    (rows,) = known.blocks()
    pair = list(zip(rows.customer.tolist(), rows.item.tolist(), strict=True))
    assert pair == sorted(set(pair))
    assert rows.values.shape == (len(pair), len(known.pairs.names))
    assert (rows.proposed > 0).all()
    assert (rows.proposed < 1 << len(known.sources)).all()


def test_a_source_proposes_its_best_of_what_is_new_or_of_what_is_not(known: PairSnapshot) -> None:
    (rows,) = known.blocks()
    repeat = rows.values[:, known.pairs.names.index("repeat")] == 1
    for place, source in enumerate(known.sources):
        scores = source.scores(rows.customer)[np.arange(len(rows.item)), rows.item]
        expected = (scores > 0) & (repeat != source.new) & (source.proposes > 0)  # there are few items
        np.testing.assert_array_equal(rows.proposed >> place & 1, expected, err_msg=source.name)


def test_at_most_so_many_are_proposed_and_the_lower_of_equal_items() -> None:
    scores = np.array([[0.5, 0.9, 0.5, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0, 0.1]])
    best = {count: pairs._best(scores, count).astype(int).tolist() for count in (0, 2, 9)}  # noqa: SLF001 - its edge shows nowhere else so plainly
    assert best == {
        0: [[0] * 5, [0] * 5],
        2: [[1, 1, 0, 0, 0], [0, 0, 0, 0, 1]],
        9: [[1, 1, 1, 0, 0], [0, 0, 0, 0, 1]],
    }


def test_a_source_that_is_switched_off_proposes_nothing_and_stays_a_feature(tables: Tables) -> None:
    off = offering().model_copy(update={"without_sources": sorted(set(PROPOSES) - {"popular"})})
    left = PairSnapshot(tables, pair_set(tables, off), ago(0))
    (bit,) = [1 << place for place, source in enumerate(left.sources) if source.name == "popular"]
    (rows,) = left.blocks()
    assert set(rows.proposed.tolist()) == {bit}
    assert left.pairs.names == pair_set(tables, offering()).names
    assert left.pairs.fingerprint != pair_set(tables, offering()).fingerprint


def test_an_unknown_source_cannot_be_switched_off(tables: Tables) -> None:
    off = offering().model_copy(update={"without_sources": ["populer"]})
    with pytest.raises(
        InputError, match=r'"populer" is no source of candidates \(did you mean "popular"\?\)'
    ):
        pair_set(tables, off)


def test_values_are_those_of_pair_item_customer_and_source(known: PairSnapshot) -> None:
    row = values_of(known)["cid", "butter"]
    assert list(row) == list(known.pairs.names)
    nothing = [name for name in row if name.startswith("pair_") and name not in {f.name for f in AFFINITIES}]
    assert np.isnan([row[name] for name in nothing]).all()
    assert (row["repeat"], row["pair_fading_baskets"], row["pair_basket_rank"]) == (0, 0, 0)
    assert (row["item_customers"], row["items_all"], row["baskets_all"]) == (2, 1, 1)
    assert row["item_linear"] > 0

    own = values_of(known)["ann", "bread"]
    assert (own["repeat"], own["pair_baskets"], own["pair_days_since"], own["pair_basket_rank"]) == (
        1,
        2,
        20,
        1,
    )


def test_blocks_of_any_size_hold_the_same_rows(known: PairSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = values_of(known)
    monkeypatch.setattr(pairs, "CELLS", 1)
    assert len(list(known.blocks())) == 4
    parts = values_of(known)
    assert list(parts) == list(whole)
    for pair, row in whole.items():
        np.testing.assert_allclose(list(parts[pair].values()), list(row.values()), atol=1e-12)


def test_blocks_are_of_the_customers_asked_for(known: PairSnapshot) -> None:
    (rows,) = known.blocks(np.array([3, 1], dtype=np.int32))
    assert list(dict.fromkeys(rows.customer.tolist())) == [3, 1]
    whole = values_of(known)
    for customer, item, values in zip(rows.customer, rows.item, rows.values, strict=True):
        pair = str(known.customers[customer]), str(known.items[item])
        np.testing.assert_allclose(values, list(whole[pair].values()), atol=1e-12)
    assert list(known.blocks(np.array([], dtype=np.int32))) == []


def test_tables_of_items_and_customers_are_the_same_numbers(known: PairSnapshot) -> None:
    (rows,) = known.blocks()
    first, last = len(known.pairs.pair), len(known.pairs.pair) + len(known.pairs.item)
    np.testing.assert_array_equal(rows.values[:, first:last], known.of_items()[rows.item])
    np.testing.assert_array_equal(rows.values[:, last:], known.of_customers()[rows.customer])


def test_before_the_first_purchase_there_is_nothing(tables: Tables) -> None:
    then = PairSnapshot(tables, pair_set(tables, offering()), ago(400))
    assert (len(then.customers), len(then.items), list(then.blocks())) == (0, 0, [])
    assert then.of_items().shape == (0, len(then.pairs.item))
    assert then.of_customers().shape == (0, len(then.pairs.customer))


def test_one_customer_with_one_item_has_a_candidate(tmp_path: Path) -> None:
    alone = known_pairs(tmp_path, transactions=HEADER + "ann,b1,@3,bread,1\n")
    assert list(values_of(alone)) == [("ann", "bread")]


def test_a_single_item_is_everybodys_candidate(tmp_path: Path) -> None:
    one = known_pairs(tmp_path, transactions=HEADER + "ann,b1,@3,bread,1\nbob,b2,@30,bread,1\n")
    rows = values_of(one)
    assert list(rows) == [("ann", "bread"), ("bob", "bread")]
    assert [row["item_linear"] for row in rows.values()] == [0, 0]  # there is no other item to foretell it


def test_who_has_no_line_one_level_finer_keeps_their_own_rows(tables: Tables) -> None:
    at_category = PairSnapshot(tables, pair_set(tables, offering("category")), AS_OF)
    rows = values_of(at_category)
    assert at_category.customers.tolist() == ["ann", "bob", "cid", "dan"]  # dan's tea has no type
    assert rows["cid", "DAIRY"]["product_linear"] > rows["dan", "DAIRY"]["product_linear"]
    assert rows["cid", "DAIRY"]["neighbour_rate_28d"] > 0 == rows["dan", "DAIRY"]["neighbour_rate_28d"]


def test_no_line_of_anybody_may_have_a_finer_item(tmp_path: Path) -> None:
    items = "item_id,category,type\nbread,BAKERY,\nbutter,DAIRY,\ntea,DRINKS,leaf\n"
    quiet = known_pairs(tmp_path, offering("category"), ago(399), transactions=LINES, items=items)
    assert list(values_of(quiet)) == [("dan", "DRINKS")]
    lines = LINES.replace("dan,b5,@400,tea", "dan,b5,@400,bread")
    without = known_pairs(tmp_path, offering("category"), transactions=lines, items=items)
    assert ("cid", "DAIRY") in values_of(without)


def test_items_that_everybody_bought_are_no_difficulty(tmp_path: Path) -> None:
    text = HEADER + "".join(f"{c},{c}{b},@{b},{i},1\n" for c in "abcd" for b in (3, 9) for i in ("x", "y"))
    full = known_pairs(tmp_path, transactions=text)
    rows = values_of(full)
    assert len(rows) == 8
    assert all(row["repeat"] == 1 and np.isfinite(row["item_linear"]) for row in rows.values())


def test_odd_ids_meet_their_own_rows(tmp_path: Path) -> None:
    pairs_of_odd = list(zip(ODD, reversed(ODD), strict=True))
    text = HEADER + "".join(
        f"{_quoted(customer)},b{days},@{days},{_quoted(item)},{days}\n"
        for days, (customer, item) in enumerate(pairs_of_odd, start=1)
    )
    rows = values_of(known_pairs(tmp_path, transactions=text))
    for days, pair in enumerate(pairs_of_odd, start=1):
        told = [rows[pair][name] for name in ("pair_days_since", "pair_amount", "item_price", "spend_84d")]
        assert told == [days] * 4


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def test_the_set_names_each_feature_once_and_no_mere_count_of_items(known: PairSnapshot) -> None:
    names = known.pairs.names
    assert len(set(names)) == len(names)
    assert names[0] == "repeat"
    assert all(feature.unit is not Unit.COUNT for feature in known.pairs.item)
    assert names == tuple(feature["name"] for feature in known.pairs.describe())


def test_what_needs_promotions_is_left_out_without_them(tables: Tables, known: PairSnapshot) -> None:
    assert not {"pair_promoted_share", "item_promoted_28d", "promoted_lines_share"} & set(known.pairs.names)
    assert tables.transactions is not None
    lines = tables.transactions.mutate(promoted=tables.transactions.amount > 1)
    promoted = pair_set(replace(tables, transactions=lines), offering())
    assert set(promoted.names) - set(known.pairs.names) == {
        "pair_promoted_share",
        "item_promoted_28d",
        "promoted_lines_share",
    }


def test_the_fingerprint_is_that_of_features_and_of_what_an_item_is(tables: Tables) -> None:
    one = pair_set(tables, offering())
    assert one.fingerprint == pair_set(tables, offering()).fingerprint
    others = [
        offering("category"),
        offering(new_after_days=90),
        CrossSell(item_level="product", horizon_days=14),
    ]
    prints = {pair_set(tables, other).fingerprint for other in others}
    prints |= {replace(one, item=one.item[::-1]).fingerprint, one.fingerprint}
    assert len(prints) == 5


def test_a_level_that_the_items_table_lacks_is_refused(tables: Tables) -> None:
    with pytest.raises(InputError, match="brand"):
        pair_set(tables, offering("brand"))
