import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ibis import _

from features.customer import FAMILIES
from features.definitions import Feature, Grain, Unit
from features.feature_set import FeatureSet, feature_set, features_at
from features.grains import BASKET
from features.workspace import Workspace
from tests.features.tiny import AS_OF, ago, known, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@3,apple,2.00
bob,b2,@30,pear,4.00
"""
CUSTOMERS = "customer_id,income\nann,high\nbob,low\n"
LEVELS = 'income = ["low", "high"]\n'

SPEND = Feature("spend", Unit.MONEY, "{value} spent", _.amount.sum(), BASKET)
SHARE = Feature("share", Unit.SHARE, "{value} of it", _.spend / 2.0)
PAIR = FeatureSet((SPEND, SHARE))

ELSEWHERE = """
from features.customer import FAMILIES
from features.feature_set import FeatureSet
print(FeatureSet(tuple(feature for family in FAMILIES.values() for feature in family)).fingerprint)
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("feature_set")
    return open_tiny(folder, attributes=LEVELS, transactions=LINES, customers=CUSTOMERS)


@pytest.mark.parametrize(
    "other",
    [
        FeatureSet((SHARE, SPEND)),
        FeatureSet((SPEND,)),
        FeatureSet((replace(SPEND, name="spending"), SHARE)),
        FeatureSet((replace(SPEND, formula=_.amount.mean()), SHARE)),
        FeatureSet((SPEND, replace(SHARE, formula=_.spend / 3.0))),
        FeatureSet(
            (replace(SPEND, grain=Grain("basket", "returns", columns={"amount": _.amount.sum()})), SHARE)
        ),
    ],
    ids=["order", "fewer", "name", "formula", "derived-formula", "grain"],
)
def test_other_numbers_have_another_fingerprint(other: FeatureSet) -> None:
    assert other.fingerprint != PAIR.fingerprint


def test_words_units_and_sources_may_be_improved_under_the_same_fingerprint() -> None:
    better = replace(SPEND, words="spent {value} so far", source="a better sentence")
    assert FeatureSet((better, SHARE)).fingerprint == PAIR.fingerprint


def test_levels_decide_the_fingerprint(opened: Workspace) -> None:
    turned = feature_set(opened.tables, {"income": ["high", "low"]})
    more = feature_set(opened.tables, {"income": ["low", "middle", "high"]})
    assert len({turned.fingerprint, more.fingerprint, opened.features.fingerprint}) == 3
    assert turned.names == more.names == opened.features.names


def test_rows_and_moments_do_not_decide_the_fingerprint(opened: Workspace, tmp_path: Path) -> None:
    lines = LINES.replace("pear", "apple").replace("4.00", "5.00") + "cid,b3,@1,apple,9.00\n"
    other = open_tiny(tmp_path, attributes=LEVELS, transactions=lines, customers=CUSTOMERS)
    known(other, AS_OF)
    assert other.tables.fingerprint != opened.tables.fingerprint
    assert other.features.fingerprint == opened.features.fingerprint


def test_another_process_makes_the_same_fingerprint() -> None:
    run = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, check=True, text=True)
    everything = FeatureSet(tuple(feature for family in FAMILIES.values() for feature in family))
    assert run.stdout.strip() == everything.fingerprint


def test_a_set_describes_itself_in_plain_json(opened: Workspace) -> None:
    described = json.loads(json.dumps(opened.features.describe()))
    assert [entry["name"] for entry in described] == list(opened.features.names)
    assert described[0] == {
        "name": "days_since_purchase",
        "unit": "days",
        "words": "last purchase {value} ago",
        "source": "",
        "levels": [],
    }
    assert described[-1] == {
        "name": "attribute_income",
        "unit": "level",
        "words": "income: {value}",
        "source": "",
        "levels": ["low", "high"],
    }


def test_a_set_holds_what_the_tables_can_give_in_the_order_offered(opened: Workspace) -> None:
    offered = [feature.name for family in FAMILIES.values() for feature in family]
    *names, attribute = opened.features.names
    assert names == [name for name in offered if name in set(names)]
    assert attribute == "attribute_income"
    assert {"contacts_all", "brands_all"}.isdisjoint(names)


def test_a_snapshot_of_a_set_has_exactly_its_columns(opened: Workspace) -> None:
    for moment in (AS_OF, ago(3), ago(400)):
        assert features_at(opened.tables, opened.features, moment).columns == (
            "customer_id",
            *opened.features.names,
        )


def test_a_smaller_set_takes_its_features_only(opened: Workspace) -> None:
    fewer = FeatureSet(FAMILIES["frequency"][:3])
    assert known(replace(opened, features=fewer))["bob"] == {
        "baskets_all": 1,
        "baskets_7d": 0,
        "baskets_14d": 0,
    }
