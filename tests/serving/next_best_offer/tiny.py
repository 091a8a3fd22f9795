"""A store that knows all of its customers, for decisions about them."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from features.store import Segments, StoredConsent, StoredProfile
from serving.decision.rulebook import Rulebook, Rules, read_rules
from serving.live.live import Live
from serving.live.served import Served
from tests.fakes import MemoryStore
from tests.serving.bundles.tiny import FULL_INFO, habits
from tests.serving.cross_sell.tiny import candidates
from tests.serving.rules import CATALOGUE, POLICY
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


NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)


def rules_in(folder: Path, *, catalogue: str = CATALOGUE, policy: str = POLICY) -> Rules:
    """These two files, written into the folder and read."""
    (folder / "catalogue.toml").write_text(catalogue)
    (folder / "policy.toml").write_text(policy)
    return read_rules(folder / "catalogue.toml", folder / "policy.toml", NOON.date())


def with_rules(live: Live, rules: Rules | None) -> Served:
    """What is served, with other rules."""
    assert live.served is not None
    return Served(live.served.models, live.served.store, rules=rules)


def read_tiny(folder: Path, *, catalogue: str = CATALOGUE, policy: str = POLICY) -> Rulebook:
    """The rulebook of these two files over the full store, written into the folder."""
    return rules_in(folder, catalogue=catalogue, policy=policy).bound(full_store().info)
