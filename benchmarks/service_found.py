"""What one run of the benchmark of the service found, beside what is asked of it."""

from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table as Grid

from benchmarks.load import CONNECTIONS
from benchmarks.made_up_catalogue import OFFERS
from benchmarks.rounds import Round, Rounds, middle, per_second, processor_ms, ratio
from benchmarks.scripts import CHANNEL, CHURN, EMPTY, MLFLOW, OFFER

CHURN_TIMES, OFFER_TIMES = 30.0, 10.0
"""The bars: requests a second over those of `mlflow models serve`, for churn also its processor time."""
CHURN_OF_EMPTY = 0.5
"""The bar: requests a second of the churn call over those of the empty route."""
TAIL = 10.0
"""The bar: p99 over the median, at half of the greatest rate."""


@dataclass(frozen=True)
class Bar:
    """A figure beside what is asked of it."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side."""
        low = self.least is not None and self.value < self.least
        return not low and (self.most is None or self.value <= self.most)

    @property
    def words(self) -> str:
        """What is asked."""
        if self.least == self.most:
            return f"{self.least:g}"
        return f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"


@dataclass(frozen=True)
class Found:
    """All that one run found."""

    rounds: Rounds
    booster_ms: float
    """Processor time of LightGBM's own `predict` for one row."""
    half: Round
    """Of next-best-offer at half of its greatest rate."""
    acknowledged: int
    recorded: int
    candidates: int
    """Offers of the catalogue on the channel that is asked for."""
    priced: float
    """How many of them are priced for a customer: the median over some decisions."""

    @property
    def bars(self) -> list[Bar]:
        """All that is asked."""
        rounds, half = self.rounds, self.half
        faults = sum(one.faults for one in (*(one for every in rounds.values() for one in every), half))
        return [
            Bar("churn over mlflow, requests/s", ratio(rounds, CHURN, MLFLOW, per_second), CHURN_TIMES),
            Bar("mlflow over churn, processor time", ratio(rounds, MLFLOW, CHURN, processor_ms), CHURN_TIMES),
            Bar(
                "churn over empty route, requests/s", ratio(rounds, CHURN, EMPTY, per_second), CHURN_OF_EMPTY
            ),
            Bar(f"{OFFER} over mlflow, requests/s", ratio(rounds, OFFER, MLFLOW, per_second), OFFER_TIMES),
            Bar(f"{OFFER} at half its rate, p99 over median", half.p99_ms / half.p50_ms, most=TAIL),
            Bar("decisions recorded over acknowledged", self.recorded / self.acknowledged, 1, 1),
            Bar("bad answers", faults, 0, 0),
        ]

    @property
    def ratios(self) -> dict[str, float]:
        """Costs over costs of this run, for `benchmarks.erosion`."""
        empty = middle(self.rounds[EMPTY], processor_ms)
        return {
            "an empty request over a raw call of LightGBM": empty / self.booster_ms,
            "churn over an empty request": ratio(self.rounds, CHURN, EMPTY, processor_ms),
            "next-best-offer over an empty request": ratio(self.rounds, OFFER, EMPTY, processor_ms),
        }


def print_found(console: Console, found: Found) -> None:
    """One line a contestant, then the bars."""
    grid = Grid("", "requests/s", "processor ms", "p50 ms", "p99 ms", "MiB")
    half = {f"{OFFER} at half its rate": [found.half]}
    for name, rounds in {**found.rounds, **half}.items():
        milliseconds = (
            f"{middle(rounds, of):.2f}"
            for of in (processor_ms, lambda one: one.p50_ms, lambda one: one.p99_ms)
        )
        memory = max(one.memory_mib for one in rounds)
        grid.add_row(name, f"{middle(rounds, per_second):,.0f}", *milliseconds, f"{memory:,.0f}")
    console.print(grid)
    console.print(
        f"{OFFERS:,} offers, {found.candidates} of them on the channel {CHANNEL}, {found.priced:g} priced for a "
        f"customer. {found.recorded:,} decisions recorded, {found.acknowledged:,} acknowledged. "
        f"{CONNECTIONS} connections, one worker each; medians of {len(found.rounds[OFFER])} rounds."
    )
    bars = Grid("ratio", "", "bar", "")
    for bar in found.bars:
        bars.add_row(bar.name, f"{bar.value:,.2f}", bar.words, "met" if bar.met else "missed")
    console.print(bars)


def as_json(found: Found) -> dict[str, object]:
    """Everything that is printed, for a program."""
    return {
        **asdict(found),
        "bars": [{**asdict(bar), "met": bar.met} for bar in found.bars],
        "ratios": found.ratios,
        "met": all(bar.met for bar in found.bars),
    }
