"""The report's figures, from totals written down by hand.

| customer | group | offer | channel | contacts | impressions | accepts | purchases | value | cost |
|---|---|---|---|---|---|---|---|---|---|
| a | treated | cheese | web | 2 | 1 | 1 | 0 | 6 | 1 |
| b | treated | cheese | web | 1 | 1 | 0 | 0 | 0 | 0.5 |
| b | treated | cheese | mail | 1 | 0 | 0 | 1 | 4 | 2 |
| b | treated | wine | web | 1 | 1 | 0 | 0 | 0 | 0 |
| c | treated | none | web | 0 | 0 | 0 | 0 | 0 | 0 |
| d | control | cheese | web | 0 | 0 | 0 | 1 | 3 | 0 |
| erased | treated | cheese | web | 5 | 4 | 3 | 2 | 10 | 2.5 |
| erased | control | cheese | web | 0 | 0 | 0 | 1 | 9 | 0 |
"""

import json
from random import Random

import pytest

from serving.ledger.records import CustomerTotal, Totals
from serving.report.figures import ALL_CHANNELS, ALL_OFFERS, MINIMUM, Line, as_json, lines
from serving.report.intervals import wilson
from tests.serving.report.made import campaign, kept, total

CUSTOMERS = [
    total("cheese", "web", "treated", "a", contacts=2, impressions=1, accepts=1, value=6, cost=1),
    total("cheese", "web", "treated", "b", contacts=1, impressions=1, cost=0.5),
    total("cheese", "mail", "treated", "b", contacts=1, purchases=1, value=4, cost=2),
    total("wine", "web", "treated", "b", contacts=1, impressions=1),
    total(None, "web", "treated", "c"),
    total("cheese", "web", "control", "d", purchases=1, value=3),
]
KEPT = [
    kept("cheese", "web", "treated", contacts=5, impressions=4, accepts=3, purchases=2, value=10, cost=2.5),
    kept("cheese", "web", "control", purchases=1, value=9),
]


def found(customers: list[CustomerTotal]) -> dict[tuple[str, str], Line]:
    return {(line.offer, line.channel): line for line in lines(Totals(tuple(customers), tuple(KEPT)))}


@pytest.fixture
def by_key() -> dict[tuple[str, str], Line]:
    rows = CUSTOMERS[:]
    Random(3).shuffle(rows)
    return found(rows)


def test_offers_come_first_and_sums_last(by_key: dict[tuple[str, str], Line]) -> None:
    assert list(by_key) == [
        ("cheese", "mail"),
        ("cheese", "web"),
        ("wine", "web"),
        (ALL_OFFERS, "mail"),
        (ALL_OFFERS, "web"),
        (ALL_OFFERS, ALL_CHANNELS),
    ]


@pytest.mark.parametrize(
    ("key", "people", "reached", "money"),
    [
        (("cheese", "web"), (2, 1), (8, 6), (16.0, 4.0, 3.0)),
        (("cheese", "mail"), (1, 0), (1, 0), (4.0, 2.0, 1.0)),
        (("wine", "web"), (1, 0), (1, 1), (0.0, 0.0, None)),
        ((ALL_OFFERS, "web"), (3, 1), (9, 7), (16.0, 4.0, 3.0)),
        ((ALL_OFFERS, ALL_CHANNELS), (3, 1), (10, 7), (20.0, 6.0, 14 / 6)),
    ],
)
def test_counts_and_money_are_those_of_the_treated(
    by_key: dict[tuple[str, str], Line],
    key: tuple[str, str],
    people: tuple[int, int],
    reached: tuple[int, int],
    money: tuple[float, float, float | None],
) -> None:
    line = by_key[key]
    assert (line.treated, line.control) == people
    assert (line.contacts, line.impressions) == reached
    assert (line.value, line.cost, line.gross_return) == money


@pytest.mark.parametrize(
    ("key", "took", "contacted"),
    [
        (("cheese", "web"), 1, 2),
        (("cheese", "mail"), 1, 1),
        (("wine", "web"), 0, 1),
        ((ALL_OFFERS, "web"), 1, 2),
        ((ALL_OFFERS, ALL_CHANNELS), 2, 2),
    ],
)
def test_acceptance_is_of_customers_who_were_contacted(
    by_key: dict[tuple[str, str], Line], key: tuple[str, str], took: int, contacted: int
) -> None:
    assert by_key[key].acceptance == wilson(took, contacted)


def test_who_buys_after_no_offer_accepted_nothing(by_key: dict[tuple[str, str], Line]) -> None:
    bought = total(None, "web", "treated", "b", purchases=1, value=5)
    line = found([*CUSTOMERS, bought])[ALL_OFFERS, "web"]
    assert (line.acceptance, line.value) == (by_key[ALL_OFFERS, "web"].acceptance, 16.0 + 5)


def test_all_that_is_bought_after_an_answer_is_compared_under_its_first_offer() -> None:
    """Two offers go together; half of the customers buy, and whether of the one or the other is as it happens."""
    rows = [
        total(offer, "web", group, f"{group} {n}", first="cheese", purchases=bought, value=4 * bought)
        for n in range(80)
        for offer, bought in (("cheese", n % 4 == 0), ("wine", n % 4 == 2))
        for group in ("treated", "control")
    ]
    by_offer = found(rows)
    cheese, wine = by_offer["cheese", "web"], by_offer["wine", "web"]
    assert (cheese.treated, cheese.control, cheese.value) == (80, 80, 4 * 20 + 10)
    assert cheese.purchase_lift is not None
    assert cheese.purchase_lift.estimate == 0
    assert by_offer[ALL_OFFERS, "web"].purchase_lift == cheese.purchase_lift
    assert (wine.treated, wine.control, wine.value) == (0, 0, 4 * 20)


def test_who_redeems_has_bought() -> None:
    redeemed = [total("points", "web", "treated", f"r{n}", contacts=1, redeems=1) for n in range(MINIMUM)]
    withheld = [total("points", "web", "control", f"w{n}") for n in range(MINIMUM)]
    line = found([*redeemed, *withheld])["points", "web"]
    assert line.purchase_lift is not None
    assert line.purchase_lift.estimate == 1


def test_few_customers_are_not_compared(by_key: dict[tuple[str, str], Line]) -> None:
    assert {(line.purchase_lift, line.money_lift) for line in by_key.values()} == {(None, None)}


@pytest.mark.parametrize(("size", "control"), [(MINIMUM, MINIMUM - 1), (MINIMUM - 1, MINIMUM)])
def test_both_sides_need_the_minimum(size: int, control: int) -> None:
    line = found(campaign(size, control))["cheese", "web"]
    assert (line.treated, line.control) == (size, control)
    assert (line.purchase_lift, line.money_lift) == (None, None)


def test_money_is_compared_from_five_buyers_on_a_side() -> None:
    """Nobody of 45 bought in the control group of a real log, and an interval of money was sure of a gain."""
    four, five = (found(campaign(400, control))["cheese", "web"] for control in (40, 50))
    assert four.money_lift is None
    assert four.purchase_lift is not None
    assert five.money_lift is not None


def test_lift_is_what_the_control_group_does_not_do() -> None:
    line = found(campaign(400, 100))["cheese", "web"]
    assert line.purchase_lift is not None
    assert line.money_lift is not None
    assert line.purchase_lift.estimate == pytest.approx(0.5 - 0.1)
    assert line.money_lift.estimate == pytest.approx(1.0 - 0.4)
    assert 0.3 < line.purchase_lift.low < 0.4 < line.purchase_lift.high < 0.5
    assert 0.2 < line.money_lift.low < 0.6 < line.money_lift.high < 1.0


def test_a_customer_is_one_piece_of_evidence_however_often_they_were_asked() -> None:
    once = campaign(60, 40)
    mail = [total("cheese", "mail", row.group, row.customer_id) for row in once]
    line = found([*once, *mail])[ALL_OFFERS, ALL_CHANNELS]
    alone = found(once)["cheese", "web"]
    assert (line.treated, line.control) == (60, 40)
    assert (line.purchase_lift, line.money_lift) == (alone.purchase_lift, alone.money_lift)


def test_customers_without_an_offer_count_among_all() -> None:
    """Or else who is offered something would be compared with everybody."""
    idle = [total(None, "web", "treated", f"i{n}") for n in range(400)]
    line = found([*campaign(400, 100), *idle])[ALL_OFFERS, "web"]
    assert line.money_lift is not None
    assert line.money_lift.estimate == pytest.approx(0.5 - 0.4)


def test_an_empty_ledger_has_no_line() -> None:
    assert lines(Totals((), ())) == []


def test_every_figure_is_written_for_programs() -> None:
    figures = json.loads(json.dumps(as_json(lines(Totals(tuple(campaign(60, 40)), ())))))
    assert figures[0]["offer"] == "cheese"
    assert figures[0]["gross_return"] == pytest.approx(1.0)
    assert figures[0]["purchase_lift"]["estimate"] == pytest.approx(0.4)
