"""A past snapshot is decided on as it would have been, and nothing is recorded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from features.errors import InputError
from serving.decision.facts import Consent
from serving.ledger import Ledger, Outcome
from serving.next_best_offer.asking import Asking
from serving.offline.batch import batch, write
from serving.offline.replay import replay
from serving.settings import Settings
from tests.serving.next_best_offer.tiny import AGREED
from tests.serving.places import publish_full, with_rules_in
from tests.serving.rules import POLICY

AS_OF = datetime(2017, 12, 4, tzinfo=UTC)
NOON = datetime(2017, 12, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WEB, EMAIL = Asking("web", "web"), Asking("email", "email")


def decided(settings: Settings, asking: Asking = WEB, past: str | None = None) -> dict[str, dict[str, Any]]:
    """The rows of a replay by customer."""
    out = settings.store.with_name("replay.parquet")
    with replay(settings, asking, AS_OF, past) as decisions:
        assert write(decisions, out, lambda *_: None) == 6
    return {row["customer_id"]: row for row in pq.read_table(out).to_pylist()}


def offered(rows: dict[str, dict[str, Any]]) -> dict[str, str | None]:
    return {customer_id: row["offer_id"] for customer_id, row in rows.items()}


def test_a_replay_decides_at_its_moment_and_records_nothing(settings: Settings) -> None:
    rows = decided(settings)
    assert {row["decided_at"] for row in rows.values()} == {NOON}
    assert offered(rows) == {
        "01": "thanks",
        "1": "stay",
        "DE/4711": "taste",
        "gone": "taste",
        "returns": "thanks",
        "Åse 客": "taste",
    }
    assert not Path(settings.ledger.removeprefix("sqlite:///")).exists()
    assert decided(settings) == rows


def test_its_ids_are_those_of_the_real_ledger(settings: Settings) -> None:
    rows = decided(settings)
    out = settings.store.with_name("batch.parquet")
    with batch(settings, WEB, None, NOON) as decisions:
        write(decisions, out, lambda *_: None)
    assert pq.read_table(out).to_pylist() == list(rows.values())


def test_what_was_said_before_its_moment_counts_and_nothing_later(
    settings: Settings, recorded: Ledger
) -> None:
    for at, customer in ((AS_OF - DAY, "1"), (AS_OF + DAY, "gone")):
        one = settings.store.with_name("ids")
        one.write_text(customer)
        with batch(settings, WEB, one, at) as decisions:
            write(decisions, settings.store.with_name("b.parquet"), lambda *_: None)
    recorded.set_consent("01", "email", "marketing", Consent(granted=True, at=AGREED))
    recorded.set_consent("1", "email", "marketing", Consent(granted=False, at=AS_OF + DAY))
    before = list(recorded.logged())
    web = decided(settings, past=settings.ledger)
    assert (web["1"]["offer_id"], web["gone"]["offer_id"]) == ("taste", "taste")
    email = offered(decided(settings, EMAIL, past=settings.ledger))
    assert (email["1"], email["01"], email["returns"]) == ("taste", "taste", None)
    assert list(recorded.logged()) == before


def test_a_rejection_of_the_past_counts(settings: Settings, recorded: Ledger, tmp_path: Path) -> None:
    policy = POLICY.replace("[[cap]]", "[cool_off]\noffer_days = 30\n[[cap]]").replace(
        "days = 7", "days = 0.5"
    )
    ruled = with_rules_in(tmp_path, settings, policy=policy)
    (tmp_path / "ids").write_text("1\n")
    with batch(ruled, WEB, tmp_path / "ids", AS_OF - 2 * DAY) as decisions:
        write(decisions, tmp_path / "b.parquet", lambda *_: None)
    (logged,) = recorded.logged()
    assert decided(ruled, past=settings.ledger)["1"]["offer_id"] == "stay"
    recorded.record_outcome(Outcome("k", logged.decision.decision_id, "reject", "stay", None, AS_OF - DAY))
    assert decided(ruled, past=settings.ledger)["1"]["offer_id"] == "taste"


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 12), ("Pacific/Auckland", 23), ("America/Los_Angeles", 20)]
)
def test_it_is_noon_of_the_policys_clock_on_the_day_of_the_snapshot(
    settings: Settings, tmp_path: Path, zone: str, hour: int
) -> None:
    ruled = with_rules_in(tmp_path, settings, policy=f'{POLICY}\n[clock]\ntimezone = "{zone}"\n')
    assert {row["decided_at"] for row in decided(ruled).values()} == {AS_OF + hour * timedelta(hours=1)}


def test_a_past_that_is_not_there_is_refused(settings: Settings) -> None:
    with (
        pytest.raises(InputError, match="does not exist"),
        replay(settings, WEB, AS_OF, f"sqlite:///{settings.store.with_name('typo')}"),
    ):
        raise AssertionError


@pytest.mark.parametrize("remembering", [True, False])
def test_who_was_erased_is_in_no_replay(settings: Settings, recorded: Ledger, *, remembering: bool) -> None:
    recorded.erase("1", AS_OF)
    before = settings.store.read_bytes()
    out = settings.store.with_name("replay.parquet")
    with replay(settings, WEB, AS_OF, settings.ledger if remembering else None) as decisions:
        assert write(decisions, out, lambda *_: None) == 5
    assert "1" not in pq.read_table(out).column("customer_id").to_pylist()
    assert settings.store.read_bytes() == before


def test_a_store_of_another_moment_says_what_to_run(settings: Settings) -> None:
    with (
        pytest.raises(InputError, match="features publish --as-of 2017-12-05 --store FILE"),
        replay(settings, WEB, AS_OF + DAY, None),
    ):
        raise AssertionError


def test_a_model_that_does_not_fit_is_refused(settings: Settings) -> None:
    publish_full(settings, change=lambda info: replace(info, fingerprint="f2"))
    with pytest.raises(InputError, match="different features"), replay(settings, WEB, AS_OF, None):
        raise AssertionError
