"""Every ledger keeps these promises about consents."""

from serving.decision.facts import Consent, History
from serving.decision.trace import Decision
from serving.ledger import Ledger, Occasion
from tests.entries import AT, DAY, answer, enter, question

EMAIL = ("email", "marketing")


def yes(days: float) -> Consent:
    return Consent(granted=True, at=AT + days * DAY)


def no(days: float) -> Consent:
    return Consent(granted=False, at=AT + days * DAY)


def test_the_newest_statement_holds_in_whatever_order_they_come(ledger: Ledger) -> None:
    for said in (no(-2), yes(-1), no(-3), yes(-4)):
        ledger.set_consent("ann", *EMAIL, said)
    ledger.set_consent("ann", "email", "service", no(-5))
    ledger.set_consent("bob", *EMAIL, no(0))
    assert ledger.consents("ann") == {EMAIL: yes(-1), ("email", "service"): no(-5)}
    assert ledger.consents("cleo") == {}


def test_of_two_statements_of_one_moment_the_refusal_holds(ledger: Ledger) -> None:
    for name, order in {"ann": [yes(0), no(0)], "bob": [no(0), yes(0)], "cleo": [yes(0), yes(0)]}.items():
        for said in order:
            ledger.set_consent(name, *EMAIL, said)
    assert [ledger.consents(name)[EMAIL] for name in ("ann", "bob", "cleo")] == [no(0), no(0), yes(0)]


def test_a_decision_knows_them(ledger: Ledger) -> None:
    ledger.set_consent("ann", *EMAIL, yes(-1))
    asked = question(ledger, channel="email")
    seen: list[History] = []

    def decide(history: History) -> Decision:
        seen.append(history)
        return answer(asked)

    enter(ledger, Occasion(asked, decide))
    assert seen == [History(consents={EMAIL: yes(-1)})]
