from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from features.store import DescribedFeature, StoreInfo
from serving.decision.catalogue import Catalogue, Offer
from serving.decision.policy import Policy
from serving.decision.rulebook import Rulebook, read_rulebook, rulebook
from tests.serving.decision.books import ATTRIBUTES, POLICY, book, offer, policy

SERVING = Path(__file__).parents[3] / "serving"
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
SPOKEN = (
    *(
        DescribedFeature(name, "number", "{value}")
        for name in (
            "baskets_84d",
            "basket_lines_mean",
            "basket_value_84d",
            "basket_value_mean",
            "contacts_84d",
            "recency_over_gap",
            "weekend_share",
        )
    ),
    DescribedFeature(
        "attribute_age", "level", "age: {value}", ("19-24", "25-34", "35-44", "45-54", "55-64", "65+")
    ),
    DescribedFeature("attribute_kids_count", "level", "kids: {value}", ("0", "1", "2", "3+")),
)
INFO = StoreInfo(
    "f", MOMENT, MOMENT, tuple(one.name for one in SPOKEN), 1, "{}", currency="USD", described=SPOKEN
)


def refusal(*offers: Offer, currency: str = "USD", **said: object) -> str:
    catalogue = Catalogue(version="c", currency="USD", offers=offers)
    with pytest.raises(InputError) as refused:
        rulebook(catalogue, policy(**said), ATTRIBUTES, currency)
    return str(refused.value)


def shipped(info: StoreInfo = INFO) -> Rulebook:
    return read_rulebook(SERVING / "catalogue.toml", SERVING / "policy.toml", info, date(2026, 3, 1))


def test_the_shipped_files_are_a_rulebook_of_all_kinds() -> None:
    found = shipped()
    assert {bound.offer.kind for bound in found.offers} == {"retention", "cross_sell", "bundle", "loyalty"}
    assert list(found.policy.channels) == ["web", "app", "till", "email", "mail"]
    assert [name for name, channel in found.policy.channels.items() if channel.consent] == ["email", "mail"]
    assert found.window_days == 90
    assert found.currency == "USD"


def test_the_shipped_offers_never_end() -> None:
    assert [bound.offer.valid_to for bound in shipped().offers if bound.offer.valid_to] == []


def test_an_attribute_that_the_store_lacks_is_refused() -> None:
    poorer = StoreInfo(
        "f", MOMENT, MOMENT, ("weekend_share",), 1, "{}", currency="USD", described=SPOKEN[5:6]
    )
    with pytest.raises(InputError, match=r'offer "double-points": .*"contacts_84d" is no attribute'):
        shipped(poorer)


def test_rules_are_compiled_into_their_tiers() -> None:
    first, second = book(
        offer("a", must=["known is yes"], relevant=["spend_84d > 5", "page = home"]),
        offer("b", good=["known is yes"]),
    ).offers
    assert [rule.text for rule in first.must + first.relevant] == [
        "known is yes",
        "spend_84d > 5",
        "page = home",
    ]
    assert (first.good, second.must, second.relevant) == ((), (), ())
    assert second.good == first.must[:1]


def test_a_contact_costs_what_the_offer_says_or_else_the_channel() -> None:
    own, usual = book(
        offer("a", channels=["web", "email"], cost=0.5), offer("b", channels=["web", "email"])
    ).offers
    assert own.costs == {"web": 0.5, "email": 0.5}
    assert usual.costs == {"web": 0.0, "email": 0.02}


def test_levers_of_kind_and_offer_are_added() -> None:
    found = book(offer("a", lever=10), offer("b", "retention", lever=10), levers={"loyalty": -30}).offers
    assert [bound.lever for bound in found] == pytest.approx([0.8, 1.1])


def test_a_lever_may_silence_an_offer_but_not_more() -> None:
    assert book(offer("a", lever=-40), levers={"loyalty": -60}).offers[0].lever == 0
    assert 'offer "a": its lever and that of its kind sum to less than -100 percent' in refusal(
        offer("a", lever=-41), levers={"loyalty": -60}
    )


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({}, 0),
        ({"cool_off": {"offer_days": 3.0, "kind_days": 5.0}}, 5),
        ({"cap": [{"per": "customer", "contacts": 1, "days": 9.0}], "cool_off": {"offer_days": 3.0}}, 9),
    ],
)
def test_a_decision_looks_back_over_the_longest_window(said: Mapping[str, Any], days: float) -> None:
    assert book(offer("a"), **said).window_days == days


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"channels": ["wbe"]}, 'offer "a": "wbe" is no channel (did you mean "web"?)'),
        ({"must": ["spend_48d > 1"]}, '"spend_48d" is no attribute (did you mean "spend_84d"?)'),
        ({"relevant": ["life_cycle = nwe"]}, 'life_cycle is never "nwe" (did you mean "new"?)'),
        ({"good": ["bought has"]}, "the rule 'bought has' cannot be used"),
    ],
)
def test_a_catalogue_that_names_what_there_is_not_is_refused(wrong: Mapping[str, Any], problem: str) -> None:
    assert problem in refusal(offer("fine"), offer("a", **wrong))


def test_a_cap_of_an_offer_that_there_is_not_is_refused() -> None:
    cap = {"per": "offer", "name": "poins", "contacts": 1, "days": 1.0}
    said = refusal(offer("points"), cap=[cap])
    assert said == 'the policy cannot be used: cap 1: "poins" is no offer (did you mean "points"?)'


def test_the_file_that_is_to_be_mended_is_named(tmp_path: Path) -> None:
    catalogue, rules = tmp_path / "offers.toml", tmp_path / "rules.toml"
    catalogue.write_text((SERVING / "catalogue.toml").read_text().replace("churn_band", "churn_bnd"))
    rules.write_text(
        (SERVING / "policy.toml").read_text().replace('per = "offer"', 'per = "offer"\nname = "x"')
    )
    with pytest.raises(InputError, match=r'offers\.toml cannot be used: .*"churn_bnd" is no attribute'):
        read_rulebook(catalogue, rules, INFO)
    with pytest.raises(InputError, match=r'rules\.toml cannot be used: cap 2: "x" is no offer'):
        read_rulebook(SERVING / "catalogue.toml", rules, INFO)


def test_another_currency_than_the_store_is_refused() -> None:
    assert "its amounts are in USD, those of the store in EUR" in refusal(offer("a"), currency="EUR")


def test_a_store_that_names_no_currency_takes_any() -> None:
    catalogue = Catalogue(version="c", currency="SEK", offers=(offer("a"),))
    assert rulebook(catalogue, policy(), ATTRIBUTES, "").currency == "SEK"


def test_every_problem_is_in_one_sentence() -> None:
    said = refusal(offer("a", channels=["sms"], must=["spand > 1"]), offer("b", must=["known is maybe"]))
    assert [word in said for word in ("sms", "spand", "maybe")] == [True, True, True]


def test_rules_that_exclude_everybody_are_a_rulebook() -> None:
    assert len(book(offer("a", must=["known is yes", "known is no"])).offers[0].must) == 2


def test_the_name_follows_the_content_of_both_files() -> None:
    name = book(offer("a"), offer("b")).name
    assert name.startswith("p1-c1-")
    assert len(name) == len("p1-c1-") + 12
    assert book(offer("a"), offer("b")).name == name
    assert book(offer("a", discount=0.0), offer("b")).name == name
    assert book(offer("a", discount=0.1), offer("b")).name != name
    assert book(offer("a"), offer("b"), levers={"bundle": 1}).name != name
    reordered = Policy.model_validate(dict(reversed(list(POLICY.items()))))
    catalogue = Catalogue(version="c1", currency="USD", offers=(offer("a"), offer("b")))
    assert rulebook(catalogue, reordered, ATTRIBUTES, "USD").name == name
