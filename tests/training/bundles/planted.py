"""Baskets with planted structure: complements, substitutes, and pairs that only a promotion brings together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.baskets import Baskets, LeftOut

STORES, WEEKS, CUSTOMERS, BASKETS = 4, 16, 160, 24
"""Baskets are a customer's."""

INDEPENDENT, PAIRS = 24, 3
"""Items on their own, and pairs of each of the three kinds."""

Pair = tuple[int, int]


@dataclass(frozen=True)
class Planted:
    """Baskets, and the pairs of codes (the lower first) of each kind; all other pairs are independent."""

    baskets: Baskets
    complements: frozenset[Pair]
    promoted: frozenset[Pair]
    """Bought independently in every store and week; both far more often where both are promoted."""
    substitutes: frozenset[Pair]
    """Whoever buys the kind takes the one or the other, as it happens."""

    def kind(self, pair: Pair) -> str:
        """What a pair was planted as."""
        kinds = {"complement": self.complements, "promoted": self.promoted, "substitute": self.substitutes}
        return next((kind for kind, pairs in kinds.items() if pair in pairs), "independent")


def planted(seed: int) -> Planted:
    """A few thousand baskets whose sizes differ widely, bought by customers with tastes of their own."""
    chance = np.random.default_rng(seed)
    customer = np.repeat(np.arange(CUSTOMERS), BASKETS)
    store, week = customer % STORES, chance.integers(WEEKS, size=len(customer))
    cell = store * WEEKS + week
    promoted = chance.random((STORES * WEEKS, PAIRS)) < 0.12
    trip = chance.lognormal(-0.4, 0.8, len(customer))
    taste = chance.gamma(2.0, 0.5, (CUSTOMERS, INDEPENDENT + 4 * PAIRS))
    popular = np.append(chance.lognormal(-2.2, 0.6, INDEPENDENT), np.full(4 * PAIRS, 0.08))
    wish = popular * taste[customer] * trip[:, None]
    alone, first, kind, pushed = np.split(wish, INDEPENDENT + PAIRS * np.arange(3), axis=1)
    pushed *= np.where(np.repeat(promoted[cell], 2, axis=1), 5.0, 0.4)
    columns = [
        _bought(chance, alone),
        _complements(chance, first),
        _bought(chance, pushed),
        _substitutes(chance, kind),
    ]
    held = np.concatenate(columns, axis=1)
    shown = np.zeros((STORES * WEEKS, held.shape[1]))
    start = INDEPENDENT + 2 * PAIRS
    shown[:, start : start + 2 * PAIRS] = np.repeat(promoted, 2, axis=1)
    return Planted(_baskets(held, customer, cell, shown), *map(_pairs, range(3)))


def _bought(chance: np.random.Generator, wish: NDArray[np.float64]) -> NDArray[np.bool_]:
    return chance.random(wish.shape) < wish / (1 + wish)


def _complements(chance: np.random.Generator, wish: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Three in ten of the baskets with the first of two hold the second too, because of the first."""
    first = _bought(chance, wish)
    second = _bought(chance, wish * 0.5) | (first & (chance.random(first.shape) < 0.3))
    return np.stack([first, second], axis=2).reshape(len(wish), -1)


def _substitutes(chance: np.random.Generator, wish: NDArray[np.float64]) -> NDArray[np.bool_]:
    """One of the two, hardly ever both."""
    kind = _bought(chance, 4 * wish)
    takes = chance.random(kind.shape)
    return np.stack([kind & (takes < 0.51), kind & (takes > 0.49)], axis=2).reshape(len(wish), -1)


def _pairs(kind: int) -> frozenset[Pair]:
    start = INDEPENDENT + 2 * PAIRS * kind
    return frozenset((item, item + 1) for item in range(start, start + 2 * PAIRS, 2))


def _baskets(
    held: NDArray[np.bool_], customer: NDArray[np.intp], cell: NDArray[np.intp], shown: NDArray[np.float64]
) -> Baskets:
    stores, weeks = np.divmod(np.arange(STORES * WEEKS), WEEKS)
    return Baskets(
        items=np.array([f"i{item:02}" for item in range(held.shape[1])]),
        customers=np.array([f"c{one:03}" for one in range(CUSTOMERS)]),
        table=csr_array(held.astype(float)),
        customer=customer.astype(np.int32),
        age=(7.0 * (WEEKS - cell % WEEKS)).astype(np.float64),
        oldest=(7.0 * (WEEKS - cell % WEEKS)).astype(np.float64),
        cell=cell.astype(np.int32),
        stratum=(stores * WEEKS + weeks // 4).astype(np.int32),
        promoted=csr_array(shown),
        left_out=LeftOut(0, 0, 0),
    )
