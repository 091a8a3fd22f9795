"""The report as a picture."""

from pathlib import Path

import numpy as np
import pytest

from features.errors import InputError
from serving.ledger.records import Totals
from serving.report.figures import lines
from serving.report.picture import picture, save_picture
from tests.serving.report.made import campaign, total

FOUND = lines(Totals((*campaign(400, 100), total("wine", "web", "treated", "a", contacts=1)), ()))


def test_every_line_is_a_row_of_three_panels() -> None:
    accepted, bought, money = picture(FOUND).axes
    assert [label.get_text() for label in accepted.get_yticklabels()] == [
        "cheese · web",
        "wine · web",
        "all offers · web",
        "all offers · all channels",
    ]
    assert accepted.get_ylim() == (3.5, -0.5)
    points = {axes.get_title(loc="left"): axes.lines for axes in (accepted, bought, money)}
    assert [len(drawn) // 2 for drawn in points.values()] == [4, 3, 3]


def test_the_point_is_the_estimate() -> None:
    lift = FOUND[0].money_lift
    assert lift is not None
    span, point, *_ = picture(FOUND).axes[2].lines
    assert np.asarray(span.get_xdata()).tolist() == [lift.low, lift.high]
    assert np.asarray(point.get_xdata()).tolist() == [lift.estimate]


@pytest.mark.parametrize(("name", "begins"), [("report.png", b"\x89PNG"), ("report.svg", b"<?xml")])
def test_the_name_of_the_file_chooses_the_format(tmp_path: Path, name: str, begins: bytes) -> None:
    save_picture(tmp_path / "new" / name, FOUND)
    assert (tmp_path / "new" / name).read_bytes().startswith(begins)


def test_what_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"report.pdf ends neither in .png nor in .svg"):
        save_picture(tmp_path / "report.pdf", FOUND)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        save_picture(tmp_path / "file" / "report.png", FOUND)
