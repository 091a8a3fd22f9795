"""What is asked about customers, whoever asks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked about each of some customers; `basket`, `page` and `location` are the context."""

    channel: str
    placement: str
    limit: int = 1
    basket: frozenset[str] = frozenset()
    page: str | None = None
    location: str | None = None

    @property
    def context(self) -> dict[str, object]:
        """What makes two questions of one day differ beside channel and placement; empty when nothing is given."""
        given = {"basket": sorted(self.basket), "page": self.page, "location": self.location}
        return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one customer, at a moment (UTC); `asked_by` is the id of a key, or who asks without one."""

    customer_id: str
    asking: Asking
    at: datetime
    asked_by: str
