"""A store that knows all of its customers, for decisions about them."""

from datetime import UTC, datetime

import numpy as np

from features.store import Segments, StoredConsent, StoredProfile
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
