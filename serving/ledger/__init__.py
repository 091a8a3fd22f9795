"""The ledger: what was decided, what became of it, and what customers agreed to; SQLite or PostgreSQL by URL."""

from serving.ledger.faults import KeyTaken, LedgerError, NotGiven, OutcomeError, TooLate, UnknownDecision
from serving.ledger.ledger import LONGEST_TEXT, Ledger, open_ledger
from serving.ledger.records import (
    Counts,
    CustomerTotal,
    Erasure,
    KeptTotal,
    Limits,
    LoggedDecision,
    Occasion,
    Outcome,
    OutcomeKind,
    Recorded,
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
    "Limits",
    "LoggedDecision",
    "NotGiven",
    "Occasion",
    "Outcome",
    "OutcomeError",
    "OutcomeKind",
    "Recorded",
    "TooLate",
    "Totals",
    "UnknownDecision",
    "open_ledger",
    "read_secret",
]
