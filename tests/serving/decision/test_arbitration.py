"""Who wins, by lot or in money, and what else fits into the same answer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from serving.decision.arbitration import NO_OFFER, Choice, Ranking, choose, losers, rank
from serving.decision.catalogue import Offer
from serving.decision.contact import ContactPolicy
from serving.decision.facts import History
from serving.decision.trace import Priced
from tests.serving.decision.books import ASKED, ids, offer, policy


def priced(name: str, priority: float, item: str | None = None) -> Priced:
    return Priced(name, "loyalty", item, priority, 0.0, (), ())


FOUR = [priced("a", 1.0), priced("b", 4.0), priced("c", -2.0), priced("d", 3.5)]


def order(offers: Sequence[Priced], share: float = 0.0, loss: float = 0.0, control: float = 0.0) -> Ranking:
    exploration, group = {"share": share, "max_loss": loss}, {"share": control, "salt": "pepper"}
    return rank(offers, policy(exploration=exploration, control=group), "d1")


def chosen(place: int) -> Ranking:
    """b, d, a, no offer, c: as if by lot at that place."""
    return replace(order(FOUR), first=place, explored=True)


def filled(found: Ranking, limit: int, *caps: dict[str, object]) -> Choice:
    offers: dict[str | None, Offer] = {one.offer_id: offer(one.offer_id or "none") for one in found.priced}
    return choose(found, limit, offers, ContactPolicy(ASKED, History(), policy(cap=caps)))


def test_money_orders_and_no_offer_is_worth_nothing() -> None:
    assert ids(order(FOUR).priced) == ["b", "d", "a", None, "c"]


def test_ties_go_to_no_offer_and_then_by_id() -> None:
    found = order([priced("b", 0.0), priced("a", 0.0), priced("d", 2.0), priced("c", 2.0)])
    assert ids(found.priced) == ["c", "d", None, "a", "b"]


def test_nobody_left_is_no_offer() -> None:
    assert order([], share=0.2, control=0.5) == Ranking(
        (NO_OFFER._replace(selection_probability=1.0),), first=0, explored=False
    )


@pytest.mark.parametrize(
    ("share", "loss", "control", "expected"),
    [
        (0.0, 9.0, 0.0, [1, 0, 0, 0, 0]),
        (0.0, 9.0, 0.5, [0.5, 0, 0, 0.5, 0]),
        (0.2, 0.0, 0.0, [1, 0, 0, 0, 0]),
        (0.2, 0.5, 0.0, [0.8 + 0.1, 0.1, 0, 0, 0]),
        (0.2, 4.0, 0.0, [0.8 + 0.05, 0.05, 0.05, 0.05, 0]),
        (0.2, 6.0, 0.0, [0.8 + 0.04, 0.04, 0.04, 0.04, 0.04]),
        (0.2, 6.0, 0.05, [0.95 * 0.84, 0.95 * 0.04, 0.95 * 0.04, 0.05 + 0.95 * 0.04, 0.95 * 0.04]),
    ],
)
def test_each_has_the_chance_of_both_draws(
    share: float, loss: float, control: float, expected: list[float]
) -> None:
    found = [one.selection_probability for one in order(FOUR, share, loss, control).priced]
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_lot_falls_as_often_as_is_logged() -> None:
    rules = policy(exploration={"share": 0.2, "max_loss": 4.0})
    draws = 20_000
    found = [rank(FOUR, rules, f"d{number}") for number in range(draws)]
    counts = Counter(one.chosen.offer_id for one in found)
    expected = {one.offer_id: one.selection_probability * draws for one in found[0].priced}
    assert set(counts) == {"a", "b", "d", None}
    assert sum((counts[name] - expected[name]) ** 2 / expected[name] for name in counts) < 16.3  # 0.999, 3 df
    assert sum(one.explored for one in found) == pytest.approx(0.2 * draws, abs=4 * (0.16 * draws) ** 0.5)
    assert all(one.explored or one.first == 0 for one in found)


def test_a_lot_among_one_explores_nothing() -> None:
    rules = policy(exploration={"share": 0.2, "max_loss": 0.1})
    assert not any(rank(FOUR, rules, f"d{number}").explored for number in range(100))


@pytest.mark.parametrize(
    ("limit", "expected"), [(1, ["b"]), (2, ["b", "d"]), (3, ["b", "d", "a"]), (9, ["b", "d", "a"])]
)
def test_an_answer_holds_the_best_that_are_worth_something(limit: int, expected: list[str]) -> None:
    assert ids(filled(order(FOUR), limit).given) == expected


def test_the_lot_goes_first_and_the_best_follow() -> None:
    assert ids(filled(chosen(4), 3).given) == ["c", "b", "d"]
    assert filled(chosen(3), 3) == Choice(chosen(3))


def test_caps_hold_within_one_answer() -> None:
    found = filled(order(FOUR), 3, {"per": "kind", "contacts": 2, "days": 7.0})
    assert ids(found.given) == ["b", "d"]
    assert found.passed_over == {
        "a": ("at most 2 contacts per kind in 7 days", "2 contacts with loyalty"),
    }


def test_one_answer_is_not_about_one_item_twice() -> None:
    found = filled(order([priced("a", 3.0, "WINE"), priced("b", 2.0, "WINE"), priced("c", 1.0, "BEER")]), 2)
    assert ids(found.given) == ["a", "c"]
    assert found.passed_over == {"b": ("same_item", "WINE")}


@pytest.mark.parametrize(
    ("found", "limit", "expected"),
    [
        (order(FOUR), 1, {"d": "priority", "a": "priority", None: "priority", "c": "not_worth_it"}),
        (order(FOUR[2:3]), 1, {"c": "not_worth_it"}),
        (chosen(1), 1, {"b": "explored", "a": "priority", None: "priority", "c": "not_worth_it"}),
        (chosen(3), 1, {"b": "explored", "d": "explored", "a": "explored", "c": "not_worth_it"}),
        (chosen(4), 3, {"a": "explored", None: "explored"}),
    ],
)
def test_who_lost_is_told_why(found: Ranking, limit: int, expected: dict[str | None, str]) -> None:
    result = filled(found, limit)
    ended = losers(result, [one.offer_id for one in result.given or (found.chosen,)])
    values = {one.offer_id: f"{one.priority:.2f}" for one in found.priced}
    assert ended == {name: ("arbitrate", rule, values[name]) for name, rule in expected.items()}


def test_a_loss_of_less_than_a_cent_has_no_sign() -> None:
    ended = losers(Choice(order([priced("a", -0.001)])), [None])
    assert ended == {"a": ("arbitrate", "not_worth_it", "0.00")}
