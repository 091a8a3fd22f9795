"""What lies on disk is loaded when it has changed, and what could not be loaded is tried again."""

from features.errors import InputError
from serving.live.newest import Newest


class Shelf:
    """Something on disk that can be whole or broken, and counts how often it is loaded."""

    def __init__(self) -> None:
        self.content = "a"
        self.broken = False
        self.loads = 0

    def seen(self) -> object:
        return self.content

    def load(self) -> str:
        self.loads += 1
        if self.broken:
            raise InputError("it is broken")
        return self.content


def test_what_has_not_changed_is_not_loaded_again() -> None:
    shelf = Shelf()
    newest = Newest(shelf.seen, shelf.load)
    assert [newest.refresh() for _ in range(3)] == [None] * 3
    assert (newest.value, shelf.loads) == ("a", 1)
    shelf.content = "b"
    assert newest.refresh() is None
    assert (newest.value, shelf.loads) == ("b", 2)


def test_what_is_broken_leaves_the_older_one_and_is_tried_again() -> None:
    shelf = Shelf()
    newest = Newest(shelf.seen, shelf.load)
    newest.refresh()
    shelf.content, shelf.broken = "b", True
    assert [newest.refresh() for _ in range(2)] == ["it is broken"] * 2
    assert (newest.value, shelf.loads) == ("a", 3)
    shelf.broken = False
    assert newest.refresh() is None
    assert newest.value == "b"


def test_what_is_costly_rests_until_it_has_changed() -> None:
    shelf = Shelf()
    shelf.broken = True
    newest = Newest(shelf.seen, shelf.load, rest=1e12)
    assert [newest.refresh() for _ in range(3)] == ["it is broken"] * 3
    assert shelf.loads == 1
    shelf.content, shelf.broken = "b", False
    assert newest.refresh() is None
    assert (newest.value, shelf.loads) == ("b", 2)


def test_where_nothing_was_ever_loaded_an_older_one_goes_on_until_a_newer_one_is_whole() -> None:
    shelf, older = Shelf(), Shelf()
    shelf.broken, older.content, older.broken = True, "older", True
    newest = Newest(shelf.seen, shelf.load, instead=older.load)
    assert (newest.refresh(), newest.value) == ("it is broken", None)
    older.broken = False
    assert [newest.refresh() for _ in range(2)] == ["it is broken"] * 2
    assert (newest.value, older.loads) == ("older", 2)
    shelf.broken = False
    assert newest.refresh() is None
    assert newest.value == "a"
