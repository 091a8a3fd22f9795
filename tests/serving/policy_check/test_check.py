"""What a check finds is what the service would decide, customer by customer."""

import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from features.errors import InputError
from features.store import SqliteStore, remove_customers
from serving.__main__ import commands
from serving.decision.rulebook import Rulebook, read_rulebook
from serving.live.models import Models
from serving.live.served import Served
from serving.next_best_offer.fact_source import FactSource
from serving.policy_check.check import Findings, check, strangers
from serving.policy_check.tables import CATALOGUE, overrated_stake
from tests.serving.next_best_offer.tiny import full_store
from tests.serving.places import publish_full, settings_in

NIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
POLICY = """
version = "p1"
[stake]
margin = 0.2
days = 168
[control]
salt = "everybody"
share = 0.5
[channels.web]
consent = false
quiet_from = "20:00"
quiet_to = "08:00"
[channels.email]
cost = 0.01
"""
LOYALTY = 'kind = "loyalty"\nacceptance = 0.5\nincremental = 1\n'
BUNDLE = 'kind = "bundle"\nchannels = ["web"]\nvalue = 30\nincremental = 1\n'
OFFERS = {
    "thanks": f'{LOYALTY}channels = ["web"]\nvalue = 10\ngood = ["life_cycle in [growing, steady]"]',
    "letter": f'{LOYALTY}channels = ["email"]\nvalue = 10\nvalid_from = 2099-01-01',
    "dear": f'{LOYALTY}channels = ["web"]\nvalue = 1\ndiscount = 5',
    "toast": f'{BUNDLE}items = ["BREAD", "BUTTER", "JAM"]',
}
NEVER = f'{LOYALTY}channels = ["web"]\nvalue = 10\nmust = ["spend_28d > 5", "spend_28d < 5"]'
LOST = f'{BUNDLE}items = ["BREAD", "SILK"]'


def write(folder: Path, **offers: str) -> None:
    entries = [f'[[offer]]\nid = "{name}"\nname = "A {name}"\n{said}\n' for name, said in offers.items()]
    head = 'version = "c1"\ncurrency = "USD"\n'
    (folder / "catalogue.toml").write_text(head + "".join(entries))
    (folder / "policy.toml").write_text(POLICY)


def read(folder: Path, **offers: str) -> Rulebook:
    write(folder, **offers)
    info = full_store().info
    return read_rulebook(folder / "catalogue.toml", folder / "policy.toml", info, date(2026, 3, 2))


Find = Callable[..., Findings]


@pytest.fixture
def find(models: Models, tmp_path: Path) -> Find:
    def found(*channels: str, **offers: str) -> Findings:
        store = full_store()
        source, rulebook = FactSource(Served(models, store)), read(tmp_path, **offers)
        *_, findings = check(source, store.ids(), rulebook, channels, NIGHT)
        return findings

    return found


def test_each_offer_is_counted_where_it_is_worth_something(find: Find) -> None:
    offers = find("web", "email", **OFFERS, never=NEVER).offers
    assert {name: (reach.worth, len(reach.won)) for name, reach in offers.items()} == {
        "thanks": (2, 2),
        "letter": (1, 1),
        "dear": (0, 0),
        "toast": (6, 6),
        "never": (0, 0),
    }


def test_what_an_offer_is_worth_is_its_priority_on_the_best_channel(find: Find) -> None:
    """Half of 10, less a cent by e-mail, to the only one who agreed to it."""
    said = f'{LOYALTY}value = 10\nmust = ["consent_email is yes"]\n'
    both = find("web", "email", both=f'{said}channels = ["web", "email"]').offers["both"]
    letter = find("web", "email", letter=f'{said}channels = ["email"]').offers["letter"]
    assert (both.won, letter.won) == ([5], [4.99])


def test_an_offer_that_nobody_can_receive_is_found_with_its_rules(find: Find) -> None:
    findings = find("web", "email", **OFFERS, never=NEVER)
    assert findings.unreachable == ["dear", "never"]
    assert findings.offers["dear"].ended == {("arbitrate", "not_worth_it"): 6}
    assert findings.offers["never"].ended == {
        ("eligibility", "spend_28d > 5"): 4,
        ("eligibility", "spend_28d < 5"): 2,
    }


def test_who_gets_nothing_is_counted_by_channel_and_rule(find: Find) -> None:
    web, email = find("web", "email", **OFFERS).channels.values()
    assert (web.customers, web.without, web.examples) == (6, 4, ["1", "DE/4711", "gone"])
    assert web.ended == {
        ("suitability", "life_cycle in [growing, steady]"): 4,
        ("arbitrate", "not_worth_it"): 4,
    }
    assert (email.customers, email.without, email.examples) == (6, 5, ["01", "DE/4711", "gone"])
    assert email.ended == {("consent", "consent to marketing"): 5}


def test_only_the_channels_that_are_asked_about_count(find: Find) -> None:
    findings = find("email", **OFFERS, never=NEVER)
    assert list(findings.offers) == ["letter"]
    assert list(findings.channels) == ["email"]
    assert findings.unreachable == []


def test_a_bundle_without_a_missing_item_that_is_offered_reaches_nobody(find: Find) -> None:
    findings = find("web", lost=LOST)
    assert findings.unreachable == ["lost"]
    assert findings.offers["lost"].ended == {}
    assert findings.channels["web"].without == 6


def test_items_that_no_model_offers_are_strangers(models: Models, tmp_path: Path) -> None:
    names = FactSource(Served(models, full_store())).names
    best = 'kind = "cross_sell"\nchannels = ["web"]\nitems = "best"\nmargin = 0.5\nincremental = 1'
    assert strangers(read(tmp_path, **OFFERS, lost=LOST, best=best), names) == {"lost": ["SILK"]}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release and a store as the commands find them."""
    folder = tmp_path_factory.mktemp("workspace")
    publish_full(settings_in(folder))
    return folder


def policy(workspace: Path, folder: Path, *arguments: str) -> Result:
    variables = {
        "SERVING_RELEASE": str(workspace / "release"),
        "SERVING_STORE": str(workspace / "online.sqlite"),
        "SERVING_CATALOGUE": str(folder / "catalogue.toml"),
        "SERVING_POLICY": str(folder / "policy.toml"),
        "COLUMNS": "160",
    }
    return CliRunner(env=variables).invoke(commands, ["policy", *arguments])


def test_the_command_prints_both_tables(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, **{name: said for name, said in OFFERS.items() if name != "dear"})
    shown = policy(workspace, tmp_path, "check")
    assert shown.exit_code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.output.splitlines()]
    assert ["thanks", "2", "2", "5.00", "4  suitability: life_cycle in [growing, steady]"] in rows
    assert ["toast", "with a basket", "with a basket", "6.80", ""] in rows
    assert "[stake] days = 168 is longer than the 28 days that the churn model looks ahead" in shown.output
    assert ["email", "5 of 6", "01, DE/4711, gone", "5  consent: consent to marketing"] in rows


@pytest.mark.parametrize(("days", "horizon", "sentences"), [(28, 28, 0), (29, 28, 1), (300, None, 0)])
def test_no_more_is_at_stake_than_churn_is_about(days: float, horizon: int | None, sentences: int) -> None:
    assert len(list(overrated_stake(days, horizon))) == sentences


def test_the_command_fails_when_an_offer_reaches_nobody(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, never=NEVER, lost=LOST)
    shown = policy(workspace, tmp_path, "check", "--channel", "web")
    assert shown.exit_code == 1
    assert 'nobody can receive "never": most end in eligibility, by spend_28d > 5' in shown.output
    assert 'nobody can receive "lost": most end in candidates, by no_basket' in shown.output
    assert '"lost" lists items that no model offers: SILK' in shown.output


def test_what_a_moment_or_a_consent_would_open_is_told_and_fails_nothing(
    workspace: Path, tmp_path: Path
) -> None:
    page = f'{LOYALTY}channels = ["web"]\nvalue = 10\nmust = ["page = checkout or basket has BREAD"]'
    rich = f'{LOYALTY}channels = ["web"]\nvalue = 10\nmust = ["spend_28d > 1000"]'
    write(tmp_path, page=page, sms=f'{LOYALTY}channels = ["sms"]\nvalue = 10')
    with (tmp_path / "policy.toml").open("a") as file:
        file.write("[channels.sms]\n")
    shown = policy(workspace, tmp_path, "check")
    assert shown.exit_code == 0
    assert '"page" depends on basket and page, which only a question tells: not checked' in shown.output
    assert '"sms" lacks consents alone: the snapshot has none' in shown.output
    write(tmp_path, rich=rich)
    assert policy(workspace, tmp_path, "check").exit_code == 1


def test_a_channel_that_is_named_twice_counts_once(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, thanks=OFFERS["thanks"])
    once = policy(workspace, tmp_path, "check", "--channel", "web")
    assert policy(workspace, tmp_path, "check", "--channel", "web", "--channel", "web").output == once.output


def test_a_channel_that_there_is_not_is_refused(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, **OFFERS)
    shown = policy(workspace, tmp_path, "check", "--channel", "wbe")
    assert str(shown.exception) == '"wbe" is no channel of the policy (did you mean "web"?)'


def test_the_attributes_are_listed_with_what_they_can_be_asked(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, **OFFERS)
    shown = policy(workspace, tmp_path, "attributes")
    assert shown.exit_code == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.output.splitlines()]
    assert ["spend_28d", "number", "spent ... in the last 28 days", ""] in rows
    assert ["churn_band", "text", "band of that probability", "high, medium, low"] in rows
    assert ["consent_email", "flag", "agreed to be spoken to by email", ""] in rows
    assert ["set", "has,  has not,  is known,  is unknown"] in rows


def test_before_the_first_release_only_what_no_model_is_asked_for_is_checked(
    workspace: Path, tmp_path: Path
) -> None:
    likely = f'{LOYALTY}channels = ["web"]\nvalue = 10\nmust = ["churn_band = high"]'
    write(tmp_path, thanks=OFFERS["thanks"], toast=OFFERS["toast"], likely=likely)
    shown = policy(workspace, tmp_path, "check", "--release", str(tmp_path / "none"))
    assert shown.exit_code == 0
    assert "no release was pulled yet" in shown.output
    assert '"toast" needs the model bundles, which no release has: not checked' in shown.output
    assert '"likely" needs the model churn, which no release has: not checked' in shown.output
    assert "items that no model offers" not in shown.output
    write(tmp_path, never=NEVER)
    assert policy(workspace, tmp_path, "check", "--release", str(tmp_path / "none")).exit_code == 1


def test_the_rules_of_the_live_release_can_be_checked(workspace: Path, tmp_path: Path) -> None:
    write(tmp_path, never=NEVER)
    shown = policy(workspace, tmp_path, "check", "--live")
    assert '"never"' not in shown.output
    assert [name for name in ("stay", "taste", "toast", "thanks") if name not in shown.output] == []
    both = policy(workspace, tmp_path, "check", "--live", "--policy", str(tmp_path / "policy.toml"))
    assert (both.exit_code, "give neither" in both.output) == (2, True)


def test_a_store_that_everybody_left_is_one_sentence(workspace: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(workspace, tmp_path / "left")
    store = folder / "online.sqlite"
    with closing(SqliteStore(store)) as opened:
        everybody = list(opened.ids())
    remove_customers(store, everybody)
    shown = policy(folder, tmp_path, "check", "--live")
    assert (shown.exit_code, isinstance(shown.exception, InputError)) == (1, True)
    assert "there is nobody in the online store" in str(shown.exception)


def test_what_is_edited_is_found_from_anywhere(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["policy", "attributes", "--store", str(workspace / "online.sqlite")]
    assert CliRunner().invoke(commands, arguments).exit_code == 0
    assert CATALOGUE.is_file()
