"""A store that knows all of its customers, for decisions about them."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from features.store import Segments, StoredConsent, StoredProfile
from serving.decision.rulebook import Rulebook, read_rulebook
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import FULL_INFO, habits
from tests.serving.cross_sell.tiny import candidates
from tests.serving.tiny import ROWS

AGREED = datetime(2017, 11, 1, 8, tzinfo=UTC)
REFUSED = datetime(2017, 11, 2, 8, tzinfo=UTC)


def _profile(segments: Segments, bought: list[int], *consents: StoredConsent) -> StoredProfile:
    return StoredProfile(segments, np.array(bought, dtype=np.int32), consents)


PROFILES = {
    "1": _profile(
        Segments(1, 2, 3, "at risk", "low"),
        [0, 1],
        StoredConsent("email", "marketing", granted=True, at=AGREED),
    ),
    "01": _profile(Segments(5, 5, 5, "growing", "high"), []),
    "DE/4711": _profile(Segments(4, 3, 2, "new", None), []),
    "Åse 客": _profile(Segments(), [4]),
    "gone": _profile(Segments(1, 1, 1, "lost", "low"), []),
    "returns": _profile(
        Segments(3, 3, 1, "steady", "low"),
        [],
        StoredConsent("email", "marketing", granted=False, at=REFUSED),
        StoredConsent("mail", "marketing", granted=True, at=AGREED),
    ),
}
"""By id: knows cheese and milk and agreed to e-mail; the best; unknown spend; hardly known; lapsed; refused."""


def full_store() -> MemoryStore:
    """Everything that a store can hold."""
    return MemoryStore(FULL_INFO, ROWS, candidates(), habits(), profiles=PROFILES.items())


CATALOGUE = """
version = "c1"
currency = "USD"

[[offer]]
id = "stay"
name = "Two off the next shop"
kind = "retention"
channels = ["web", "email"]
value = 40.0
save_rate = 0.2
discount = 2.0
redemption = 0.5
must = ["known is yes"]
relevant = ["churn_band = high"]

[[offer]]
id = "taste"
name = "Something new"
kind = "cross_sell"
channels = ["web", "email", "till"]
items = "best"
margin = 0.5
incremental = 1.0

[[offer]]
id = "toast"
name = "Butter and jam for your bread"
kind = "bundle"
channels = ["web"]
items = ["BREAD", "BUTTER", "JAM"]
value = 30.0
incremental = 1.0

[[offer]]
id = "thanks"
name = "A thank you"
kind = "loyalty"
channels = ["web"]
value = 10.0
acceptance = 0.5
incremental = 1.0
discount = 1.0
per_day = 2
good = ["life_cycle in [growing, steady]"]
"""
POLICY = """
version = "p1"
stake = { margin = 0.2, days = 168 }
control = { share = 0.0, salt = "pepper" }
exploration = { share = 0.0 }

[channels.web]
consent = false

[channels.till]
consent = false

[channels.email]
cost = 0.01

[[cap]]
per = "offer"
contacts = 1
days = 7
"""
NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)


def read_tiny(folder: Path, *, catalogue: str = CATALOGUE, policy: str = POLICY) -> Rulebook:
    """The rulebook of these two files over the full store, written into the folder."""
    (folder / "catalogue.toml").write_text(catalogue)
    (folder / "policy.toml").write_text(policy)
    return read_rulebook(folder / "catalogue.toml", folder / "policy.toml", full_store().info, NOON.date())
