"""Moments that callers give."""

from datetime import UTC, datetime, timedelta

from serving.problems import InvalidRequest

TOLERANCE = timedelta(minutes=10)
"""Clocks differ."""
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def require_past(at: datetime | None, now: datetime) -> None:
    """Refuse a moment that is still to come, or before 1970: what was said then would hold for ever."""
    if at is not None and not FIRST <= at <= now + TOLERANCE:
        raise InvalidRequest.of("body.at", "Moment should lie between 1970 and now")
