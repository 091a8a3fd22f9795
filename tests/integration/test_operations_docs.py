"""What docs/operations.md says of faults and log lines is held by tests that exist, of events that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
SAYING = {"fault", "_said"}
"""Functions whose first argument names an event of level error."""


def section(heading: str) -> str:
    """The text below a heading up to the next one of its level."""
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def functions(path: str) -> set[str]:
    """The functions of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def events() -> set[str]:
    """Every event of level error that the service can write."""
    found = set()
    for path in (ROOT / "serving").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr=name) | ast.Name(id=name),
                    args=[ast.Constant(value=str(event)), *_],
                ) if name in SAYING:
                    found.add(event)
    return found


def test_every_fault_names_tests_that_exist() -> None:
    table = rows(section("Faults"))
    assert len(table) > 20
    for cells in table:
        assert len(cells) == 5
        assert all(cells), cells
        named = TEST.findall(cells[-1])
        assert named, cells
        assert [f"{path}::{test}" for path, test in named if test not in functions(path)] == []


def test_every_event_of_the_log_is_told() -> None:
    heading = "| event | what happened |"
    table = rows(heading + TEXT.split(heading)[1].split("\n\n")[0])
    told = {name for cells in table for name in re.findall(r"`([a-z-]+)`", cells[0])}
    assert events() - told == set()
    assert "internal-error" in events()
