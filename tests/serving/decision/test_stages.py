"""How far an offer comes: to the first stage that it does not pass, of all that it would not."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

import pytest

from serving.decision.contact import ContactPolicy
from serving.decision.ends import Ends
from serving.decision.facts import Chance, Consent, Contact, History
from serving.decision.stages import Stages
from serving.decision.trace import Ended, Priced
from tests.serving.decision.books import AS_OF, ASKED, KNOWN, NOON, book, offer

AGREED = {("email", "marketing"): Consent(granted=True, at=AS_OF)}
YESTERDAY = Contact("a", "retention", "email", NOON - timedelta(days=1))
WRONG = {
    "channels": ["web"],
    "must": ["life_cycle = lost"],
    "relevant": ["page = home"],
    "good": ["known is no"],
}
ENDS = [
    ("channels", "candidates", "channel"),
    ("consent", "consent", "consent to marketing"),
    ("must", "eligibility", "life_cycle = lost"),
    ("relevant", "applicability", "page = home"),
    ("good", "suitability", "known is no"),
    ("contacts", "contact_policy", "at most 1 contact per offer in 7 days"),
    ("churn", "score", "churn"),
    ("spent", "contact_policy", "budget"),
]
"""What may be wrong, and where it ends an offer; whoever comes later does not matter then."""


def reached(wrong: Collection[str], channel: str = "email") -> Priced | Ended:
    """A retention offer by e-mail of which so much is wrong, to a customer who is leaving."""
    said = {"channels": ["email"], **{name: rules for name, rules in WRONG.items() if name in wrong}}
    rules = book(
        offer("a", "retention", budget=100.0, discount=1.0, **said),
        cap=[{"per": "offer", "contacts": 1, "days": 7.0}],
    )
    facts = replace(
        KNOWN,
        churn=None if "churn" in wrong else Chance(0.5, "churn 3"),
        attributes={"spend_84d": 84.0},
        consents={} if "consent" in wrong else AGREED,
    )
    history = History(
        contacts=(YESTERDAY,) if "contacts" in wrong else (), spent={"a": 99.5} if "spent" in wrong else {}
    )
    question = replace(ASKED, channel=channel)
    contact = ContactPolicy(question, history, rules.policy)
    shelf = rules.shelf(channel, NOON.date())
    ends = Ends(shelf.closed)
    priced = Stages(question, facts, history, rules.policy, contact).reached(shelf, ends)
    results: list[Priced | Ended] = [*priced, *ends.gathered()]
    [result] = results
    return result


@pytest.mark.parametrize("place", range(len(ENDS)))
def test_the_first_stage_that_an_offer_fails_ends_it(place: int) -> None:
    found = reached({name for name, _, _ in ENDS[place:]})
    assert isinstance(found, Ended)
    assert (found.stage, found.rule) == ENDS[place][1:]


@pytest.mark.parametrize("place", range(len(ENDS)))
def test_each_stage_is_enough(place: int) -> None:
    found = reached([ENDS[place][0]])
    assert isinstance(found, Ended)
    assert (found.stage, found.rule) == ENDS[place][1:]


def test_who_passes_has_a_price() -> None:
    found = reached([])
    assert isinstance(found, Priced)
    assert found.priority == pytest.approx(0.5 * 0.25 * 168 * 0.5 - 1 - 0.02)


def test_a_channel_that_nobody_declared_has_no_offers() -> None:
    assert reached([], channel="pigeon") == Ended(("a",), "candidates", "channel", "pigeon")
