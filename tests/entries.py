"""Made-up decisions to enter into a ledger."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from serving.decision.facts import History, Kind, Question
from serving.decision.trace import FORMULAS, Decision, Ended, Priced
from serving.ledger import Ledger, Limits, Occasion, Outcome, OutcomeKind

SECRET = bytes(range(32))
AT = datetime(2026, 3, 4, 9, 30, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)

LimitsById = Mapping[str, Limits]
NO_LIMITS: LimitsById = {}
READ_ALL: LimitsById = {"never given": Limits(per_day=1, budget=1.0)}
"""What is used and spent is read only where somebody sets a limit."""


def question(
    ledger: Ledger,
    customer_id: str = "ann",
    at: datetime = AT,
    channel: str = "web",
    placement: str = "top",
) -> Question:
    decision_id = ledger.decision_id(customer_id, channel, placement, at.date(), {})
    return Question(decision_id, customer_id, channel, placement, at)


def priced(
    offer_id: str | None, kind: Kind = "loyalty", *, reserved: float = 0.0, **factors: float
) -> Priced:
    """A price with these factors, the others 0."""
    if offer_id is None:
        return Priced(None, None, None, 1.0, reserved, (), (), 0.5)
    names = [name for name, _ in FORMULAS[kind]]
    assert factors.keys() <= set(names)
    values = tuple(factors.get(name, 0.0) for name in names)
    return Priced(offer_id, kind, None, 1.0, reserved, values, ("catalogue",) * len(names), 0.5)


NOTHING = priced(None)._replace(priority=0.0)


def answer(asked: Question, *given: Priced, withheld: tuple[Priced, ...] = ()) -> Decision:
    """A decision that gives, or withholds, these offers."""
    shown = given or withheld
    return Decision(
        decision_id=asked.decision_id,
        customer_id=asked.customer_id,
        channel=asked.channel,
        placement=asked.placement,
        decided_at=asked.at,
        as_of=asked.at.replace(hour=0, minute=0, second=0, microsecond=0),
        known=True,
        group="control" if withheld else "treated",
        explored=False,
        reason="control_group" if withheld else "offer" if given else "not_worth_it",
        given=given,
        withheld=withheld,
        selection_probability=0.5,
        priced=(*shown, NOTHING),
        ended=tuple(Ended((offer.offer_id,), "answer", f"{place}") for place, offer in enumerate(shown, 1)),
        currency="USD",
        margin=0.25,
        rulebook="1-0123456789ab",
        release={"churn": "3"},
    )


def giving(
    asked: Question, *given: Priced, withheld: tuple[Priced, ...] = (), asked_by: str = ""
) -> Occasion:
    """Gives these whatever the history."""
    decision = answer(asked, *given, withheld=withheld)
    return Occasion(asked, lambda _: decision, asked_by)


def within(asked: Question, limits: LimitsById, *offers: Priced) -> Occasion:
    """Gives those of the offers that the history leaves room for."""

    def open_(offer: Priced, history: History) -> bool:
        offer_id = offer.offer_id or ""
        most = limits.get(offer_id, Limits())
        pieces = most.per_day is None or history.used.get(offer_id, 0) < most.per_day
        money = most.budget is None or history.spent.get(offer_id, 0.0) + offer.reserved <= most.budget
        return pieces and money

    return Occasion(asked, lambda history: answer(asked, *(one for one in offers if open_(one, history))))


def enter(ledger: Ledger, occasion: Occasion, limits: LimitsById = NO_LIMITS, days: float = 30) -> Decision:
    return ledger.decide_many([occasion], limits, days=days)[0]


def history_before(ledger: Ledger, at: datetime = AT, customer_id: str = "ann", days: float = 30) -> History:
    """What a decision of that moment is made from; it gives nothing and so leaves no trace in the next one."""
    seen: list[History] = []
    asked = question(ledger, customer_id, at, placement=f"only looks {at.isoformat()}")

    def look(history: History) -> Decision:
        seen.append(history)
        return answer(asked)

    enter(ledger, Occasion(asked, look), READ_ALL, days=days)
    return seen[0]


def outcome(
    decision_id: str,
    kind: OutcomeKind,
    key: str | None = None,
    at: datetime = AT,
    **more: Any,  # noqa: ANN401 - text or number
) -> Outcome:
    """`more` are the offer's id and the value."""
    blank = {"offer_id": None, "value": None}
    return Outcome(key or f"{kind} of {decision_id}", decision_id, kind, at=at, **{**blank, **more})
