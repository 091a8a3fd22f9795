"""Moments that callers give."""

from datetime import UTC, datetime, timedelta

from serving.problems import InvalidRequest

TOLERANCE = timedelta(minutes=10)
"""Clocks differ."""
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def past(at: datetime | None, now: datetime) -> datetime:
    """The moment, at the latest now: what is stamped ahead would win over all that is said until then.

    Raises `InvalidRequest` for one that is still to come for clocks of every kind, or before 1970.
    """
    if at is not None and not FIRST <= at <= now + TOLERANCE:
        raise InvalidRequest.of("body.at", "Moment should lie between 1970 and now")
    return now if at is None else min(at, now)
