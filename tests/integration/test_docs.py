"""What the docs declare and count is what the code reads and does."""

import re
from pathlib import Path

import pytest

from features.dataset import read_dataset
from features.moments import data_period
from features.pair.neighbours import REFERENCES
from features.pair.sources import HEAD
from features.pairs import PairSnapshot, pair_set
from features.workspace import open_workspace
from tests.market import write_grocer

ROOT = Path(__file__).parents[2]
DECLARATION = re.compile(r"^```toml\n(name = .+?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
ROW = re.compile(r"^\| (.+?) \| .+ \| (\d+) \|$", re.MULTILINE)


def test_every_source_stands_in_the_docs_with_what_it_proposes(tmp_path: Path) -> None:
    opened = open_workspace(write_grocer(tmp_path, customers=40), tmp_path / "workspace")
    assert opened.dataset.cross_sell is not None
    pairs = pair_set(opened.tables, opened.dataset.cross_sell)
    moment = data_period(opened.tables, opened.dataset)[1]
    sources = PairSnapshot(opened.tables, pairs, moment).sources
    text = (ROOT / "docs" / "cross-sell.md").read_text(encoding="utf-8")
    repeat, new = text.split("Proposed among items that are *new*:")
    for told, of_new in ((repeat, False), (new, True)):
        proposing = [(each.name, each.proposes) for each in sources if each.proposes and each.new is of_new]
        assert [(name, int(count)) for name, count in ROW.findall(told)] == proposing
    assert f"{HEAD:,} that most customers bought" in text
    assert f"{REFERENCES:,} customers" in text


@pytest.mark.parametrize("name", ["README.md", "docs/data-contract.md"])
def test_every_declaration_in_the_docs_can_be_read(name: str, tmp_path: Path) -> None:
    declarations = DECLARATION.findall((ROOT / name).read_text(encoding="utf-8"))
    assert declarations
    for declaration in declarations:
        path = tmp_path / "dataset.toml"
        path.write_text(declaration, encoding="utf-8")
        assert read_dataset(path).tables


@pytest.mark.parametrize(
    "page", ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_every_page_leads_to_what_is_there(page: str) -> None:
    path = ROOT / page
    missing = [
        link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()
    ]
    assert missing == []
