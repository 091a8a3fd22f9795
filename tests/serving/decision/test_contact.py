"""What may still be said after all that was said before."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from serving.decision.contact import ContactPolicy
from serving.decision.facts import Contact, History, Kind, Rejection
from serving.decision.trace import Priced
from tests.serving.decision.books import ASKED, CHANNELS, NOON, offer, policy

WELCOME = offer("welcome")


def ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def contact(offer_id: str, days: float, kind: Kind = "loyalty", channel: str = "web") -> Contact:
    return Contact(offer_id, kind, channel, ago(days))


def breach(history: History, at: datetime = NOON, **said: object) -> tuple[str, str] | None:
    return ContactPolicy(replace(ASKED, at=at), history, policy(**said)).breach(WELCOME)


HISTORY = History(
    contacts=(
        contact("welcome", 6),
        contact("points", 3),
        contact("points", 8, channel="till"),
        contact("stay", 2, "retention", "email"),
        contact("stay", 30, "retention", "email"),
    )
)


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ({"per": "offer", "contacts": 1, "days": 7.0}, "at most 1 contact per offer in 7 days"),
        ({"per": "offer", "contacts": 1, "days": 6.0}, None),  # exactly six days ago is out of the window
        ({"per": "offer", "contacts": 2, "days": 7.0}, None),
        ({"per": "offer", "name": "points", "contacts": 1, "days": 7.0}, None),
        ({"per": "kind", "contacts": 2, "days": 7.0}, "at most 2 contacts per kind in 7 days"),
        ({"per": "kind", "contacts": 3, "days": 7.0}, None),
        ({"per": "kind", "contacts": 3, "days": 8.5}, "at most 3 contacts per kind in 8.5 days"),
        (
            {"per": "kind", "name": "loyalty", "contacts": 2, "days": 7.0},
            "at most 2 contacts for kind loyalty in 7 days",
        ),
        ({"per": "kind", "name": "retention", "contacts": 1, "days": 99.0}, None),
        ({"per": "channel", "contacts": 2, "days": 99.0}, "at most 2 contacts per channel in 99 days"),
        ({"per": "channel", "contacts": 3, "days": 99.0}, None),
        ({"per": "channel", "name": "email", "contacts": 1, "days": 99.0}, None),
        ({"per": "customer", "contacts": 3, "days": 7.0}, "at most 3 contacts per customer in 7 days"),
        ({"per": "customer", "contacts": 4, "days": 7.0}, None),
    ],
)
def test_a_cap_counts_in_a_rolling_window(cap: dict[str, Any], expected: str | None) -> None:
    found = breach(HISTORY, cap=[cap])
    assert (found and found[0]) == expected


def test_a_cap_says_what_it_met() -> None:
    found = breach(HISTORY, cap=[{"per": "kind", "contacts": 1, "days": 7.0}])
    assert found == ("at most 1 contact per kind in 7 days", "2 contacts with loyalty")
    everything = breach(HISTORY, cap=[{"per": "customer", "contacts": 1, "days": 7.0}])
    assert everything == ("at most 1 contact per customer in 7 days", "3 contacts")


def test_a_contact_made_meanwhile_by_another_worker_counts() -> None:
    """A question may wait for its turn: what was decided in between is later than the question."""
    history = History(contacts=(contact("welcome", -0.0001),))
    assert breach(history, cap=[{"per": "offer", "contacts": 1, "days": 7.0}]) is not None


def test_what_the_answer_already_holds_counts() -> None:
    contacts = ContactPolicy(ASKED, History(), policy(cap=[{"per": "kind", "contacts": 2, "days": 1.0}]))
    for name in ("a", "b"):
        assert contacts.cap(offer(name)) is None
        before, contacts = contacts, contacts.after(offer(name))
        assert before.cap(offer("c")) is None
    assert contacts.cap(offer("c")) is not None
    assert contacts.cap(offer("d", "retention")) is None


@pytest.mark.parametrize(
    ("rejection", "expected"),
    [
        (Rejection("welcome", "loyalty", ago(20)), "cool-off of the offer"),
        (Rejection("welcome", "loyalty", ago(31)), None),
        (Rejection("points", "loyalty", ago(6)), "cool-off of the kind"),
        (Rejection("points", "loyalty", ago(7)), None),
        (Rejection("stay", "retention", ago(1)), None),
    ],
)
def test_what_was_turned_down_rests(rejection: Rejection, expected: str | None) -> None:
    found = breach(History(rejections=(rejection,)), cool_off={"offer_days": 30.0, "kind_days": 7.0})
    assert (found and found[0]) == expected


def test_the_last_rejection_is_named() -> None:
    history = History(rejections=tuple(Rejection("welcome", "loyalty", ago(days)) for days in (2, 9, 4)))
    assert breach(history, cool_off={"offer_days": 30.0}) == (
        "cool-off of the offer",
        "turned down on 2026-02-28",
    )
    assert breach(history) is None


@pytest.mark.parametrize(
    ("utc", "quiet"),
    [
        ("2026-03-02T20:29:59", False),  # 21:29:59 in Berlin, winter
        ("2026-03-02T20:30:00", True),
        ("2026-03-02T23:30:00", True),
        ("2026-03-03T06:59:59", True),
        ("2026-03-03T07:00:00", False),
        ("2026-07-02T19:30:00", True),  # 21:30 in Berlin, summer
        ("2026-07-02T06:00:00", False),
    ],
)
def test_quiet_hours_are_local_and_may_span_midnight(utc: str, quiet: bool) -> None:  # noqa: FBT001 - a table of answers
    channels = {**CHANNELS, "web": {"consent": False, "quiet_from": "21:30", "quiet_to": "08:00"}}
    at = datetime.fromisoformat(f"{utc}+00:00")
    found = breach(History(), at, channels=channels, clock={"timezone": "Europe/Berlin"})
    assert (found is not None) is quiet
    assert not found or found[0] == "quiet hours from 21:30 to 08:00"


def test_quiet_hours_within_a_day_and_of_other_channels() -> None:
    channels = {**CHANNELS, "web": {"consent": False, "quiet_from": "12:00", "quiet_to": "13:00"}}
    assert breach(History(), channels=channels) == ("quiet hours from 12:00 to 13:00", "12:00 in UTC")
    assert breach(History(), NOON + timedelta(hours=1), channels=channels) is None
    others = {**CHANNELS, "till": {"quiet_from": "00:00", "quiet_to": "23:00"}}
    assert breach(History(), channels=others) is None


def test_an_offer_is_given_so_often_a_day() -> None:
    contacts = ContactPolicy(ASKED, History(used={"welcome": 3}), policy())
    assert contacts.breach(offer("welcome", per_day=3)) == ("per_day", "3 of 3 given today")
    assert contacts.breach(offer("welcome", per_day=4)) is None
    assert contacts.breach(offer("points", per_day=1)) is None


@pytest.mark.parametrize(("spent", "fits"), [(0.0, True), (97.5, True), (97.6, False), (100.0, False)])
def test_a_budget_holds_with_what_the_offer_would_take(spent: float, fits: bool) -> None:  # noqa: FBT001 - a table of answers
    contacts = ContactPolicy(ASKED, History(spent={"welcome": spent}), policy())
    priced = Priced("welcome", "loyalty", None, priority=5.0, reserved=2.5, values=(), sources=())
    found = contacts.overspent(offer("welcome", budget=100.0), priced)
    assert found == (None if fits else ("budget", f"{spent:.2f} of 100.00 spent"))
    assert contacts.overspent(WELCOME, priced) is None
