"""Next baskets: what is in each customer's last basket, foretold from all baskets before it.

`python -m benchmarks.next_basket --dataset FILE [--json FILE]` follows the protocol of Li, Jullien, Ariannezhad
and de Rijke (2023), A next basket recommendation reality check, ACM TOIS: the last basket of each customer is the
target, and the ideal of NDCG looks at all of its items. `temporal` learns from baskets before the target only;
`split` also from the last baskets of half of the customers, and tests the other half.

Every customer's clock is turned so that the basket to foretell begins at one moment: features, model and baselines
are then those of cross-sell. Where a file knows no real times, the order of its baskets is what counts.
"""

import json
import tempfile
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import Any

import click
import ibis
import numpy as np
from ibis import _
from rich.console import Console
from rich.progress import track
from rich.table import Table as RichTable

from features.columns import Column
from features.dataset import CrossSell
from features.errors import InputError
from features.interactions import Codes
from features.item_level import raised, require_item_level
from features.pairs import pair_set
from features.tables import Tables
from features.workspace import open_workspace
from training.averages import Origin, replicate
from training.config import CrossSellConfig, read_config
from training.cross_sell.backtest import MODEL, TIFU, Judged, judge, tuned_tifu
from training.cross_sell.examples import draw_examples
from training.cross_sell.model import fit_cross_sell
from training.cross_sell.periods import KINDS, Period, period
from training.cross_sell.ranking_metrics import hit_rate_at_k, ndcg_at_k, recall_at_k
from training.intervals import Interval, Replicates

MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
"""When every basket to foretell begins, once the clocks are turned."""

LEARNED = 6
"""Baskets before the target that the model learns to foretell, of each customer."""

BAR = 1.10
"""What the model is asked to reach over tuned TIFU-kNN."""

METRICS = ("recall_at_10", "ndcg_at_10", "hit_rate_at_10", "recall_at_20", "ndcg_at_20", "hit_rate_at_20")
_POSITIVE = click.IntRange(min=1)
_RANK = "basket_rank"
_TIME = "basket_time"
_ITS_BASKET = (Column.CUSTOMER, Column.BASKET)
"""What names a basket: its id is unique for each customer only."""


@dataclass(frozen=True)
class Protocol:
    """Which baskets take part, and which of them the model may learn from."""

    item_level: str
    min_purchases: int
    min_baskets: int
    without: tuple[str, ...]
    mode: str
    seed: int

    @property
    def cross_sell(self) -> CrossSell:
        """The next basket as a horizon of one day on clocks that are turned."""
        return CrossSell(item_level=self.item_level, horizon_days=1, new_after_days=3650)


def baskets(tables: Tables, protocol: Protocol) -> ibis.Table:
    """The lines that take part, with the number of their basket (0 is the customer's last) and its time.

    Left out are returns, departments that the protocol leaves out, items in fewer than `min_purchases` baskets,
    and customers with fewer than `min_baskets` baskets before their last. The time of a basket is that of its
    newest line; baskets of one time are in the order of their ids, whole numbers by their value. Raises
    `InputError` when nothing is left.
    """
    lines = _with_items(tables, protocol)
    often = (
        lines.select("level_item", *_ITS_BASKET)
        .distinct()
        .group_by("level_item")
        .aggregate(baskets=_.count())
    )
    lines = lines.semi_join(often.filter(_.baskets >= protocol.min_purchases), "level_item")
    times = lines.group_by(*_ITS_BASKET).aggregate(**{_TIME: _[Column.TS].max()})
    order = (_TIME, _[Column.BASKET].try_cast("int64"), Column.BASKET)
    newest = ibis.window(group_by=Column.CUSTOMER, order_by=[ibis.desc(key) for key in order])
    ranked = times.mutate(**{_RANK: ibis.row_number().over(newest)})
    enough = ranked.filter(_[_RANK] == protocol.min_baskets).select(Column.CUSTOMER)
    kept = lines.inner_join(ranked.semi_join(enough, Column.CUSTOMER), _ITS_BASKET)
    if kept.count().to_pyarrow().as_py() == 0:
        raise InputError(
            f"no customer has {protocol.min_baskets} baskets before the last one with items bought "
            f"{protocol.min_purchases} times: lower --min-baskets or --min-purchases"
        )
    return kept.drop("level_item")


def turned(tables: Tables, lines: ibis.Table, target: int, folder: Path) -> Tables:
    """Tables in which each customer's basket number `target` begins at `MOMENT` and later ones have not happened.

    Ages stay what they were, but each basket is older than the next by one second or more, so that the order of
    baskets is always kept.
    """
    past = lines.filter(_[_RANK] >= target)
    times = past.group_by(Column.CUSTOMER, _RANK).aggregate(
        seconds=_[_TIME].max().epoch_seconds().cast("int64")
    )
    so_far = ibis.cumulative_window(group_by=Column.CUSTOMER, order_by=_RANK)
    # Of basket n the age is at least that of each newer basket m and n - m seconds more.
    aimed = times.filter(_[_RANK] == target).select(Column.CUSTOMER, aim="seconds")
    aged = times.inner_join(aimed, Column.CUSTOMER).mutate(least=_.aim - _.seconds - _[_RANK])
    aged = aged.select(Column.CUSTOMER, _RANK, age=_.least.max().over(so_far) + _[_RANK])
    dated = past.inner_join(aged, [Column.CUSTOMER, _RANK])
    moment = ibis.timestamp(MOMENT.replace(tzinfo=None))
    clocked = dated.mutate(**{Column.TS: moment - dated.age.as_interval("s")}).drop(_RANK, _TIME, "age")
    path = folder / f"{target}.parquet"
    tables.connection.to_parquet(clocked, path)
    return replace(
        tables,
        period=None,
        transactions=tables.connection.read_parquet(path),
        customers=None,
        promotions=None,
    )


def compare(tables: Tables, protocol: Protocol, config: CrossSellConfig, console: Console) -> Judged:
    """Everybody's lists for the last baskets of the tested customers."""
    require_item_level(tables, protocol.item_level)
    lines = baskets(tables, protocol)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "baskets.parquet"
        tables.connection.to_parquet(lines, file)
        kept = tables.connection.read_parquet(file)
        targets = [*range(_learnable(kept, protocol), 0, -1), 0]
        seen = [turned(tables, kept, target, Path(folder)) for target in targets]
        pairs = pair_set(seen[-1], protocol.cross_sell)
        periods = [
            period(each, pairs, MOMENT) for each in track(seen, description="turning clocks", console=console)
        ]
        learned, tested = _parts(periods[-1], protocol)
        steps = track(periods[:-1], description="proposing items", console=console)
        examples = [draw_examples(each, {}, config.most_rows) for each in steps]
        if protocol.mode == "split":
            examples.append(draw_examples(periods[-1], {}, config.most_rows, learned))
        model = fit_cross_sell(examples, pairs.names, timedelta(0), config)
        tuned = tuned_tifu(periods[-2]) if protocol.mode == "temporal" else tuned_tifu(periods[-1], learned)
        judged = judge(periods[-1], {}, model, tuned)
    return _of(judged, tested)


def kinds(judged: Judged) -> list[str]:
    """The kinds of which anybody bought anything: the others cannot be judged."""
    return [kind for kind in KINDS if judged.targets[kind].nnz]


def measured(judged: Judged) -> Replicates:
    """Every metric of everybody by `metric.kind`, with its bootstrap over customers."""
    values = {}
    for kind in kinds(judged):
        truth = judged.targets[kind]
        for name, top in judged.lists[kind].items():
            for k in (10, 20):
                values[name, f"recall_at_{k}.{kind}"] = recall_at_k(top, truth, k)
                values[name, f"ndcg_at_{k}.{kind}"] = ndcg_at_k(top, truth, k, ideal="all_targets")
                values[name, f"hit_rate_at_{k}.{kind}"] = hit_rate_at_k(top, truth, k)
    return replicate([Origin(judged.customers, values)])


def print_figures(console: Console, judged: Judged, figures: Replicates) -> None:
    """Model and baselines side by side, then the ratios to tuned TIFU-kNN against the bar."""
    everybody = list(judged.lists["all"])
    for kind in kinds(judged):
        table = RichTable(
            title=f"last baskets of {len(judged.customers):,} customers, {kind} items", title_justify="left"
        )
        for head in ("", *METRICS):
            table.add_column(head.replace("_at_", "@").replace("_", " "), overflow="fold")
        for name in everybody:
            found = [figures.mean(name, f"{metric}.{kind}") for metric in METRICS]
            table.add_row(
                name.replace("_", " "), *(f"{f.estimate:.4f} ± {f.standard_error:.4f}" for f in found)
            )
        console.print(table)
    recall = judged.candidate_recall["all"]["all"]
    console.print(
        f"candidates hold {recall:.1%} of the items bought; {judged.candidates_per_customer:.0f} a customer; "
        f"{judged.unforeseen:,} items bought that nobody had bought before are no targets"
    )
    for metric in ("recall_at_10", "ndcg_at_10"):
        ratio = figures.ratio(MODEL, TIFU, f"{metric}.all")
        console.print(
            f"{metric} over tuned TIFU-kNN: {ratio.estimate:.3f} x "
            f"(95 % interval {ratio.low:.3f} to {ratio.high:.3f}); asked: at least {BAR:.2f} x"
        )


def as_json(protocol: Protocol, judged: Judged, figures: Replicates) -> dict[str, Any]:
    """Everything that is printed, for a program."""
    names = [f"{metric}.{kind}" for kind in kinds(judged) for metric in METRICS]
    everybody = list(judged.lists["all"])
    return {
        "protocol": asdict(protocol),
        "customers": len(judged.customers),
        "items": len(judged.items),
        "unforeseen": judged.unforeseen,
        "candidate_recall": judged.candidate_recall,
        "metrics": {who: {name: _numbers(figures.mean(who, name)) for name in names} for who in everybody},
        "over_tifu": {name: _numbers(figures.ratio(MODEL, TIFU, name)) for name in names},
    }


def _with_items(tables: Tables, protocol: Protocol) -> ibis.Table:
    """Purchases with the item of the level beside the product, without the departments that are left out."""
    lines = tables.transactions
    assert lines is not None, "main sees to it"
    if Column.QUANTITY in lines.columns:
        lines = lines.filter((_[Column.QUANTITY] >= 0).fill_null(True))  # noqa: FBT003 - the value to fill in
    if protocol.without:
        if tables.items is None or Column.DEPARTMENT not in tables.items.columns:
            raise InputError(
                "--without needs the column department in [tables.items]; map it or leave --without out"
            )
        _require_departments(tables.items, protocol.without)
        dropped = tables.items.filter(_[Column.DEPARTMENT].isin(protocol.without))
        lines = lines.anti_join(dropped, Column.ITEM)
    named = raised(
        lines.select(Column.ITEM).distinct().mutate(product=_[Column.ITEM]), tables.items, protocol.item_level
    )
    return lines.inner_join(
        named.rename(level_item=Column.ITEM).rename({Column.ITEM: "product"}), Column.ITEM
    )


def _require_departments(items: ibis.Table, wanted: tuple[str, ...]) -> None:
    """Raise `InputError` for a department that no item is in."""
    rows = items.filter(_[Column.DEPARTMENT].notnull()).select(Column.DEPARTMENT).distinct().to_pyarrow()
    known = sorted(rows[Column.DEPARTMENT].to_pylist())
    for name in sorted(set(wanted).difference(known)):
        raise InputError(f'no item is in the department "{name}"; there are: {", ".join(known)}')


def _learnable(lines: ibis.Table, protocol: Protocol) -> int:
    """How many baskets before the last one some customer has, each with a basket before it; at most `LEARNED`.

    Raises `InputError` for none in the mode that learns from nothing else.
    """
    found = min(LEARNED, int(lines[_RANK].max().to_pyarrow().as_py()) - 1)
    if found == 0 and protocol.mode == "temporal":
        raise InputError(
            "every customer has one basket before the last, so that there is nothing to learn from before it: "
            "bring longer histories or take --mode split"
        )
    return found


def _parts(last: Period, protocol: Protocol) -> tuple[Codes, Codes]:
    """Codes of the customers whose last baskets may be learnt from, and of those who are tested."""
    customers = np.arange(len(last.snapshot.customers), dtype=np.int32)
    if protocol.mode == "temporal":
        return customers[:0], customers
    if len(customers) == 1:
        raise InputError("one customer cannot be split into halves: lower --min-baskets or --min-purchases")
    mixed = np.random.default_rng(protocol.seed).permutation(customers)
    half = len(mixed) // 2
    return np.sort(mixed[:half]), np.sort(mixed[half:])


def _of(judged: Judged, tested: Codes) -> Judged:
    lists = {kind: {name: top[tested] for name, top in by.items()} for kind, by in judged.lists.items()}
    targets = {kind: truth[tested] for kind, truth in judged.targets.items()}
    return replace(judged, customers=judged.customers[tested], lists=lists, targets=targets)


def _numbers(interval: Interval) -> dict[str, float | None]:
    """As JSON has it: what is no number is null."""
    return {name: value if isfinite(value) else None for name, value in asdict(interval).items()}


@click.command()
@click.option("--dataset", type=click.Path(path_type=Path), required=True, help="The dataset.toml to read.")
@click.option("--workspace", type=click.Path(path_type=Path), default=Path("workspace"), show_default=True)
@click.option("--item-level", default="product", show_default=True, help="What an item is.")
@click.option(
    "--min-purchases", type=_POSITIVE, default=5, show_default=True, help="Baskets an item must be in."
)
@click.option(
    "--min-baskets",
    type=_POSITIVE,
    default=3,
    show_default=True,
    help="Baskets before the last a customer must have.",
)
@click.option("--without", multiple=True, metavar="DEPARTMENT", help="Leave a department out; repeatable.")
@click.option("--mode", type=click.Choice(["temporal", "split"]), default="temporal", show_default=True)
@click.option("--seed", default=0, show_default=True, help="Draws the halves of the mode split.")
@click.option("--json", "figures_file", type=click.Path(path_type=Path), help="Also write every figure here.")
def main(dataset: Path, workspace: Path, figures_file: Path | None, **protocol: Any) -> None:  # noqa: ANN401 - click's values, one field each
    """Foretell last baskets with the cross-sell model and with its baselines."""
    console = Console()
    chosen = Protocol(**protocol)
    with console.status(f"checking and loading {dataset}"):
        tables = open_workspace(dataset, workspace).tables
    if tables.transactions is None:
        raise InputError(f"{dataset} has no [tables.transactions], so there are no baskets; map it")
    judged = compare(tables, chosen, read_config().cross_sell, Console(stderr=True))
    figures = measured(judged)
    print_figures(console, judged, figures)
    if figures_file:
        figures_file.write_text(json.dumps(as_json(chosen, judged, figures), indent=1), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(prog_name="python -m benchmarks.next_basket")
    except InputError as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(2) from error
