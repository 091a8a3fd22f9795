from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from features.publish import publish
from features.store import BundleInfo, DescribedFeature, PopularItem, SqliteStore, StoreError
from features.workspace import Workspace
from tests.features.shop import EXPLICIT, INACTIVITY
from tests.features.tiny import AS_OF, ago, known, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
007,b1,@3,i1,1.25,1
007,b2,@20,i2,2.10,1
7,b3,@56,i1,3.00,
Åse 客,b4,@56+1s,i1,0.10,1
Åse 客,b5,@0,i1,9.00,1
new,b6,@0,i1,9.00,1
back,b7,@9,i1,-1.00,-1
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_tiny(tmp_path_factory.mktemp("publish"), transactions=LINES)


def published(opened: Workspace, path: Path, as_of: datetime = AS_OF) -> SqliteStore:
    publish(opened, as_of, path)
    return SqliteStore(path)


def test_online_equals_offline(opened: Workspace, tmp_path: Path) -> None:
    store = published(opened, tmp_path / "online.sqlite")
    offline = known(opened)
    assert set(offline) == {"007", "7", "Åse 客"}
    for customer, row in offline.items():
        online = store.get(customer)
        assert online is not None
        expected = [np.nan if row[name] is None else row[name] for name in store.info.names]
        np.testing.assert_array_equal(online.features, expected)


def test_only_the_active_are_in_the_population(opened: Workspace, tmp_path: Path) -> None:
    store = published(opened, tmp_path / "online.sqlite")
    found = {name: store.get(name) for name in ("007", "7", "Åse 客")}
    assert {name: customer and customer.in_population for name, customer in found.items()} == {
        "007": True,
        "7": True,
        "Åse 客": False,
    }


@pytest.mark.parametrize("stranger", ["new", "back", "07", "", "' OR 1=1 --"])
def test_who_was_not_known_then_is_none(opened: Workspace, tmp_path: Path, stranger: str) -> None:
    assert published(opened, tmp_path / "online.sqlite").get(stranger) is None


def test_the_store_says_what_it_holds(opened: Workspace, tmp_path: Path) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    told = publish(opened, AS_OF, tmp_path / "online.sqlite")
    info = SqliteStore(tmp_path / "online.sqlite").info

    assert (info, told.candidates) == (told.info, 0)
    assert (info.fingerprint, info.names) == (opened.features.fingerprint, opened.features.names)
    assert (info.as_of, info.customers) == (AS_OF, 3)
    assert before <= info.published_at <= datetime.now(UTC)
    assert info.definition == '{"kind":"inactivity","active_days":56,"horizon_days":28}'
    assert info.currency == "EUR"
    assert tuple(feature.name for feature in info.described) == info.names
    assert info.described[0] == DescribedFeature(
        "days_since_purchase", "days", "last purchase {value} ago", levels=()
    )


def test_a_text_attribute_is_described_with_its_levels(tmp_path: Path) -> None:
    store = published(offering(tmp_path), tmp_path / "online.sqlite")
    described = {feature.name: feature for feature in store.info.described}
    assert described["attribute_region"].levels == ("north", "south")


def test_a_later_snapshot_replaces_the_older(opened: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "online.sqlite"
    older = published(opened, path, ago(10))
    newer = published(opened, path, ago(-1))
    assert (older.info.customers, newer.info.customers) == (3, 4)
    assert older.get("new") is None
    assert newer.get("new") is not None


def test_nobody_to_publish_leaves_the_old_store(opened: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "online.sqlite"
    published(opened, path)
    with pytest.raises(StoreError, match="0 customers"):
        publish(opened, ago(400), path)
    assert SqliteStore(path).info.customers == 3
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_customer_table_is_published_too(tmp_path: Path) -> None:
    people = "customer_id,churned,minutes\nann,yes,5\nbob,no,\n"
    store = published(open_tiny(tmp_path, EXPLICIT, customers=people), tmp_path / "online.sqlite")
    ann, bob = store.get("ann"), store.get("bob")
    assert ann is not None
    assert bob is not None
    assert (ann.in_population, ann.features.tolist()) == (True, [5.0])
    assert np.isnan(bob.features).all()


def test_nobody_to_publish_has_no_habits_either(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, INACTIVITY + BUNDLED, transactions=LINES)
    with pytest.raises(StoreError, match="0 customers"):
        publish(opened, ago(400), tmp_path / "online.sqlite")


def test_habits_are_published_where_bundles_are_declared(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, INACTIVITY + BUNDLED, transactions=LINES)
    told = publish(opened, AS_OF, tmp_path / "online.sqlite")
    store = SqliteStore(tmp_path / "online.sqlite")

    assert store.info == told.info
    assert store.info.bundles == BundleInfo("product", 3)
    assert (store.info.candidates, list(store.habit_items)) == (None, ["i1", "i2"])
    habits = store.habits("007")
    assert habits is not None
    assert (habits.items.tolist(), habits.share.tolist()) == ([0, 1], [0.5, 0.5])
    assert store.habits("back") is None


def test_customers_without_a_purchase_within_a_year_have_no_habits(tmp_path: Path) -> None:
    opened = open_tiny(tmp_path, INACTIVITY + BUNDLED, transactions=LINES)
    publish(opened, ago(-500), tmp_path / "online.sqlite")
    store = SqliteStore(tmp_path / "online.sqlite")
    assert store.info.customers == 4
    assert store.info.bundles == BundleInfo("product", 0)
    assert store.habits("007") is None


BUNDLED = '[bundles]\nitem_level = "product"\n'
OFFERED = '[cross_sell]\nitem_level = "category"\nhorizon_days = 28\nsegment = "region"\n'
ITEMS = "item_id,category\ni1,FRUIT\ni2,DAIRY\ni3,\n"
PEOPLE = "customer_id,region\n007,north\n7,south\nzoe,south\n"
REGIONS = 'region = ["north", "south"]\n'


def offering(folder: Path, items: str = ITEMS) -> Workspace:
    return open_tiny(folder, INACTIVITY + OFFERED, REGIONS, transactions=LINES, items=items, customers=PEOPLE)


def test_candidates_are_published_where_items_are_declared(tmp_path: Path) -> None:
    opened = offering(tmp_path)
    told = publish(opened, AS_OF, tmp_path / "online.sqlite")
    store = SqliteStore(tmp_path / "online.sqlite")

    assert store.info == told.info
    assert store.info.candidates is not None
    assert (store.info.candidates.item_level, store.info.candidates.customers) == ("category", 4)
    assert [item.item for item in store.items] == ["DAIRY", "FRUIT"]
    rows = {name: store.candidates(name) for name in ("007", "7", "Åse 客", "zoe")}
    found = {name: row and (len(row.items), row.segment) for name, row in rows.items()}
    assert found == {
        "007": (2, "region north"),
        "7": (2, "region south"),
        "Åse 客": (2, ""),
        "zoe": (0, "region south"),
    }
    assert told.candidates == 6
    assert store.candidates("new") is None
    assert store.popular("") == (PopularItem(0, 1.0), PopularItem(1, 1.0))


def test_without_declared_items_there_are_no_candidates_and_no_habits(
    opened: Workspace, tmp_path: Path
) -> None:
    store = published(opened, tmp_path / "online.sqlite")
    assert (store.info.candidates, store.items, store.candidates("007")) == (None, (), None)
    assert (store.info.bundles, store.habits("007")) == (None, None)


def test_a_level_that_cannot_be_had_publishes_nothing(tmp_path: Path) -> None:
    opened = offering(tmp_path, "item_id,category\ni1,\n")
    with pytest.raises(InputError, match="every item has an empty category"):
        publish(opened, AS_OF, tmp_path / "online.sqlite")
    assert not (tmp_path / "online.sqlite").exists()
