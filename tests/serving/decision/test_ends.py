"""Candidates that end alike are one entry."""

from serving.decision.ends import Ends
from serving.decision.trace import Ended


def test_who_ends_alike_is_one_entry_in_the_order_of_the_first() -> None:
    ends = Ends()
    ends.add(("consent", "consent to marketing", "never given"), "a")
    ends.add_all(("candidates", "no_item", ""), ["b", "c"])
    ends.add(("consent", "consent to marketing", "never given"), "d")
    ends.add(("answer", "1", ""), None)
    assert ends.gathered() == (
        Ended(("a", "d"), "consent", "consent to marketing", "never given"),
        Ended(("b", "c"), "candidates", "no_item"),
        Ended((None,), "answer", "1"),
    )


def test_what_held_before_comes_first_and_nobody_is_no_entry() -> None:
    known = Ended(("a",), "candidates", "channel", "web")
    ends = Ends((known,))
    ends.add_all(("candidates", "no_item", ""), [])
    assert ends.gathered() == (known,)
