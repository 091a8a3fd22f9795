"""What a gate says about a challenger: every rule with its finding, and whether it may serve."""

from dataclasses import dataclass

CHAMPION = "champion"


@dataclass(frozen=True)
class Check:
    """One rule of the gate: what it asks, what was found, and whether that holds."""

    rule: str
    found: str
    holds: bool


@dataclass(frozen=True)
class Verdict:
    """All rules with their findings; the challenger is promoted when every one holds."""

    checks: tuple[Check, ...]

    @property
    def promoted(self) -> bool:
        """Whether the challenger may take the alias."""
        return all(check.holds for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """For the registry: the outcome and every rule."""
        return {"promoted": self.promoted, "checks": [vars(check) for check in self.checks]}
