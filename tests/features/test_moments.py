from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from features.dataset import Churn, CrossSell, Dataset, Snapshots
from features.errors import InputError
from features.moments import cross_sell_moments, data_period, labelled_moments, midnight
from features.workspace import Workspace
from tests.features.shop import EXPLICIT
from tests.features.tiny import open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount,quantity
ann,b1,2024-01-01T18:00:00Z,i1,1.00,1
bob,b2,2024-02-10T09:00:00Z,i1,1.00,1
ann,b3,2024-04-05T00:00:01Z,i1,1.00,1
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_tiny(tmp_path_factory.mktemp("moments"), transactions=LINES)


def declared(opened: Workspace, active_days: int, horizon_days: int, every_days: int) -> Dataset:
    churn = Churn(kind="inactivity", active_days=active_days, horizon_days=horizon_days)
    return opened.dataset.model_copy(update={"churn": churn, "snapshots": Snapshots(every_days=every_days)})


def days(moments: list[datetime]) -> list[str]:
    assert all(moment == midnight(moment) and moment.tzinfo is UTC for moment in moments)
    return [f"{moment:%m-%d}" for moment in moments]


def test_midnight_is_the_last_one() -> None:
    moment = datetime(2024, 4, 5, 23, 59, 59, 999_999, tzinfo=UTC)
    assert midnight(moment) == midnight(midnight(moment)) == datetime(2024, 4, 5, tzinfo=UTC)


def test_the_period_is_that_of_whole_days(opened: Workspace) -> None:
    found = data_period(opened.tables, opened.dataset)
    assert found == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 4, 5, tzinfo=UTC))


def test_the_grid_is_counted_back_from_the_newest_complete_label(opened: Workspace) -> None:
    moments = labelled_moments(opened.tables, declared(opened, 56, 28, 3))
    assert days(moments) == [
        "02-28",
        "03-02",
        "03-05",
        "03-08",
    ]  # 03-08 + 28 days = 04-05; 01-01 + 56 days = 02-26


def test_the_oldest_may_lie_exactly_one_active_window_after_the_start(opened: Workspace) -> None:
    assert days(labelled_moments(opened.tables, declared(opened, 53, 28, 14))) == ["02-23", "03-08"]
    assert days(labelled_moments(opened.tables, declared(opened, 54, 28, 14))) == ["03-08"]


def test_a_period_that_just_fits_gives_one_moment(opened: Workspace) -> None:
    assert days(labelled_moments(opened.tables, declared(opened, 67, 28, 7))) == ["03-08"]


def test_too_short_a_period_says_so(opened: Workspace) -> None:
    with pytest.raises(
        InputError, match="horizon_days = 28 and active_days = 68 do not fit into data from 2024-01-01"
    ):
        labelled_moments(opened.tables, declared(opened, 68, 28, 7))


def test_dates_of_leaving_are_the_period_of_a_plain_customer_table(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = "customer_id,churned_at\nann,2024-01-01T10:00:00Z\nbob,\ncid,2024-03-01T10:00:00Z\n"
    opened = open_tiny(tmp_path_factory.mktemp("dates"), EXPLICIT + "horizon_days = 14\n", customers=text)
    assert data_period(opened.tables, opened.dataset) == (
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
    )
    assert days(labelled_moments(opened.tables, opened.dataset)) == [
        *("01-19", "01-26", "02-02", "02-09", "02-16"),
    ]


def test_purchases_say_the_period_before_dates_of_leaving_do(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = "customer_id,churned_at\nann,2023-01-01\nbob,2024-06-01\n"
    churn = EXPLICIT + "horizon_days = 14\n"
    opened = open_tiny(tmp_path_factory.mktemp("both"), churn, customers=text, transactions=LINES)
    assert data_period(opened.tables, opened.dataset)[1] == datetime(2024, 4, 5, tzinfo=UTC)


def test_a_timeless_label_is_known_today(tmp_path_factory: pytest.TempPathFactory) -> None:
    opened = open_tiny(tmp_path_factory.mktemp("today"), EXPLICIT, customers="customer_id,churned\nann,yes\n")
    before = midnight(datetime.now(UTC))
    [moment] = labelled_moments(opened.tables, opened.dataset)
    assert moment in {before, before + timedelta(days=1)}  # midnight may strike while the test runs


def test_a_timeless_label_over_purchases_is_known_where_they_end(opened: Workspace) -> None:
    tables = replace(opened.tables, customers=None)
    dataset = opened.dataset.model_copy(update={"churn": Churn(kind="explicit")})
    assert days(labelled_moments(tables, dataset)) == ["04-05"]


def offering(opened: Workspace, horizon_days: int, every_days: int) -> Dataset:
    cross_sell = CrossSell(item_level="product", horizon_days=horizon_days)
    return opened.dataset.model_copy(
        update={"cross_sell": cross_sell, "snapshots": Snapshots(every_days=every_days)}
    )


def test_offers_are_learned_where_all_purchases_of_the_horizon_are_known(opened: Workspace) -> None:
    moments = cross_sell_moments(opened.tables, offering(opened, 28, 4))
    assert days(moments) == ["02-29", "03-04", "03-08"]  # 03-08 + 28 days = 04-05; 01-01 + 56 days = 02-26


def test_there_are_two_horizons_before_the_first(opened: Workspace) -> None:
    assert days(cross_sell_moments(opened.tables, offering(opened, 31, 1))) == ["03-03", "03-04", "03-05"]
    assert days(cross_sell_moments(opened.tables, offering(opened, 31, 2))) == ["03-03", "03-05"]


def test_a_horizon_longer_than_the_data_says_what_it_needs(opened: Workspace) -> None:
    with pytest.raises(
        InputError,
        match=r"horizon_days = 32 needs 96 days of data, .* are 95 from 2024-01-01 to 2024-04-05",
    ):
        cross_sell_moments(opened.tables, offering(opened, 32, 7))


def test_offers_need_a_declaration(opened: Workspace) -> None:
    with pytest.raises(InputError, match=r"declares nothing to offer; add \[cross_sell\]"):
        cross_sell_moments(opened.tables, opened.dataset)
