"""Who may be spoken to: closed unless the newest word is yes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from serving.decision.consent import agreed, refusal
from serving.decision.facts import Consent, History
from tests.serving.decision.books import AS_OF, KNOWN, policy

EARLY, LATE = AS_OF - timedelta(days=9), AS_OF - timedelta(days=1)
YES, NO = Consent(granted=True, at=EARLY), Consent(granted=False, at=EARLY)
YES_LATE, NO_LATE = Consent(granted=True, at=LATE), Consent(granted=False, at=LATE)


@pytest.mark.parametrize(
    ("before", "since", "expected"),
    [
        (YES, None, None),
        (None, YES, None),
        (NO, YES_LATE, None),
        (NO_LATE, YES, "refused on 2026-02-28"),
        (YES, NO_LATE, "refused on 2026-02-28"),
        (YES_LATE, NO, None),
        (YES, NO, "refused on 2026-02-20"),
        (NO, YES, "refused on 2026-02-20"),
        (None, NO, "refused on 2026-02-20"),
        (None, None, "never given"),
    ],
)
def test_the_newest_word_counts_and_a_refusal_wins(
    before: Consent | None, since: Consent | None, expected: str | None
) -> None:
    key = ("email", "marketing")
    facts = replace(KNOWN, consents={} if before is None else {key: before})
    history = History(consents={} if since is None else {key: since})
    found = refusal("email", policy().channels["email"], facts, history)
    assert found == (None if expected is None else ("consent to marketing", expected))
    assert agreed(policy(), facts, history) == {"web": False, "till": False, "email": expected is None}


def test_consent_is_for_one_channel_and_one_purpose() -> None:
    facts = replace(KNOWN, consents={("email", "service"): YES, ("sms", "marketing"): YES})
    assert refusal("email", policy().channels["email"], facts, History()) is not None
    served = policy(channels={"email": {"purpose": "service"}}).channels["email"]
    assert refusal("email", served, facts, History()) is None


def test_a_channel_may_need_no_consent() -> None:
    assert refusal("web", policy().channels["web"], KNOWN, History()) is None
