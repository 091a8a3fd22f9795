"""Chance that can be repeated."""

import pytest

from serving.decision.chance import uniform


def test_the_number_is_the_same_for_good() -> None:
    r"""Another one would draw another control group.

    The first 8 bytes of printf '\0\0\0\0\0\0\0\4salt\0\0\0\0\0\0\0\3\xc3\x851' | sha256sum, without 11 bits.
    """
    assert uniform("salt", "Å1") == (0x0B928168E8793C91 >> 11) / 2**53


@pytest.mark.parametrize("parts", [("abc",), ("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")])
def test_the_cut_between_the_parts_matters(parts: tuple[str, ...]) -> None:
    others = {("abc",), ("ab", "c"), ("a", "bc"), ("", "abc"), ("abc", "")} - {parts}
    assert uniform(*parts) == uniform(*parts)
    assert uniform(*parts) not in {uniform(*other) for other in others}


def test_any_text_has_a_number() -> None:
    for text in ("", "a/b\nc", "x" * 10_000, "\ud800"):
        assert 0 <= uniform(text) < 1


def test_numbers_are_evenly_spread() -> None:
    """Counts in twenty equal bins: chi-squared with 19 degrees is below 43.8 in 999 of 1,000 fair draws."""
    counts = [0] * 20
    for customer in range(20_000):
        counts[int(uniform("salt", "control", str(customer)) * 20)] += 1
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 43.8
