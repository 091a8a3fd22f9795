"""The rules of a bundle model, in the orders in which a basket asks for them, and what each of them says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from serving.bundles.artifact import NONE, RuleRows
from serving.scoring.arrays import Flags, Floats

Codes = NDArray[np.intp]
Grounds = Literal["significant", "weak"]


@dataclass(frozen=True)
class Counts:
    """In how many baskets something is: `both` sides of a rule, its antecedent, its consequent, all there are.

    The measures are those of mlxtend's `association_rules`, from whole numbers.
    """

    both: int
    antecedent: int
    consequent: int
    baskets: int

    @property
    def support(self) -> float:
        """Share of the baskets with both sides."""
        return self.both / self.baskets

    @property
    def confidence(self) -> float:
        """Share of the antecedent's baskets with the consequent."""
        return self.both / self.antecedent

    @property
    def lift(self) -> float:
        """How many times more baskets have both than by chance."""
        return self.baskets * self.both / (self.antecedent * self.consequent)

    @property
    def leverage(self) -> float:
        """Share of the baskets with both, above the share by chance."""
        return self._beyond_chance / self.baskets**2

    @property
    def conviction(self) -> float | None:
        """How many times more often the rule would fail by chance; None where it never fails (infinite)."""
        fails = self.antecedent - self.both
        return (self.baskets - self.consequent) * self.antecedent / (self.baskets * fails) if fails else None

    @property
    def zhang(self) -> float:
        """Zhang's metric: from -1 (never together) over 0 (chance) to 1 (never apart); 0 where all have both."""
        largest = max(
            self.both * (self.baskets - self.antecedent), self.antecedent * (self.consequent - self.both)
        )
        return self._beyond_chance / largest if largest else 0.0

    @property
    def _beyond_chance(self) -> int:
        return self.baskets * self.both - self.antecedent * self.consequent


class Rules:
    """Rules over `items` items; one up to `max_q_value` that nothing else explains is significant."""

    def __init__(self, rows: RuleRows, items: int, max_q_value: float) -> None:
        confidence: Floats = rows["count"] / rows["antecedent_count"]
        order = np.lexsort((-confidence, rows["consequent"]))  # Stable: ties stay as in the file.
        self.rows = rows[order]
        """By consequent, the highest confidence first."""
        self._significant: Flags = (self.rows["q_value"] <= max_q_value) & ~self.rows["explained"]
        self._of_consequent = np.searchsorted(self.rows["consequent"], np.arange(items + 1))
        antecedent = self.rows["antecedent"]
        pairs = np.flatnonzero(antecedent[:, 1] == NONE)
        self._pairs = pairs[np.argsort(antecedent[pairs, 0], kind="stable")]
        self._of_antecedent = np.searchsorted(antecedent[self._pairs, 0], np.arange(items + 1))

    def partners(self, item: int) -> Codes:
        """The items to which a significant pair leads from this one."""
        pairs = self._from(item)
        partners: Codes = self.rows["consequent"][pairs[self._significant[pairs]]].astype(np.intp)
        return partners

    def evidence(self, basket: Flags, item: int) -> tuple[int, Grounds] | None:
        """The place in `rows` of what speaks most for an item, None where no rule leads to it.

        Of the rules whose antecedent is whole in the basket (shape (items,)) the significant one of the highest
        confidence, without any the one of the highest confidence.
        """
        start, end = self._of_consequent[item : item + 2].tolist()
        held = np.append(basket, True)  # The last place, -1, is the filler, which every basket holds.
        whole = start + np.flatnonzero(held[self.rows["antecedent"][start:end]].all(axis=1))
        significant = whole[self._significant[whole]]
        if len(significant):
            return int(significant[0]), "significant"
        return (int(whole[0]), "weak") if len(whole) else None

    def _from(self, item: int) -> Codes:
        start, end = self._of_antecedent[item : item + 2]
        return self._pairs[start:end]
