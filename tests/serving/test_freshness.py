"""What is known grows old."""

from datetime import UTC, datetime, timedelta

import pytest

from serving.freshness import is_stale


@pytest.mark.parametrize(("age", "stale"), [(1, False), (3, True)])
def test_only_what_is_older_than_allowed_is_stale(age: int, stale: bool) -> None:  # noqa: FBT001 - a table of answers
    assert is_stale(datetime.now(UTC) - timedelta(days=age), timedelta(days=2)) is stale


def test_without_an_allowed_age_nothing_is_stale() -> None:
    assert not is_stale(datetime(1970, 1, 1, tzinfo=UTC), None)
