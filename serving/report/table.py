"""The report as a table on the terminal."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from serving.report.figures import ALL_OFFERS, MINIMUM, MINIMUM_BUYERS, Line
from serving.report.intervals import Interval

NONE = "-"
_REACHED = ("offer", "channel", "contacts", "impressions", "accepted")
_EARNED = ("offer", "channel", "value", "cost", "gross return")
_BROUGHT = ("offer", "channel", "customers / control", "more buy, points", "more money each")
_NAMES = 2
"""Columns before the numbers."""
_SHORT = 20
"""Characters of a name that need not be wrapped."""


def print_report(console: Console, found: Sequence[Line]) -> None:
    """Three tables, one row a line in each, or a sentence for a ledger without decisions."""
    if not found:
        console.print(
            "No decision yet: ask for a next-best-offer, and the report has something to say and to draw."
        )
        return
    console.print(_table("whom the offers reached", _REACHED, found, _reached))
    console.print(_table("what they earned", _EARNED, found, _earned))
    console.print(_table("what they brought beyond the control group", _BROUGHT, found, _brought))
    console.print(
        "Below a number, its 95 % interval. Value is the margin of what was bought, before the discount; cost is "
        "contacts and redeemed discounts; the gross return counts what is bought without an offer as well. The "
        "last table does not: whatever customers bought whose answer began with an offer, less its cost, is "
        "compared with the control group from whom that offer was withheld, and for all offers everybody with "
        f'everybody. "{NONE}": too little to tell, such as fewer than {MINIMUM} customers on a side, or for money '
        f"fewer than {MINIMUM_BUYERS} buyers."
    )


def _table(
    title: str, heads: Sequence[str], found: Sequence[Line], cells: Callable[[Line], Sequence[str]]
) -> Table:
    """Cells wrap where the terminal is narrow, short names last; a rule stands above the sums."""
    table = Table(title=title, title_justify="left")
    short = max(len(line.offer) for line in found) <= _SHORT
    for place, head in enumerate(heads):
        table.add_column(
            head,
            overflow="fold",
            justify="left" if place < _NAMES else "right",
            no_wrap=short and place < _NAMES,
        )
    last = sum(line.offer != ALL_OFFERS for line in found) - 1
    for place, line in enumerate(found):
        table.add_row(*map(escape, (line.offer, line.channel, *cells(line))), end_section=place == last)
    return table


def _reached(line: Line) -> list[str]:
    return [f"{line.contacts:,}", f"{line.impressions:,}", _share(line.acceptance)]


def _earned(line: Line) -> list[str]:
    gross = NONE if line.gross_return is None else f"{100 * line.gross_return:+,.0f} %"
    return [f"{line.value:,.2f}", f"{line.cost:,.2f}", gross]


def _brought(line: Line) -> list[str]:
    sides = f"{line.treated:,} / {line.control:,}"
    return [sides, _points(line.purchase_lift), _money(line.money_lift)]


def _share(interval: Interval | None) -> str:
    if interval is None:
        return NONE
    return f"{100 * interval.estimate:.1f} %\n{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def _points(interval: Interval | None) -> str:
    if interval is None:
        return NONE
    return f"{100 * interval.estimate:+.1f}\n{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"


def _money(interval: Interval | None) -> str:
    if interval is None:
        return NONE
    return f"{interval.estimate:+,.2f}\n{interval.low:+,.2f} to {interval.high:+,.2f}"
