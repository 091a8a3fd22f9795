"""Whether the service has become slower than it was: ratios of costs, which stay as they are on any machine.

The file is kept in the repository; `python -m benchmarks.service --keep FILE` writes it anew when a change is
worth its price.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from features.errors import InputError

ALARM = 1.25
"""A ratio that is so many times the kept one is an alarm."""
KEPT = Path(__file__).with_name("service_ratios.json")
Ratios = Mapping[str, float]
"""Costs over costs of the same run, by name; less is better."""


def eroded(found: Ratios, kept: Ratios) -> list[str]:
    """A sentence for each ratio that is more than a quarter worse than it was kept.

    Raises `InputError` where both do not hold the same ratios.
    """
    if found.keys() != kept.keys():
        names = ", ".join(sorted(found.keys() ^ kept.keys()))
        raise InputError(f"the kept ratios are others than those found ({names}): write them with --keep")
    return [
        f"{name} costs {found[name]:.2f} x, and {kept[name]:.2f} x when it was kept: "
        f"{found[name] / kept[name] - 1:+.0%}"
        for name in found
        if found[name] > ALARM * kept[name]
    ]


def read_ratios(path: Path) -> Ratios:
    """The kept ratios. Raises `InputError` when there are none."""
    try:
        content: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise InputError(f"{path} holds no ratios: write them with --keep") from fault
    return content


def write_ratios(path: Path, found: Ratios) -> None:
    """Keep ratios, with as many digits as mean something."""
    rounded = {name: float(f"{value:.3g}") for name, value in found.items()}
    path.write_text(f"{json.dumps(rounded, indent=1)}\n", encoding="utf-8")
