"""One JSON line for what an operator must know; never a customer's id, never a request's path."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import TextIO

from serving.telemetry import metrics

_LOGGER = logging.getLogger("serving")
_ENCODER = json.JSONEncoder(default=str)


def write_to(stream: TextIO) -> logging.Handler:
    """Send the lines of this process to a stream; returns the handler that does so."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False
    return handler


def take_over() -> None:
    """Let what libraries say be lines of ours as well."""
    logging.getLogger().addHandler(_Foreign())


def event(name: str, **fields: object) -> None:
    """Write that something happened as it should."""
    _LOGGER.info(_line("info", name, fields))


def fault(name: str, **fields: object) -> None:
    """Write that something is broken and what to do about it; counted by its name."""
    metrics.fault(name)
    _LOGGER.error(_line("error", name, fields))


def without_words(fault: BaseException) -> dict[str, object]:
    """Kind and place of an exception that nobody expected: its message may repeat what a caller sent."""
    frames = traceback.extract_tb(fault.__traceback__)
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-5:]]
    return {"kind": type(fault).__name__, "places": places}


def _line(level: str, name: str, fields: dict[str, object]) -> str:
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    return _ENCODER.encode({"time": time, "level": level, "event": name, **fields})


class _Foreign(logging.Handler):
    """What libraries say, as lines of ours: how they say it, not of what, which may be a customer's."""

    def emit(self, record: logging.LogRecord) -> None:
        say = fault if record.levelno >= logging.ERROR else event
        say("library", logger=record.name, said=str(record.msg).partition("\n")[0])
