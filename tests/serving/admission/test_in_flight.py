"""Places are as many as there are, and no key has them all."""

from serving.admission.in_flight import Places


def flood(places: Places, *keys: str) -> dict[str, int]:
    """How many places each key gets when all of them take what they can, by turns."""
    taken = dict.fromkeys(keys, 0)
    more = True
    while more:
        more = False
        for key in keys:
            if places.take(key):
                taken[key] += 1
                more = True
    return taken


def test_who_floods_alone_leaves_places_for_the_next() -> None:
    places = Places(64)
    assert flood(places, "a") == {"a": 56}
    assert flood(places, "b") == {"b": 7}
    assert flood(places, "c") == {"c": 1}


def test_many_who_flood_get_alike_and_leave_a_place() -> None:
    places = Places(64)
    assert flood(places, *"abcd") == {"a": 16, "b": 16, "c": 15, "d": 15}
    assert places.take("e")


def test_a_place_that_is_left_is_free_again() -> None:
    places = Places(8)
    assert flood(places, "a") == {"a": 7}
    assert not places.take("a")
    places.leave("a")
    assert places.take("a")


def test_one_place_serves_one() -> None:
    places = Places(1)
    assert [places.take("a"), places.take("b")] == [True, False]
    places.leave("a")
    assert places.take("b")
