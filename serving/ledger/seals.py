"""The seal of a decision: nobody without the ledger's secret changes what was recorded unseen."""

import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from serving.ledger.tables import microseconds

_PURPOSE = b"seal\0"
_COLUMNS = "decision_id", "customer_id", "channel", "control", "asked_by"
_OF_ANSWER = "place", "offer_id", "kind", "given"
_MONEY = "cost", "discount"


def seal_of(secret: bytes, decision: Mapping[str, Any], answers: Iterable[Mapping[str, Any]]) -> bytes:
    """HMAC-SHA-256 over every column of a row of `decisions` and of its rows of `answers`, in order of place."""
    said = [
        *(decision[name] for name in _COLUMNS),
        microseconds(decision["decided_at"]),
        _plain(decision["margin"]),
        [[*(one[name] for name in _OF_ANSWER), *(_plain(one[name]) for name in _MONEY)] for one in answers],
    ]
    # JSON escapes NUL, so that what ends it cannot be part of it.
    return hmac.digest(secret, _PURPOSE + json.dumps(said).encode() + b"\0" + decision["trace"], "sha256")


def _plain(number: float) -> float:
    """As a database gives it back: no whole number, and nothing below zero that is zero."""
    return float(number) + 0.0
