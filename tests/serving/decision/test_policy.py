from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest

from features.errors import InputError
from serving.decision.policy import Policy, read_policy

LEAST = """\
version = "1"
[stake]
margin = 0.2
days = 182
[control]
salt = "s"
[channels.web]
"""
Read = Callable[[str], Policy]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def write_and_read(text: str) -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(text)
        return read_policy(path)

    return write_and_read


def test_what_is_not_said_is_the_careful_default(read: Read) -> None:
    found = read(LEAST)
    web = found.channels["web"]
    assert (web.consent, web.purpose, web.cost, web.context, web.quiet_from) == (
        True,
        "marketing",
        0,
        1,
        None,
    )
    assert (found.control.share, found.exploration.share, found.exploration.max_loss) == (0.05, 0.02, 0)
    assert (found.caps, found.cool_off.offer_days, found.clock.timezone) == ((), 0, "UTC")
    assert [found.levers.of(kind) for kind in ("retention", "cross_sell", "bundle", "loyalty")] == [
        0,
        0,
        0,
        0,
    ]


def test_a_policy_is_read_whole(read: Read) -> None:
    found = read(
        LEAST
        + 'consent = false\ncost = 0.02\ncontext = 1.5\nquiet_from = "21:00"\nquiet_to = 08:30:00\n'
        + '[levers]\nbundle = -20\n[clock]\ntimezone = "Europe/Berlin"\n[[cap]]\nper = "kind"\nname = "bundle"\n'
        + 'contacts = 1\ndays = 0.5\n[[cap]]\nper = "customer"\ncontacts = 3\ndays = 7\n'
        + "[cool_off]\noffer_days = 30\nkind_days = 7\n[exploration]\nshare = 0\n"
    )
    web = found.channels["web"]
    assert (web.quiet_from, web.quiet_to, web.consent, web.context) == (time(21), time(8, 30), False, 1.5)
    assert [(cap.per, cap.name, cap.contacts, cap.days) for cap in found.caps] == [
        ("kind", "bundle", 1, 0.5),
        ("customer", None, 3, 7),
    ]
    assert (found.levers.of("bundle"), found.exploration.share, found.cool_off.kind_days) == (-20, 0, 7)
    assert str(found.clock.zone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("contxt = 1", '[channels.web] contxt is an unknown key (did you mean "context"?)'),
        ("[lever]", 'lever is an unknown key (did you mean "levers"?)'),
        ("[levers]\nretenton = 1", '[levers] retenton is an unknown key (did you mean "retention"?)'),
        ('quiet_from = "21:00"', "[channels.web] give both quiet_from and quiet_to, or neither"),
        (
            'quiet_from = "21:00"\nquiet_to = "21:00"',
            "quiet_from and quiet_to are both 21:00; leave both out",
        ),
        ('quiet_from = "25:00"\nquiet_to = "21:00"', "[channels.web] quiet_from: "),
        (
            "quiet_from = 21\nquiet_to = 8",
            "[channels.web.quiet_from] write a time of day such as",
        ),
        ('quiet_from = "21:00Z"\nquiet_to = "08:00"', "such as \"21:00\", not '21:00Z'"),
        ("quiet_from = 2026-01-01T21:00:00\nquiet_to = 08:00:00", "[channels.web.quiet_from] write a time"),
        ("cost = -1", "[channels.web] cost: "),
        ("context = 0", "[channels.web] context: Input should be greater than 0, not 0"),
        ("context = inf", "[channels.web] context: Input should be a finite number, not inf"),
        ('[channels."Web Shop"]', "[channels.Web Shop] "),
        (
            '[clock]\ntimezone = "Europe/Berln"',
            '"Europe/Berln" is no time zone (did you mean "Europe/Berlin"?)',
        ),
        ('[clock]\ntimezone = "../passwd"', '"../passwd" is no time zone'),
        (
            '[[cap]]\nper = "offr"\ncontacts = 1\ndays = 1',
            'cap 1 per is never "offr" (did you mean "offer"?)',
        ),
        ('[[cap]]\nper = "offer"\ncontacts = 0\ndays = 1', "cap 1 contacts: "),
        ('[[cap]]\nper = "offer"\ncontacts = 1\ndays = 0', "cap 1 days: "),
        (
            '[[cap]]\nper = "kind"\nname = "bundel"\ncontacts = 1\ndays = 1',
            'cap 1: "bundel" is no kind (did you mean',
        ),
        (
            '[[cap]]\nper = "channel"\nname = "sms"\ncontacts = 1\ndays = 1',
            'cap 1: "sms" is no channel (known: web)',
        ),
        (
            '[[cap]]\nper = "customer"\nname = "5"\ncontacts = 1\ndays = 1',
            "cap 1 is per customer and has no name",
        ),
        ("[exploration]\nshare = 0.3", "[exploration] share: "),
        ("[exploration]\nmax_loss = -1", "[exploration] max_loss: "),
        ("[cool_off]\noffer_days = -1", "[cool_off] offer_days: "),
    ],
)
def test_a_wrong_policy_is_refused(read: Read, more: str, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        read(LEAST + more)
    assert "policy.toml cannot be used: " in str(refused.value)
    assert problem in str(refused.value)


def test_a_control_group_of_more_than_half_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"\[control\] share: "):
        read(LEAST.replace("[control]", "[control]\nshare = 0.6"))


def test_a_policy_needs_a_channel(read: Read) -> None:
    with pytest.raises(InputError, match=r"there is no \[channels.NAME\]; declare one"):
        read(LEAST.replace("[channels.web]", "[channels]"))


def test_every_problem_is_in_one_sentence(read: Read) -> None:
    with pytest.raises(
        InputError, match=r"version is missing; \[stake\] days is missing; control is missing"
    ):
        read("[stake]\nmargin = 1\n[channels.web]")


def test_a_channel_that_nobody_declared_is_refused_with_the_nearest(read: Read) -> None:
    policy = read(LEAST)
    policy.require_channel("web")
    with pytest.raises(InputError, match=r'^"wbe" is no channel of the policy \(did you mean "web"\?\)$'):
        policy.require_channel("wbe")
