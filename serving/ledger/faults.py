"""What can go wrong between a caller and the ledger."""

from features.errors import InputError


class LedgerError(InputError):
    """The ledger cannot be opened, read or written; the sentence says what to mend. Nothing was recorded."""


class TooLate(LedgerError):  # noqa: N818 - says what happened
    """The deadline passed before the decision was on disk; nothing was recorded and nothing is counted."""


class Erased(LedgerError):  # noqa: N818 - says what happened
    """The customer was erased after the store had been read: a decision that knows them is not recorded."""

    def __init__(self) -> None:
        super().__init__("the customer was erased meanwhile: nothing was recorded")


class Unreadable(LedgerError):  # noqa: N818 - says what happened
    """The row of one decision says nothing that this program understands; all others are as they were."""

    def __init__(self, decision_id: str) -> None:
        super().__init__(
            f"decision {decision_id} cannot be read: it was changed, as python -m serving audit says then, or is "
            "of another version of this program"
        )
        self.decision_id = decision_id


class OutcomeError(Exception):
    """An outcome that the ledger does not take; the sentence says why, without a word of the outcome's."""


class UnknownDecision(OutcomeError):  # noqa: N818 - says what happened
    """No decision has this id."""

    def __init__(self) -> None:
        super().__init__("no decision with this id is in the ledger: quote the decision_id of an answer")


class KeyTaken(OutcomeError):  # noqa: N818 - says what happened
    """The key already stands for another outcome."""

    def __init__(self) -> None:
        super().__init__("this key stands for another outcome: give each outcome a key of its own")


class NotGiven(OutcomeError):  # noqa: N818 - says what happened
    """The decision did not give this offer."""

    def __init__(self) -> None:
        super().__init__(
            "the decision gave no such offer: name one that it gave, and of a decision that gave none say no more "
            "than impressions and purchases, without an offer"
        )
