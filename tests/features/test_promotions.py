"""What was promoted where: told by the promotions table or by the lines, and in which weeks a promotion counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pytest

from features.baskets import Caps
from features.definitions import DAY
from features.grains import WEEK
from features.promotions import week_shift
from tests.features.test_baskets import LINES, PRODUCT, PROMOTIONS, made, promoted, without
from tests.features.tiny import AS_OF, ago

MONDAYS = "".join(f"other,@{age},@{age - 7}\n" for age in range(700, 1400, 7))
"""So many promotions that begin on Mondays that weeks do."""


def newest_week(as_of: datetime, *begins: datetime) -> datetime:
    """When the week begins that holds the second before the moment, by promotions that begin then."""
    told = pa.array([begin.replace(tzinfo=None) for begin in begins], pa.timestamp("s"))
    shift = week_shift(ibis.memtable(pa.table({"from_ts": told})), as_of)
    return as_of + timedelta(seconds=shift + 1 - WEEK)


@pytest.mark.parametrize(
    ("begins", "newest"),
    [
        ([ago(12), ago(19), ago(26)], ago(5)),  # Wednesdays
        ([ago(11.75), ago(18.75)], ago(4.75)),  # at 06:00
        ([ago(11.75, -600), ago(18.75, -3599), ago(13), ago(10)], ago(4.75)),  # in the hour from then on
        ([ago(12), ago(13), ago(19), ago(10)], ago(5)),  # most on Wednesdays
        ([ago(14), ago(21), ago(9)], ago(7)),  # Mondays, on which the moment lies as well
        ([ago(12), ago(20)], ago(6)),  # a tie: Tuesday comes before Wednesday, older or not
        ([ago(8), ago(14)], ago(7)),  # a tie: weeks go from Monday to Sunday
        ([ago(0, 1)], ago(0, 3600)),  # the hour before the moment
        ([datetime(1969, 12, 31, 23, 30, tzinfo=UTC)], ago(4, 3600)),  # a Wednesday before the epoch
        ([], ago(7)),
        ([ago(0), ago(-2), ago(-2)], ago(7)),  # none that began
        ([ago(12), ago(0), ago(-1), ago(-8)], ago(5)),  # only one that began
    ],
)
def test_weeks_begin_in_the_hour_in_which_most_promotions_do(
    begins: list[datetime], newest: datetime
) -> None:
    assert newest_week(AS_OF, *begins) == newest


def test_without_a_table_of_promotions_weeks_begin_on_mondays() -> None:
    assert week_shift(None, AS_OF) == -1
    assert week_shift(None, ago(4)) == 4 * DAY - 1


@pytest.mark.parametrize(
    ("as_of", "newest"),
    [
        (ago(5), ago(12)),
        (ago(5, -1), ago(5)),
        (ago(4), ago(5)),
        (ago(-2), ago(5)),
        (ago(-2, -1), ago(-2)),
    ],
)
def test_the_newest_week_holds_the_second_before_the_moment(as_of: datetime, newest: datetime) -> None:
    assert newest_week(as_of, ago(12), ago(19)) == newest


def test_an_item_is_promoted_where_the_promotions_table_says_so(tmp_path: Path) -> None:
    found = made(tmp_path, promotions=PROMOTIONS)
    assert promoted(found) == [[0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 1, 0]]


def test_without_stores_on_either_side_a_promotion_is_one_of_every_store(tmp_path: Path) -> None:
    weeks = made(tmp_path / "lines", transactions=without("store", LINES), promotions=PROMOTIONS)
    assert weeks.cell.tolist() == [0, 1, 1, 2, 0]
    assert promoted(weeks) == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]
    everywhere = made(tmp_path / "promotions", promotions=without("store", PROMOTIONS))
    assert promoted(everywhere) == [[1, 1, 0], [0, 0, 1], [1, 0, 0], [1, 1, 0]]


def test_without_that_table_it_is_promoted_where_a_line_was(tmp_path: Path) -> None:
    assert promoted(made(tmp_path)) == [[0, 0, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0]]


def test_without_any_promotion_nothing_is_said_of_them(tmp_path: Path) -> None:
    assert made(tmp_path, transactions=without("promoted", LINES)).promoted is None


@pytest.mark.parametrize(
    ("begins", "ends", "weeks"),
    [
        ("@14", "@7", {1}),
        ("@13.8", "@6.8", {1}),
        ("@14.2", "@7.2", {1}),
        ("@10", "@3", {0}),
        ("@10.5", "@3.5", {0}),
        ("@10.6", "@3.6", {1}),
        ("@14", "@0", {0, 1}),
        ("@17.5", "@3.5", {0, 1}),
        ("@18", "@4", {1, 2}),
        ("@14", "@11", {1}),
        ("@8", "@6.5", {1}),
        ("@7.5", "@6", {0}),
        ("@30", "@0", {0, 1, 2, 3}),
        ("@9", "@8", {1}),
        ("@9", "@9", {1}),
        ("@8", "@3", {0}),
        ("@9", "9999-12-31T00:00:00Z", {0}),
        ("@1", "9999-12-31T00:00:00Z", set()),
        ("@-1", "@-9", set()),
        ("1900-01-01T00:00:00Z", "@25", {4}),
        ("1900-01-01T00:00:00Z", "@24", {3, 4}),
    ],
)
def test_a_promotion_counts_in_the_weeks_that_it_mostly_covers(
    tmp_path: Path, begins: str, ends: str, weeks: set[int]
) -> None:
    lines = "".join(f"ann,b{week},@{7 * week + 1},p1,1.00\n" for week in range(5))
    found = made(
        tmp_path,
        transactions="customer_id,basket_id,ts,item_id,amount\n" + lines,
        promotions=f"item_id,from_ts,to_ts\np1,{begins},{ends}\n{MONDAYS}",
    )
    assert promoted(found) == [[week in weeks] for week in range(5)]


def test_the_week_that_the_moment_cuts_counts_as_a_whole_one(tmp_path: Path) -> None:
    spans = {
        ("@5", "@-2"): 1,  # a whole week that has begun
        ("@5", "@-200"): 1,
        ("@26", "@4.5"): 0,  # over within a day of the week
        ("@26", "@1.5"): 1,  # over past its middle, as planned
        ("@4.5", "@3"): 1,  # of a few days
        ("@4.5", "@-2.5"): 1,
        ("@4.1", "@-200"): 1,
        ("@4", "@-3"): 0,  # begins at the moment
    }
    rows = (f"i{number},{begins},{ends}\n" for number, (begins, ends) in enumerate(spans))
    wednesdays = "".join(f"other,@{age},@{age - 7}\n" for age in (12, 19, 33, 40))
    found = made(
        tmp_path,
        PRODUCT,
        as_of=ago(4),
        transactions="customer_id,basket_id,ts,item_id,amount\n"
        + "".join(f"ann,b,@4.2,i{number},1.00\n" for number in range(len(spans))),
        promotions="item_id,from_ts,to_ts\n" + "".join(rows) + wednesdays,
    )
    assert promoted(found) == [list(spans.values())]


def test_without_that_table_the_week_of_a_line_is_the_one_of_its_basket(tmp_path: Path) -> None:
    # from a Thursday: no store in week 0; s1 in weeks 1 and 4
    found = made(tmp_path, as_of=ago(4))
    assert found.items.tolist() == ["bread", "figs", "milk"]
    assert found.cell.tolist() == [1, 1, 2, 0]
    assert promoted(found) == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_mostly_is_half_of_the_week_or_of_the_promotion(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    ends = chance.integers(0, 28, 200) + 0.25
    begins = ends + chance.choice([1, 3, 6, 8, 13, 20], 200)
    names = [f"item {number}" for number in range(200)]
    bought = "".join(f"ann,b{week},@{7 * week + 1},{name},1.00\n" for week in range(8) for name in names)
    spans = "".join(f"{name},@{begin},@{end}\n" for name, begin, end in zip(names, begins, ends, strict=True))
    found = made(
        tmp_path,
        PRODUCT,
        Caps(200, 200, 1),
        transactions="customer_id,basket_id,ts,item_id,amount\n" + bought,
        promotions="item_id,from_ts,to_ts\n" + spans + MONDAYS,
    )
    order = [names.index(item) for item in found.items]
    week = 7.0 * np.arange(8)[:, None]
    covered = np.minimum(begins, week + 7) - np.maximum(ends, week)
    expected = covered > np.minimum(begins - ends, 7) / 2
    assert promoted(found) == expected[:, order].tolist()
