"""What can go wrong between a caller and the ledger."""

from features.errors import InputError


class LedgerError(InputError):
    """The ledger cannot be opened, read or written; the sentence says what to mend. Nothing was recorded."""


class TooLate(LedgerError):  # noqa: N818 - says what happened
    """The deadline passed before the decision was on disk; nothing was recorded and nothing is counted."""


class OutcomeError(Exception):
    """An outcome that the ledger does not take; the sentence says why."""


class UnknownDecision(OutcomeError):  # noqa: N818 - says what happened
    """No decision has this id."""


class KeyTaken(OutcomeError):  # noqa: N818 - says what happened
    """The key already stands for another outcome."""


class NotGiven(OutcomeError):  # noqa: N818 - says what happened
    """The decision did not give this offer."""
