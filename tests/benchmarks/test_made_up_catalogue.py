"""A catalogue of many offers that the service can read and bind, always the same."""

from collections import Counter
from pathlib import Path

from benchmarks.made_up_catalogue import CAPS_TIMES, OFFERS, made_up_catalogue, open_policy
from serving.decision.rulebook import read_rulebook
from tests.serving.bundles.tiny import FULL_INFO

ITEMS = ["MILK", 'CHEESE "OLD"', "BREAD", "JAM"]
CHANNELS = ["web", "till", "email"]
POLICY = Path("serving/policy.toml")


def test_it_is_read_and_bound_as_a_real_one(tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text(made_up_catalogue(ITEMS, CHANNELS, FULL_INFO))
    (tmp_path / "policy.toml").write_text(open_policy(POLICY.read_text()))
    rulebook = read_rulebook(tmp_path / "catalogue.toml", tmp_path / "policy.toml", FULL_INFO)
    offers = [bound.offer for bound in rulebook.offers]
    assert len(offers) == OFFERS
    kinds = Counter(offer.kind for offer in offers)
    assert kinds["cross_sell"] > OFFERS / 2
    assert set(kinds) == {"cross_sell", "bundle", "retention", "loyalty"}
    assert {channel for offer in offers for channel in offer.channels} == set(CHANNELS)


def test_it_is_always_the_same() -> None:
    texts = {made_up_catalogue(ITEMS, CHANNELS, FULL_INFO) for _ in range(2)}
    assert len(texts) == 1


def test_a_policy_is_opened_in_its_caps_alone() -> None:
    opened = open_policy('[[cap]]\nper = "customer"\ncontacts = 5\ndays = 7\n')
    assert opened == f'[[cap]]\nper = "customer"\ncontacts = {5 * CAPS_TIMES}\ndays = 7\n'
