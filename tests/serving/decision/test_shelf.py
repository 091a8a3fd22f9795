"""What lies ready on a channel and a day, whoever is asked about."""

from collections.abc import Iterable
from datetime import timedelta

from serving.decision.pricing import PriceTag
from serving.decision.shelf import Shelf
from serving.decision.trace import Ended
from tests.serving.decision.books import NOON, book, offer

TODAY = NOON.date()
DAY = timedelta(days=1)
PROBABLE = "item_probability > 0.1"
BOOK = book(
    offer("mail", channels=["email"]),
    offer("over", valid_to=TODAY - DAY),
    offer("begins", valid_from=TODAY + DAY),
    offer("points", channels=["web", "till"], must=["known is yes"]),
    offer("stay", "retention", must=["known is yes"]),
    offer("new", "cross_sell", items=["WINE", "BEER", "WINE"]),
    offer("beer", "cross_sell", items=["BEER"]),
    offer("any", "cross_sell", items="best"),
    offer("fixed", "cross_sell", value=2.0),
    offer("probable", "cross_sell", must=["known is yes"], good=[PROBABLE]),
    offer("pair", "bundle", must=["known is yes"]),
)


def ids(tags: Iterable[PriceTag]) -> list[str]:
    return [tag.offer.id for tag in tags]


def web() -> Shelf:
    return BOOK.shelf("web", TODAY)


def test_who_is_not_there_on_this_channel_and_day_is_closed() -> None:
    assert web().closed == (
        Ended(("mail",), "candidates", "channel", "web"),
        Ended(("over", "begins"), "candidates", "validity", "2026-03-02"),
    )
    assert set(web().offers) == {"points", "stay", "new", "beer", "any", "fixed", "probable", "pair"}
    assert set(BOOK.shelf("till", TODAY).offers) == {"points"}
    assert BOOK.shelf("pigeon", TODAY).offers == {}


def test_offers_with_the_same_rules_share_one_set() -> None:
    [(rules, tags)] = web().plain
    assert ids(tags) == ["points", "stay"]
    assert [(stage, rule.text) for stage, rule in rules.asked] == [("eligibility", "known is yes")]
    assert (rules.of_item, [ids([tag]) for _, tag in web().bundles]) == ((), [["pair"]])
    assert web().bundles[0][0] is rules


def test_cross_sell_offers_are_listed_by_order_item_and_rules() -> None:
    earned, fixed = web().cross_sell
    [(free, best), (probable, same)] = earned.best
    assert (ids(earned.tags), earned.by_price) == (["new", "beer", "any", "probable"], True)
    assert (ids(best), ids(same)) == (["any"], ["probable"])
    listed = {item: [(rules, ids(tags)) for rules, tags in alike] for item, alike in earned.by_item.items()}
    assert listed == {"WINE": [(free, ["new"])], "BEER": [(free, ["new", "beer"])]}
    assert (ids(fixed.tags), fixed.by_price, fixed.best[0][0], fixed.by_item) == (["fixed"], False, free, {})
    assert [(stage, rule.text) for stage, rule in probable.asked] == [
        ("eligibility", "known is yes"),
        ("suitability", PROBABLE),
    ]
    assert (probable.of_item, free.asked) == ((1,), ())


def test_a_shelf_is_made_ready_once_a_day() -> None:
    assert web() is web()
    tomorrow = BOOK.shelf("web", TODAY + DAY)
    assert set(tomorrow.offers) - set(web().offers) == {"begins"}
    assert tomorrow.closed != web().closed
