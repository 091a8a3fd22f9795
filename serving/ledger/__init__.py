"""The ledger: what was decided, what became of it, and what customers agreed to; SQLite or PostgreSQL by URL."""

from serving.ledger.faults import KeyTaken, LedgerError, NotGiven, OutcomeError, TooLate, UnknownDecision
from serving.ledger.ledger import LONGEST_TEXT, Ledger, open_ledger
from serving.ledger.records import (
    Counts,
    CustomerTotal,
    Erasure,
    KeptTotal,
    LoggedDecision,
    Occasion,
    Outcome,
    OutcomeKind,
    Recorded,
    Terms,
    Totals,
)
from serving.ledger.secret import read_secret

__all__ = [
    "LONGEST_TEXT",
    "Counts",
    "CustomerTotal",
    "Erasure",
    "KeptTotal",
    "KeyTaken",
    "Ledger",
    "LedgerError",
    "LoggedDecision",
    "NotGiven",
    "Occasion",
    "Outcome",
    "OutcomeError",
    "OutcomeKind",
    "Recorded",
    "Terms",
    "TooLate",
    "Totals",
    "UnknownDecision",
    "open_ledger",
    "read_secret",
]
