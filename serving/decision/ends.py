"""Where candidates end, gathered as they do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from serving.decision.trace import Ended, Stage

End = tuple[Stage, str, str]
"""A stage, the rule that ends a candidate there, and the value that the rule met."""


class Ends:
    """Gathers where the candidates of one decision end: those that end alike are one entry.

    `known` are entries that held before anything was asked.
    """

    def __init__(self, known: Sequence[Ended] = ()) -> None:
        self._known = known
        self._ids: defaultdict[End, list[str | None]] = defaultdict(list)

    def add(self, end: End, offer_id: str | None) -> None:
        """One ends here; None is *no offer*."""
        self._ids[end].append(offer_id)

    def add_all(self, end: End, offer_ids: Iterable[str]) -> None:
        """All of these end here."""
        self._ids[end].extend(offer_ids)

    def gathered(self) -> tuple[Ended, ...]:
        """An entry for each end, in the order in which the first candidate came to it."""
        found = (Ended(tuple(ids), *end) for end, ids in self._ids.items() if ids)
        return (*self._known, *found)
