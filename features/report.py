"""What `python -m features check` says: the findings as tables and sentences for a person."""

from datetime import datetime

from rich.console import Console
from rich.table import Table as RichTable

from features.check import MIN_CHURNERS, CutOff, Offering, Rhythm
from features.columns import Table
from features.tables import Tables

_TABLES = [value for name, value in vars(Table).items() if name.isupper()]


def print_tables(console: Console, tables: Tables) -> None:
    """How many rows each table of the dataset has."""
    report = RichTable("table", "rows", title="tables, checked against the contract")
    for name in _TABLES:
        if (rows := getattr(tables, name)) is not None:
            report.add_row(name, f"{rows.count().to_pyarrow().as_py():,}")
    console.print(report)


def print_cut_offs(console: Console, found: list[CutOff]) -> None:
    """Customers and churners per candidate moment, and whether they suffice."""
    report = RichTable(
        "as_of", "customers", "churners", "rate", "evidence", title="what each cut-off would give"
    )
    for cut in found:
        rate = cut.churners / cut.customers if cut.customers else 0.0
        evidence = "enough" if cut.enough else f"thin: fewer than {MIN_CHURNERS} of one kind"
        report.add_row(
            f"{cut.as_of:%Y-%m-%d}", f"{cut.customers:,}", f"{cut.churners:,}", f"{rate:.1%}", evidence
        )
    console.print(report)


def print_rhythm(console: Console, rhythm: Rhythm | None, declared_days: int | None) -> None:
    """The customers' rhythm, the horizon that it suggests, and the declared one beside it."""
    if rhythm is None:
        return
    declared = f"; horizon_days = {declared_days} is declared" if declared_days else ""
    console.print(
        f"The median customer pauses {rhythm.median_pause_days:.0f} days between visits; nine of ten pause less "
        f"than {rhythm.long_pause_days:.0f} days on average. "
        f"Suggested horizon: {rhythm.suggested_horizon_days} days{declared}.",
        soft_wrap=True,
    )


def print_offering(console: Console, found: Offering | None) -> None:
    """What could be offered, and what of the purchases has no item at the level."""
    if found is None:
        return
    share = found.lines_without_item / found.lines if found.lines else 0.0
    console.print(
        f"Items to offer: {found.items:,} at the level {found.item_level}. "
        f"{found.lines_without_item:,} of {found.lines:,} purchase lines ({share:.1%}) have none: they count as "
        "purchases of the customer and of no item. "
        f"{found.customers_with_one_basket:,} of {found.customers:,} customers have a single basket.",
        soft_wrap=True,
    )


def print_cross_sell_moments(console: Console, moments: list[datetime], horizon_days: int) -> None:
    """How many moments there are to learn offers from, and until when."""
    console.print(
        f"Offers can be learned at {len(moments)} moments from {moments[0]:%Y-%m-%d} to {moments[-1]:%Y-%m-%d}, "
        f"each with the {horizon_days} days of purchases after it.",
        soft_wrap=True,
    )


def print_undeclared(console: Console, undeclared: dict[str, list[str]]) -> None:
    """Attributes that would become features once declared, ready to paste into the dataset file."""
    if not undeclared:
        return
    console.print(
        "Text attributes that are not used yet; to use them, put their levels in order into the file:"
    )
    console.print("\\[attributes]", highlight=False)
    for name, levels in undeclared.items():
        listed = ", ".join(f'"{level}"' for level in levels)
        console.print(f"{name} = \\[{listed}]", highlight=False, soft_wrap=True)
