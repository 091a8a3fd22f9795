"""The ledger: what was decided, what became of it, and what customers agreed to; SQLite or PostgreSQL by URL."""

from serving.ledger.audit import Sealed, State
from serving.ledger.engines import sqlite_file
from serving.ledger.faults import (
    Erased,
    KeyTaken,
    LedgerError,
    NotGiven,
    OutcomeError,
    TooLate,
    UnknownDecision,
    Unreadable,
)
from serving.ledger.ledger import Ledger
from serving.ledger.opening import open_ledger
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
    "Counts",
    "CustomerTotal",
    "Erased",
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
    "Sealed",
    "State",
    "TooLate",
    "Totals",
    "UnknownDecision",
    "Unreadable",
    "open_ledger",
    "read_secret",
    "sqlite_file",
]
