"""Which offers are candidates, and with which item."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from serving.decision.candidates import candidates, in_order
from serving.decision.catalogue import Offer
from serving.decision.ends import Ends
from serving.decision.facts import Facts, Question
from serving.decision.shelf import Group
from serving.decision.tiers import Tiers
from serving.decision.trace import Ended
from tests.serving.decision.books import ASKED, KNOWN, book, item, offer

ITEMS = (
    item("CHEESE", 0.25, price=2.0),
    item("WINE", 0.125, price=8.0),
    item("BEER", 0.25, price=4.0),
    item("SALT", 0.40, price=None),
)
SHOPPER = replace(KNOWN, new_items=ITEMS, basket_items=ITEMS)


def found(made: Offer, question: Question = ASKED, facts: Facts = SHOPPER) -> Group | Ended:
    shelf = book(made).shelf(question.channel, question.at.date())
    ends = Ends(shelf.closed)
    groups = candidates(shelf, question, facts, Tiers(question, facts, {}).misfit, ends)
    results: list[Group | Ended] = [*groups, *ends.gathered()]
    [result] = results
    return result


def chosen(made: Offer, question: Question = ASKED, facts: Facts = SHOPPER) -> str | None:
    result = found(made, question, facts)
    assert isinstance(result, Group)
    return result.item


def end(result: Group | Ended) -> tuple[str, str]:
    assert isinstance(result, Ended)
    assert result.stage == "candidates"
    return result.rule, result.value


def test_an_offer_lives_on_its_channels() -> None:
    made = offer("a", channels=["till", "email"])
    assert end(found(made)) == ("channel", "web")
    assert chosen(made, replace(ASKED, channel="till")) is None


@pytest.mark.parametrize(
    ("moment", "runs"),
    [
        ("2026-02-28T23:59:59", False),
        ("2026-03-01T00:00:00", True),
        ("2026-03-31T23:59:59", True),
        ("2026-04-01T00:00:00", False),
    ],
)
def test_an_offer_runs_from_its_first_to_its_last_day(moment: str, runs: bool) -> None:  # noqa: FBT001 - a table of answers
    made = offer("a", valid_from=date(2026, 3, 1), valid_to=date(2026, 3, 31))
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    result = found(made, replace(ASKED, at=at))
    assert isinstance(result, Group) is runs
    assert runs or end(result) == ("validity", moment[:10])


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (offer("a", "cross_sell", margin=0.5), "BEER"),  # 0.25 x 4, as much as 0.125 x 8 but more probable
        (offer("a", "cross_sell", value=2.0), "SALT"),  # the value is the same whatever it is
        (offer("a", "cross_sell", margin=0.5, items=["CHEESE", "WINE", "OIL"]), "WINE"),
        (offer("a", "cross_sell", value=2.0, items=["CHEESE", "WINE"]), "CHEESE"),
        (offer("a", "cross_sell", margin=0.5, items=["SALT", "CHEESE"]), "CHEESE"),
        (offer("a", "cross_sell", margin=0.5, items=["SALT", "OIL"]), "SALT"),
    ],
)
def test_cross_selling_is_about_the_item_that_brings_most(made: Offer, expected: str) -> None:
    assert chosen(made) == expected


def test_equal_items_go_by_id() -> None:
    assert in_order([item("B", 0.2), item("A", 0.2), item("C", 0.2)], by_price=True)[0] == item("A", 0.2)
    assert in_order([item("B", 0.2, None), item("A", 0.2, None)], by_price=False)[0] == item("A", 0.2, None)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"good": ["item not in [BEER, WINE]"]}, "CHEESE"),  # the next best item that fits
        ({"must": ["item_probability < 0.2"]}, "WINE"),
        ({"relevant": ["item = SALT or item_probability < 0.2"]}, "WINE"),
        ({"good": ["item in [SALT]"], "must": ["item_probability > 0.3"]}, "SALT"),
        ({"good": ["item = OIL"]}, "BEER"),  # none fits: the best of all is on record
        ({"must": ["page is known"]}, "BEER"),  # rules about other things do not choose
    ],
)
def test_the_item_is_the_best_of_those_that_fit_the_rules(rules: dict[str, list[str]], expected: str) -> None:
    assert chosen(offer("a", "cross_sell", margin=0.5, **rules)) == expected


def test_the_item_of_a_bundle_fits_the_rules_too() -> None:
    made = offer("a", "bundle", items=["BREAD", "BEER", "WINE"], margin=0.5, good=["item != BEER"])
    assert chosen(made, replace(ASKED, basket=frozenset({"BREAD"}))) == "WINE"


def test_an_item_in_the_basket_is_not_offered() -> None:
    full = replace(ASKED, basket=frozenset({"BEER"}))
    assert chosen(offer("a", "cross_sell"), full) == "WINE"
    assert end(found(offer("a", "cross_sell", items=["BEER"]), full)) == ("no_item", "")


def test_without_a_listed_item_there_is_nothing_to_cross_sell() -> None:
    assert end(found(offer("a", "cross_sell", items=["OIL"]))) == ("no_item", "")
    assert end(found(offer("a", "cross_sell"), facts=KNOWN)) == ("no_item", "")


@pytest.mark.parametrize(
    ("basket", "expected"),
    [
        ({"BEER"}, "WINE"),
        ({"BEER", "WINE"}, "CHEESE"),
        ({"CHEESE", "WINE", "MILK"}, "BEER"),
        ({"BEER", "CHEESE", "WINE"}, None),
        ({"MILK"}, None),
        (set(), None),
    ],
)
def test_a_bundle_completes_a_basket(basket: set[str], expected: str | None) -> None:
    made = offer("a", "bundle", items=["BEER", "CHEESE", "WINE"])
    result = found(made, replace(ASKED, basket=frozenset(basket)))
    if expected is None:
        assert end(result) == ("no_basket", "")
    else:
        assert isinstance(result, Group)
        assert (result.item, result.chance) == (expected, next(one for one in ITEMS if one.item == expected))


def test_a_bundle_needs_a_chance_or_a_stated_acceptance() -> None:
    question = replace(ASKED, basket=frozenset({"BEER"}))
    unknown = offer("a", "bundle", items=["BEER", "OIL", "NUTS"])
    assert end(found(unknown, question)) == ("no_basket", "")
    stated = offer("a", "bundle", items=["BEER", "OIL", "NUTS"], acceptance=0.1, value=1.0)
    result = found(stated, question)
    assert isinstance(result, Group)
    assert (result.item, result.chance) == ("NUTS", None)
