"""How many calls are being answered at once, and that no key takes all the places."""

from collections import Counter

SHARE = 7
"""A key gets another place while it holds fewer than this many times the free ones."""


class Places:
    """As many calls at once as there are places.

    A key that floods alone gets seven of eight places, two together fourteen of fifteen, and so on: some are left
    for the next key.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._held: Counter[str] = Counter()

    def take(self, key_id: str) -> bool:
        """Whether there is a place for another call of this key, which has it then."""
        if self._held[key_id] >= SHARE * self._free:
            return False
        self._held[key_id] += 1
        self._free -= 1
        return True

    def leave(self, key_id: str) -> None:
        """The call has ended."""
        self._held[key_id] -= 1
        self._free += 1
