"""All families together: what every feature promises, and what a dataset without a table or a column loses."""

from dataclasses import replace
from itertools import chain
from math import nan
from typing import Any

import pytest

from features import wording
from features.customer import FAMILIES
from features.definitions import Feature, Unit
from features.feature_set import feature_set
from features.workspace import Workspace
from tests.features.shop import INACTIVITY
from tests.features.tiny import open_tiny

OFFERED = tuple(chain.from_iterable(FAMILIES.values()))
NAMES = tuple(feature.name for feature in OFFERED)

EVERYTHING = {
    "transactions": (
        "customer_id,basket_id,ts,item_id,amount,quantity,discount,channel,store,promoted\n"
        "ann,b1,@3,apple,2.00,1,0.10,web,north,yes\n"
    ),
    "items": "item_id,name,category,department,brand,price,unit_cost\napple,Apple,fruit,food,own,2.10,1.00\n",
    "promotions": "item_id,from_ts,to_ts,store,kind\napple,@9,@2,north,mailer\n",
    "customers": "customer_id,age\nann,41\n",
    "contacts": "customer_id,ts,offer_id,channel,treated,cost\nann,@9,spring,mail,yes,0.50\n",
    "responses": "customer_id,ts,offer_id,kind,value\nann,@8,spring,redeem,1.00\n",
    "feedback": "customer_id,ts,kind,score,topic\nann,@7,nps,9,price\n",
    "consents": "customer_id,channel,purpose,granted,ts\nann,mail,marketing,yes,@99\n",
}

COMPLETE_JOURNEY = {
    "transactions": (
        "customer_id,basket_id,ts,item_id,amount,quantity,discount,store,promoted\n"
        "ann,b1,@3,apple,2.00,1,0.10,north,yes\n"
    ),
    "items": "item_id,name,category,department,brand\napple,Apple,fruit,food,own\n",
    "contacts": "customer_id,ts,offer_id\nann,@9,spring\n",
    "responses": "customer_id,ts,offer_id,kind\nann,@8,spring,redeem\n",
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_tiny(tmp_path_factory.mktemp("everything"), **EVERYTHING)


def test_a_dataset_with_everything_has_every_feature(opened: Workspace) -> None:
    assert opened.features.names == (*NAMES, "attribute_age")


def test_names_are_unique() -> None:
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("feature", OFFERED, ids=lambda feature: feature.name)
def test_words_take_the_value_once_and_can_be_said(feature: Feature) -> None:
    assert feature.words.count(wording.PLACE) == 1
    assert "unknown" not in wording.say(feature.words, feature.unit, 2.5, "EUR")
    assert wording.say(feature.words, feature.unit, nan, "EUR").endswith(": unknown")


def test_every_unit_can_be_said() -> None:
    assert set(wording.UNITS) == set(Unit)


def test_tables_like_those_of_the_complete_journey_give_at_least_sixty(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    journey = open_tiny(tmp_path_factory.mktemp("journey"), **COMPLETE_JOURNEY)
    lost = {
        *("channels_all", "top_channel_share", "contact_cost", "held_out_contacts", "response_value"),
        *(feature.name for feature in FAMILIES["feedback"]),
    }
    assert set(journey.features.names) == set(NAMES) - lost
    assert len(journey.features.names) >= 60


@pytest.mark.parametrize(
    ("table", "column", "lost"),
    [
        ("transactions", "quantity", {"basket_units_mean", "returns_all", "returned_amount"}),
        (
            "transactions",
            "discount",
            {"discount_share", "discount_84d", "discounted_lines_share", "bargain_baskets_share"},
        ),
        ("transactions", "promoted", {"promoted_lines_share", "promoted_lines_share_84d"}),
        ("transactions", "channel", {"channels_all", "top_channel_share"}),
        ("transactions", "store", {"stores_all", "stores_28d", "stores_84d", "top_store_share"}),
        (
            "items",
            "category",
            {
                *(
                    "categories_all",
                    "categories_28d",
                    "categories_84d",
                    "top_category_share",
                    "categories_trend",
                ),
                *("repeat_categories_share", "dropped_categories_share", "new_categories_28d"),
            },
        ),
        (
            "items",
            "department",
            {"departments_all", "departments_28d", "departments_84d", "top_department_share"},
        ),
        ("items", "brand", {"brands_all", "brands_28d", "brands_84d", "top_brand_share"}),
        ("items", "name", set()),
        ("contacts", "treated", {"held_out_contacts"}),
        ("contacts", "cost", {"contact_cost"}),
        ("responses", "value", {"response_value"}),
        ("feedback", "score", {"nps_last", "csat_last"}),
        ("feedback", "topic", set()),
    ],
)
def test_without_a_column_its_features_are_absent(
    opened: Workspace, table: str, column: str, lost: set[str]
) -> None:
    tables = replace(opened.tables, **{table: getattr(opened.tables, table).drop(column)})
    assert set(opened.features.names) - set(feature_set(tables, {}).names) == lost


@pytest.mark.parametrize(
    ("table", "lost"),
    [
        ("promotions", set()),
        ("customers", {"attribute_age"}),
        (
            "responses",
            {"responses_all", "responses_84d", "days_since_response", "response_value", "response_rate"},
        ),
        ("feedback", {feature.name for feature in FAMILIES["feedback"]}),
        ("consents", set()),
    ],
)
def test_without_a_table_its_features_are_absent(opened: Workspace, table: str, lost: set[str]) -> None:
    absent: dict[str, Any] = {table: None}
    tables = replace(opened.tables, **absent)
    assert set(opened.features.names) - set(feature_set(tables, {}).names) == lost


def test_lines_alone_are_enough(tmp_path_factory: pytest.TempPathFactory) -> None:
    lines = "customer_id,basket_id,ts,item_id,amount\nann,b1,@3,apple,2.00\n"
    alone = open_tiny(tmp_path_factory.mktemp("alone"), INACTIVITY, transactions=lines)
    whole = ("recency", "frequency", "rhythm", "trend")
    assert set(alone.features.names) > {feature.name for family in whole for feature in FAMILIES[family]}
    assert not {feature.name for feature in FAMILIES["contact"]} & set(alone.features.names)
