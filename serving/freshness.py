"""Whether what is known is too old."""

from datetime import UTC, datetime, timedelta


def is_stale(as_of: datetime, allowed: timedelta | None) -> bool:
    """Whether a moment of knowledge (UTC) lies further back than allowed; None allows any age."""
    return allowed is not None and datetime.now(UTC) - as_of > allowed
