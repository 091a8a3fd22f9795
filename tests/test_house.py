"""The rules of the house that no linter knows, held by machine (docstrings, prints and style are ruff's).

A rule over Python code lists its breaches; the sample beside it in `RULES` shows that the rule bites.
"""

import ast
import importlib
import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from demo.__main__ import demo

ROOT = Path(__file__).parents[1]
PACKAGES = ("features", "serving", "training")
LONGEST_FILE = 350
LONGEST_BODY = 60
VAGUE = {"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "util", "utils"}
UNPICKLERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "read_pickle", "shelve", "to_pickle"}
UNSAFE = {*UNPICKLERS, "code_paths"}
MACHINE_PATH = re.compile(r"(?<![\w./}<>-])/(?:farm|home|root|work)\b(?![-.\w])")
EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)")
REASONED = re.compile(r"#\s*(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* - |type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # )\w")
UNFINISHED = re.compile("TO[D]O|FIX[M]E|NotImplemented[E]rror")


@cache
def repository() -> tuple[Path, ...]:
    """Every file that is committed or about to be, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(sorted(Path(name) for name in set(names.split("\0")) if name and (ROOT / name).is_file()))


def python_files() -> list[Path]:
    return [path for path in repository() if path.suffix == ".py"]


def settings() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The statements after the docstring."""
    return function.body[ast.get_docstring(function) is not None :]


def names(text: str) -> Iterator[str]:
    """Every identifier that is imported, read, called or passed as a keyword."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import(names=aliases):
                yield from (part for alias in aliases for part in alias.name.split("."))
            case ast.ImportFrom(module=module, names=aliases):
                yield from (module or "").split(".")
                yield from (alias.name for alias in aliases)
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name


def too_long_a_file(text: str) -> list[str]:
    length = len(text.splitlines())
    return [f"{length} lines"] if length > LONGEST_FILE else []


def too_long_a_body(text: str) -> list[str]:
    lengths = {f.name: (f.end_lineno or 0) - body(f)[0].lineno + 1 for f in functions(text) if body(f)}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > LONGEST_BODY]


def empty_function(text: str) -> list[str]:
    return [f.name for f in functions(text) if [type(statement) for statement in body(f)] == [ast.Pass]]


def unsafe_names(text: str) -> list[str]:
    return sorted(UNSAFE.intersection(names(text)))


def unfinished_work(text: str) -> list[str]:
    return UNFINISHED.findall(text)


def exception_without_reason(text: str) -> list[str]:
    """A linter or type exception says why, after ` - ` or `  # `."""
    return [line for line in text.splitlines() if EXCEPTION.search(line) and not REASONED.search(line)]


def avoided_test(text: str) -> list[str]:
    calls = {ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    return sorted(filter(re.compile(r"pytest(\.mark)?\.(skip|skipif|xfail|importorskip)").fullmatch, calls))


RULES: dict[Callable[[str], list[str]], str] = {
    too_long_a_file: "x = 1\n" * (LONGEST_FILE + 1),
    too_long_a_body: "def f():\n" + "    x = 1\n" * (LONGEST_BODY + 1),
    empty_function: 'def f():\n    """Says much, does nothing."""\n    pass\n',
    unfinished_work: "raise NotImplemented" + "Error",
    exception_without_reason: "import os  # no" + "qa: F401",
    avoided_test: "@pytest.mark.skip\ndef test(): ...\n",
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_code_keeps_the_rule(rule: Callable[[str], list[str]]) -> None:
    breaches = {str(path): found for path in python_files() if (found := rule((ROOT / path).read_text()))}
    assert breaches == {}


@pytest.mark.parametrize(("rule", "sample"), RULES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_rule_bites(rule: Callable[[str], list[str]], sample: str) -> None:
    assert rule(sample)


def test_an_exception_with_a_reason_is_accepted() -> None:
    for directive in (
        "noqa: S608, E501 - names come from the contract",
        "type: ignore[misc]  # ships no types",
    ):
        assert exception_without_reason(f"x = 1  # {directive}") == []


def test_shipped_code_never_unpickles() -> None:
    shipped = [path for path in python_files() if path.parts[0] != "tests"]
    assert {str(path): found for path in shipped if (found := unsafe_names((ROOT / path).read_text()))} == {}


@pytest.mark.parametrize(
    "sample", ["from joblib import load", "log_model(code_paths=['x'])", "frame.to_pickle(p)"]
)
def test_unpickling_is_found(sample: str) -> None:
    assert unsafe_names(sample)


def test_modules_are_nouns_of_the_domain() -> None:
    assert [str(path) for path in python_files() if VAGUE.intersection(path.with_suffix("").parts)] == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {folder for path in python_files() if path.parts[0] == "tests" for folder in path.parents[:-1]}
    assert [str(folder) for folder in sorted(folders) if not (ROOT / folder / "__init__.py").is_file()] == []


def test_no_file_names_a_place_on_one_machine() -> None:
    breaches = {
        str(path): found
        for path in repository()
        if (found := MACHINE_PATH.findall((ROOT / path).read_text(errors="ignore")))
    }
    assert breaches == {}


def test_a_place_on_one_machine_is_found() -> None:
    assert MACHINE_PATH.findall(f"open('/{'home'}/ann/data.csv')")
    assert not MACHINE_PATH.findall(f"docs/{'home'}.md and https://shop.example/{'home'}")


def test_every_folder_of_code_is_listed_by_hand() -> None:
    folders = {".".join(path.parent.parts) for path in python_files() if path.parts[0] in PACKAGES}
    assert sorted(folders) == settings()["tool"]["setuptools"]["packages"]


def test_the_version_is_the_newest_of_the_changelog() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert headings[0] == settings()["project"]["version"]


def locked() -> dict[str, list[str]]:
    """Package -> the blocks of the lock that pin it (one a Python version)."""
    blocks = re.split(r"^(?=[a-z])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)[1:]
    pins: dict[str, list[str]] = {}
    for block in blocks:
        pins.setdefault(block.split("==")[0], []).append(block)
    return pins


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_packages_are_named_without_an_address(file: str) -> None:
    assert re.findall(r".*(?:://|--find-links|index-url).*", (ROOT / file).read_text()) == []


def test_every_locked_package_has_its_hashes() -> None:
    assert all("--hash=sha256:" in block for blocks in locked().values() for block in blocks)


def test_the_lock_satisfies_every_declared_dependency() -> None:
    project, groups = settings()["project"], settings()["dependency-groups"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["demo"], *groups["dev"]]
    pins = {name: [block.split()[0].split("==")[1] for block in blocks] for name, blocks in locked().items()}
    wrong = [
        line
        for line in declared
        if not (versions := pins.get(canonicalize_name(Requirement(line).name)))
        or not all(version in Requirement(line).specifier for version in versions)
    ]
    assert wrong == []


def test_continuous_integration_runs_make_test() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == "make test"


COMMANDS = ("features", "churn", "cross_sell", "bundles", "promote", "release", "rollback", "serve")


def entry_points() -> dict[str, dict[str, Any]]:
    project: dict[str, Any] = yaml.safe_load((ROOT / "MLproject").read_text())
    found: dict[str, dict[str, Any]] = project["entry_points"]
    return found


def test_the_project_has_the_documented_entry_points() -> None:
    assert list(entry_points()) == ["main", *COMMANDS]
    _, _, told = (ROOT / "README.md").read_text().partition("its entry points are\n")
    assert tuple(re.findall(r"`(\w+)`", told.partition(".")[0])) == COMMANDS


def test_the_main_entry_point_is_the_demo() -> None:
    assert entry_points()["main"]["command"] == "python -m demo --exit"
    assert CliRunner().invoke(demo, ["--help"]).exit_code == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_entry_points_are_command_lines_that_exist(name: str) -> None:
    entry = entry_points()[name]
    defaults = {key: parameter["default"] for key, parameter in entry.get("parameters", {}).items()}
    python, flag, package, *arguments = entry["command"].format(**defaults).split()
    assert (python, flag) == ("python", "-m")
    module = importlib.import_module(f"{package}.__main__")
    result = CliRunner().invoke(module.commands, [*arguments, "--help"])
    assert result.exit_code == 0, result.output


def test_entry_points_default_to_files_that_exist() -> None:
    parameters = [entry.get("parameters", {}) for entry in entry_points().values()]
    datasets = [found["dataset"]["default"] for found in parameters if "dataset" in found]
    assert len(datasets) == 4
    assert [path for path in datasets if not (ROOT / path).is_file()] == []
