from datetime import UTC, datetime

from features.store import DescribedFeature, StoreInfo
from serving.decision.attributes import Attribute, attributes_of

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
DESCRIBED = (
    DescribedFeature("spend_84d", "money", "{value} spent in the last 84 days"),
    DescribedFeature("attribute_size", "level", "household size: {value}", ("1", "2", "3+")),
    DescribedFeature("attribute_member", "flag", "member: {value}"),
)
INFO = StoreInfo(
    fingerprint="f",
    as_of=MOMENT,
    published_at=MOMENT,
    names=tuple(one.name for one in DESCRIBED),
    customers=1,
    definition="{}",
    currency="USD",
    described=DESCRIBED,
)


def test_a_feature_is_a_number_a_text_or_a_flag_by_its_description() -> None:
    found = attributes_of(INFO, ())
    assert found["spend_84d"] == Attribute("spend_84d", "number", "... spent in the last 84 days")
    assert found["attribute_size"] == Attribute(
        "attribute_size", "text", "household size: ...", ("1", "2", "3+")
    )
    assert found["attribute_member"].kind == "flag"


def test_what_every_decision_knows_is_there() -> None:
    found = attributes_of(INFO, ("web", "email"))
    kinds = {name: attribute.kind for name, attribute in found.items() if name not in INFO.names}
    assert kinds == {
        "known": "flag",
        "churn_probability": "number",
        "churn_band": "text",
        "recency_quintile": "number",
        "frequency_quintile": "number",
        "monetary_quintile": "number",
        "life_cycle": "text",
        "value_tier": "text",
        "bought": "set",
        "channel": "text",
        "placement": "text",
        "page": "text",
        "location": "text",
        "basket": "set",
        "item": "text",
        "item_probability": "number",
        "consent_web": "flag",
        "consent_email": "flag",
    }
    assert found["life_cycle"].levels == ("new", "growing", "steady", "slowing", "at risk", "lost")
    assert found["channel"].levels == ("web", "email")
    assert found["page"].levels == ()


def test_a_feature_cannot_take_the_place_of_what_a_decision_knows() -> None:
    known = DescribedFeature("known", "number", "{value}")
    info = StoreInfo("f", MOMENT, MOMENT, ("known",), 1, "{}", described=(known,))
    assert attributes_of(info, ())["known"].kind == "flag"
