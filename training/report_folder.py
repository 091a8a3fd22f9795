"""The folder that a training run leaves for people and programs."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure


def write_report(
    folder: Path, pictures: Mapping[str, Figure], card: str, figures: Mapping[str, object]
) -> None:
    """Keep pictures, model card and figures in a folder of their own; an older report there is replaced."""
    shutil.rmtree(folder, ignore_errors=True)
    plots = folder / "plots"
    plots.mkdir(parents=True)
    for name, picture in pictures.items():
        picture.savefig(plots / f"{name}.png")
    (folder / "model_card.md").write_text(card, encoding="utf-8")
    write_figures(folder / "metrics.json", figures)


def write_figures(path: Path, figures: Mapping[str, object]) -> None:
    """Write figures as JSON for a program; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
