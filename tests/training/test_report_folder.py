"""A report replaces the one before it."""

import json
from pathlib import Path

from matplotlib.figure import Figure

from training.report_folder import write_figures, write_report


def test_a_report_is_pictures_a_card_and_figures(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "churn"
    folder.mkdir(parents=True)
    (folder / "older.md").write_text("an older report")
    write_report(folder, {"lift": Figure()}, "# Card", {"auc": 0.8})
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.*")}
    assert files == {"plots/lift.png", "model_card.md", "metrics.json"}
    assert (folder / "model_card.md").read_text() == "# Card"


def test_figures_are_json_in_a_folder_that_is_made(tmp_path: Path) -> None:
    write_figures(tmp_path / "a" / "b.json", {"auc": 0.8})
    assert json.loads((tmp_path / "a" / "b.json").read_text()) == {"auc": 0.8}
