from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.customer import FAMILIES
from features.dataset import Churn
from features.feature_set import FeatureSet
from features.stack import Progress, stack
from features.workspace import Workspace
from tests.features.tiny import ago, known, open_tiny

LINES = """\
customer_id,basket_id,ts,item_id,amount
ann,b1,@60,i1,1.00
ann,b2,@20,i1,2.00
bob,b3,@33,i1,3.00
bob,b4,@1,i1,4.00
cid,b5,@40,i1,5.00
dan,b6,@200,i1,6.00
"""
MOMENTS = (ago(35), ago(28))
FEW = FeatureSet((*FAMILIES["frequency"][:3], *FAMILIES["rhythm"][:2]))


@pytest.fixture
def opened(tmp_path: Path) -> Workspace:
    return replace(open_tiny(tmp_path, transactions=LINES), features=FEW)


def stacked(
    opened: Workspace, moments: Sequence[datetime] = MOMENTS, progress: Progress = iter
) -> pd.DataFrame:
    return stack(opened, moments, progress)


def kept(opened: Workspace) -> list[Path]:
    return sorted(path for path in (opened.folder / "snapshots").rglob("*") if path.is_file())


def test_snapshots_stand_one_below_the_other_with_their_labels(opened: Workspace) -> None:
    frame = stacked(opened)

    assert list(frame.columns) == ["customer_id", "as_of", "label", *FEW.names]
    assert list(frame[["customer_id", "as_of", "label"]].itertuples(index=False, name=None)) == [
        ("ann", ago(35), 0.0),
        ("cid", ago(35), 1.0),
        ("ann", ago(28), 0.0),
        ("bob", ago(28), 0.0),
        ("cid", ago(28), 1.0),
    ]
    assert list(frame.index) == [0, 1, 2, 3, 4]
    assert {str(frame[name].dtype) for name in ("label", *FEW.names)} == {"float64"}
    assert str(frame["as_of"].dtype).endswith("UTC]")


def test_its_features_are_those_of_the_snapshot(opened: Workspace) -> None:
    frame = stacked(opened).set_index(["as_of", "customer_id"])
    for moment in MOMENTS:
        snapshot = known(opened, moment)
        for customer, row in frame.loc[moment].iterrows():
            expected = [np.nan if value is None else value for value in snapshot[str(customer)].values()]
            np.testing.assert_array_equal(row[list(FEW.names)].to_numpy(dtype=float), expected)


def test_the_customers_of_a_moment_are_in_order(tmp_path: Path) -> None:
    crowd = "".join(f"c{number * 37 % 101},b{number},@30,i1,1.00\n" for number in range(100))
    opened = open_tiny(tmp_path, transactions=LINES + crowd)
    customers = list(stacked(replace(opened, features=FEW), [ago(28)])["customer_id"])
    assert customers == sorted(customers)
    assert len(customers) == 103


def test_the_order_of_the_moments_is_kept(opened: Workspace) -> None:
    assert list(stacked(opened, MOMENTS[::-1])["as_of"].unique()) == [ago(28), ago(35)]


def test_kept_snapshots_are_read_again_and_give_the_same_frame(opened: Workspace) -> None:
    first = stacked(opened)
    files = {path: path.stat().st_ino for path in kept(opened)}
    assert len(files) == 2

    unreadable = replace(opened, tables=replace(opened.tables, transactions=None))
    pd.testing.assert_frame_equal(stacked(unreadable), first)
    assert {path: path.stat().st_ino for path in kept(opened)} == files


def test_only_new_moments_are_computed(opened: Workspace) -> None:
    stacked(opened)
    stacked(opened, [*MOMENTS, ago(27)])
    assert [path.name[:10] for path in kept(opened)] == ["2024-02-26", "2024-03-04", "2024-03-05"]


def test_two_moments_of_one_day_are_two_snapshots(opened: Workspace) -> None:
    frame = stacked(opened, [ago(28), ago(28) + timedelta(hours=12)])
    assert len(kept(opened)) == 2
    assert frame["as_of"].nunique() == 2


@pytest.mark.parametrize(
    "churn",
    [
        Churn(kind="inactivity", active_days=42, horizon_days=28),
        Churn(kind="inactivity", active_days=56, horizon_days=14),
    ],
    ids=["active-days", "horizon-days"],
)
def test_another_definition_is_kept_apart(opened: Workspace, churn: Churn) -> None:
    stacked(opened)
    dataset = opened.dataset.model_copy(update={"churn": churn})
    stacked(replace(opened, dataset=dataset))
    assert len({path.parent for path in kept(opened)}) == 2


def test_other_features_and_other_data_are_kept_apart(opened: Workspace, tmp_path: Path) -> None:
    stacked(opened)
    stacked(replace(opened, features=FeatureSet(FEW.features[::-1])))
    assert len({path.parent for path in kept(opened)}) == 2

    again = open_tiny(tmp_path, transactions=LINES.replace("4.00", "4.50"))
    stacked(replace(again, features=FEW))
    assert len({path.parent for path in kept(opened)}) == 3


def test_progress_sees_every_moment(opened: Workspace) -> None:
    seen: list[datetime] = []

    def watch(moments: Sequence[datetime]) -> Iterable[datetime]:
        for moment in moments:
            yield moment
            seen.append(moment)

    stacked(opened, MOMENTS, watch)
    assert seen == list(MOMENTS)
