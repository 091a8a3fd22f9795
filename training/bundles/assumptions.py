"""What was assumed of packages, read back from their amounts: it is named wherever these are shown."""

from collections.abc import Sequence

from training.bundles.packages import Package


def discount(packages: Sequence[Package]) -> float:
    """Share of the prices that is taken off; the same for all, 0 without any."""
    return next((one.given_away / (one.price * one.count) for one in packages if one.price * one.count), 0.0)


def uptake(packages: Sequence[Package]) -> float:
    """Share of the baskets lacking one item that add it; the same for all, 0 where nothing depends on it."""
    return next(
        ((one.expected_extra_margin + one.given_away) / won(one) for one in packages if won(one)), 0.0
    )


def won(package: Package) -> float:
    """Extra margin if all baskets that lack one item added it."""
    return package.lacking_one * package.won_per_basket
