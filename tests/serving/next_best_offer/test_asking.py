"""What makes two questions of one day two occasions."""

from datetime import date

import pytest

from serving.ledger import Ledger
from serving.next_best_offer.asking import Asking
from serving.next_best_offer.schemas import NextBestOfferAsked, NextBestOfferQuery, asking_of

DAY = date(2017, 12, 5)
BASE = Asking("web", "home")


def occasion(ledger: Ledger, asking: Asking) -> str:
    return ledger.decision_id("1", asking.channel, asking.placement, DAY, asking.context)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Asking("web", "home"), True),
        (Asking("web", "home", limit=3), True),
        (Asking("web", "home", 1, frozenset(), "", None), True),
        (Asking("web", "footer"), False),
        (Asking("app", "home"), False),
        (Asking("web", "home", 1, frozenset({"BREAD"})), False),
        (Asking("web", "home", page="checkout"), False),
        (Asking("web", "home", location="Berlin"), False),
    ],
)
def test_a_context_is_part_of_the_occasion_and_a_limit_is_not(
    ledger: Ledger,
    other: Asking,
    same: bool,  # noqa: FBT001 - a table of answers
) -> None:
    assert (occasion(ledger, other) == occasion(ledger, BASE)) is same


def test_a_page_is_no_location(ledger: Ledger) -> None:
    page, location = Asking("web", "home", page="x"), Asking("web", "home", location="x")
    assert occasion(ledger, page) != occasion(ledger, location)


def test_the_placement_is_the_channel_when_none_is_given() -> None:
    assert asking_of(NextBestOfferQuery(channel="web", limit=2)) == Asking("web", "web", 2)
    asked = NextBestOfferAsked(
        customer_id="1", channel="web", placement="home", basket=("A", "B", "A"), page="p"
    )
    assert asking_of(asked) == Asking("web", "home", 1, frozenset({"A", "B"}), "p")
