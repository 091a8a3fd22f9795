"""Asks the service whatever its document allows, and what it forbids."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import schemathesis
from fastapi import FastAPI
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

PHASES = ("examples", "coverage", "fuzzing", "stateful")
CONFIGURED = Path(__file__).with_name("schemathesis.toml")
TODAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the service is asked: later than every moment that it is asked about."""
LEAST = {"coverage": 700, "fuzzing": 1000, "chains": 400}
"""Cases of each run; no fewer, so that a change which silences the questions is seen."""
FREE = {"alive", "ready", "metrics_of_service"}
"""Calls that need no key: they are for who runs the service."""
CHANNELS = {"type": "string", "enum": ["web", "till", "email"], "examples": ["web"]}
PURPOSES = {"type": "string", "enum": ["marketing"]}
TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ"
PAST = {"type": "string", "pattern": rf"^(19[789]\d|20[01]\d)-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T{TIME}$"}


@dataclass
class Heard:
    """What came of many questions."""

    cases: int = 0
    answered: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often a call, by its operation id, was answered with a status."""
    checked: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def add(self, recorder: ScenarioRecorder) -> None:
        """Count what was asked in one scenario."""
        self.cases += len(recorder.cases)
        for asked, interaction in recorder.interactions.items():
            status = interaction.response.status_code if interaction.response else 0
            self.answered[_name(recorder, asked), int(status)] += 1
        for asked, checks in recorder.checks.items():
            self.checked |= {check.name for check in checks}
            broken = [check.failure_info for check in checks if check.failure_info]
            self.failures += [
                f"{_name(recorder, asked)}: {one.failure.title}: {one.failure.message}\n{one.code_sample}"
                for one in broken
            ]

    def statuses(self, name: str = "") -> set[int]:
        """With what the calls were answered, or one of them."""
        return {status for call, status in self.answered if name in {"", call}}


def _name(recorder: ScenarioRecorder, asked: str) -> str:
    return str(recorder.cases[asked].value.operation.definition.raw["operationId"])


def known(app: FastAPI) -> dict[str, Any]:
    """The document of a service, with what only the running one knows.

    Its policy has these channels and this purpose, its bundles this item, and what happened was before today.
    """
    document: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    schemas = document["components"]["schemas"]
    for name in ("NextBestOfferAsked", "NextBestOfferBatch", "ConsentPut"):
        schemas[name]["properties"]["channel"] = CHANNELS
    schemas["ConsentPut"]["properties"]["purpose"] = PURPOSES
    for name in ("ConsentPut", "OutcomePosted"):
        schemas[name]["properties"]["at"]["anyOf"][0] = PAST
    for call in calls(document):
        for parameter in call.get("parameters", []):
            if parameter["name"] == "channel":
                parameter["schema"] = CHANNELS
            if parameter["name"] == "item_id":
                parameter["schema"]["examples"] = ["BREAD"]
    return document


def names(app: FastAPI) -> set[str]:
    """The operation ids of a service."""
    return {call["operationId"] for call in calls(app.openapi())}


def calls(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every call of a document."""
    for methods in document["paths"].values():
        yield from methods.values()


def ask(app: FastAPI, *phases: str, key: str | None, seed: int | None = None, examples: int = 100) -> Heard:
    """Ask every call in these phases of schemathesis, with the text of a key or without one.

    With a seed the questions follow from it; without one they are those of every run. `examples` bounds those of
    a call in the phase of fuzzing, and the chains of calls in the stateful one.
    """
    heard = Heard()
    schema = schemathesis.openapi.from_dict(known(app), config=_configured(phases, key, seed, examples))
    schema.app = app
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            heard.add(event.recorder)
        elif isinstance(event, events.NonFatalError):
            heard.failures.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return heard


def _configured(
    phases: Sequence[str], key: str | None, seed: int | None, examples: int
) -> schemathesis.Config:
    chosen = tomllib.loads(CONFIGURED.read_text(encoding="utf-8"))
    chosen["phases"] = {phase: {"enabled": phase in phases} for phase in PHASES}
    chosen["generation"]["max-examples"] = examples
    if key is not None:
        chosen["headers"] = {"Authorization": f"Bearer {key}"}
    if seed is not None:
        chosen["seed"] = seed
        chosen["generation"]["deterministic"] = False
    return schemathesis.Config.from_dict(chosen)
