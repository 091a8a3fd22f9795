"""The files of deploy/ speak of metrics, commands, settings and runbooks that exist.

Nothing here starts a container, a unit or Prometheus: none of them is there where the tests run.
"""

import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from serving.__main__ import commands
from serving.settings import PREFIX, read_settings
from serving.telemetry import metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OPERATIONS = ROOT / "docs" / "operations.md"
UNITS = ("next-best-offer.service", "next-best-offer-pull.service")
OTHERS = {"HOME", "OMP_NUM_THREADS", "PATH", "PGPASSWORD", "POSTGRES_PASSWORD", "POSTGRES_USER"}
"""Variables that are not ours to name."""
NAMES = re.compile(r"\bnbo_[a-z_]+")
LABELS = re.compile(r"\b(nbo_[a-z_]+)\{([^}]*)\}")
SUFFIXES = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_sum", "_count")}
Measure = Counter | Gauge | Histogram


def measures() -> dict[str, Measure]:
    """Every metric of the service by each name under which Prometheus keeps it."""
    declared = [one for one in vars(metrics).values() if isinstance(one, Counter | Gauge | Histogram)]
    return {
        family.name + suffix: one
        for one in declared
        for family in one.describe()
        for suffix in SUFFIXES[type(one)]
    }


def alerts() -> list[dict[str, Any]]:
    rules = yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text())
    found: list[dict[str, Any]] = rules["groups"][0]["rules"]
    return found


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    return found


def expressions() -> list[str]:
    """Of the alarms, then of the dashboard."""
    return [one["expr"] for one in alerts()] + queries()


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    return found


def unit(name: str) -> configparser.ConfigParser:
    """A unit, of which a key that comes again adds a line."""
    lines: dict[str, dict[str, str]] = {}
    section = ""
    for line in (DEPLOY / name).read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            lines[section] = {}
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            lines[section][key] = f"{lines[section].get(key, '')}\n{value}".strip()
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.read_dict(lines)
    return parsed


def dockerfile(instruction: str) -> list[str]:
    """What follows an instruction, each time it comes."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{instruction} (.+)$", text, flags=re.MULTILINE)


def command_lines() -> Iterator[list[str]]:
    """Every command line that deploy/ starts."""
    yield json.loads(dockerfile("CMD")[-1])
    for service in services().values():
        if "command" in service:
            yield service["command"]
    for name in UNITS:
        python, *rest = shlex.split(unit(name)["Service"]["ExecStart"])
        yield [Path(python).name, *rest]


def variables() -> Iterator[dict[str, str]]:
    """The environment of each thing that deploy/ starts."""
    yield dict(pair.split("=", 1) for pair in dockerfile("ENV")[-1].split())
    for service in services().values():
        yield service.get("environment", {})
    for name in UNITS:
        lines = unit(name)["Service"]["Environment"].splitlines()
        yield dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize("expression", expressions())
def test_prometheus_could_read_alarms_and_dashboard(expression: str) -> None:
    promql_parser.parse(expression.replace("$__rate_interval", "5m"))  # Grafana's word for a span of time


def test_alarms_and_dashboard_speak_of_metrics_that_exist() -> None:
    named = {name for expression in expressions() for name in NAMES.findall(expression)}
    assert named - set(measures()) == set()


def test_the_dashboard_shows_every_metric() -> None:
    shown = {measures()[name] for expression in queries() for name in NAMES.findall(expression)}
    assert [one for one in measures().values() if one not in shown] == []


def test_alarms_and_dashboard_choose_by_labels_that_exist() -> None:
    for expression in expressions():
        for name, chosen in LABELS.findall(expression):
            labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen))
            assert labels <= {*measures()[name]._labelnames, "le"}, expression  # noqa: SLF001 - no public way


def test_panels_are_whole() -> None:
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids) > 10
    assert all(panel["title"] and panel["targets"] for panel in panels())


def test_every_alarm_has_its_runbook() -> None:
    headings = re.findall(r"^### (\w+)$", OPERATIONS.read_text(), flags=re.MULTILINE)
    assert headings == [one["alert"] for one in alerts()]
    for one in alerts():
        assert one["annotations"]["runbook_url"] == f"docs/operations.md#{one['alert'].lower()}"
        assert one["labels"]["severity"] in ("page", "ticket")


def test_every_metric_is_in_the_docs_with_its_labels() -> None:
    rows = re.findall(r"^\| `(nbo_[a-z_]+)(?:\{([a-z_,]+)\})?` \|", OPERATIONS.read_text(), re.MULTILINE)
    told = {name: tuple(filter(None, labels.split(","))) for name, labels in rows}
    known = {name.removesuffix("_bucket"): one._labelnames for name, one in measures().items()}  # noqa: SLF001 - likewise
    assert told == {name: labels for name, labels in known.items() if not name.endswith(("_sum", "_count"))}


@pytest.mark.parametrize(
    ("name", "reasons"),
    [("nbo_degraded_total", metrics.Lack), ("nbo_refused_requests_total", metrics.Refusal)],
)
def test_every_reason_is_in_the_docs(name: str, reasons: object) -> None:
    (told,) = re.findall(rf"^\| `{name}\{{reason\}}` \| (.+) \|$", OPERATIONS.read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", told)) == set(get_args(reasons))


@pytest.mark.parametrize("line", list(command_lines()), ids=" ".join)
def test_every_command_line_exists(line: list[str]) -> None:
    if line[0] == "mlflow":
        from mlflow.cli import cli  # noqa: PLC0415 - a second, for this line alone

        cli.commands[line[1]].make_context(line[1], line[2:])
    else:
        assert line[:3] == ["python", "-m", "serving"]
        commands.commands[line[3]].make_context(line[3], line[4:])


@pytest.mark.parametrize("given", list(variables()), ids=lambda given: " ".join(given) or "none")
def test_every_setting_exists_and_can_be_read(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {name: value for name, value in given.items() if name.startswith(PREFIX)}
    assert set(given) - set(ours) <= OTHERS
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    read_settings()


def test_whoever_kills_the_service_waits_for_its_end() -> None:
    drain = float(services()["service"]["environment"]["SERVING_DRAIN_SECONDS"])
    patience = int(services()["service"]["stop_grace_period"].removesuffix("s"))
    assert patience > drain + 30
    service = unit(UNITS[0])["Service"]
    assert f"SERVING_DRAIN_SECONDS={drain:g}" in service["Environment"]
    assert int(service["TimeoutStopSec"]) > drain + 30


def test_containers_reach_nobody_but_their_machine() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_image_copies_what_exists_and_is_sent() -> None:
    copied = [name for line in dockerfile("COPY") if "--from" not in line for name in line.split()[:-1]]
    sent = (ROOT / ".dockerignore").read_text().splitlines()
    assert [name for name in copied if not (ROOT / name).exists() or f"!{name}" not in sent] == []
    assert [line for line in dockerfile("USER") if not line.isdecimal()] == []
