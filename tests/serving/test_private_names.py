"""What is overridden or reached of libraries beside their documented interface still has its name.

A hook under a name that nobody calls any more would be no error: its bound would just hold no longer.
"""

from lightgbm import libpath
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.supervisors import Multiprocess

from serving.admission.connection import Connection
from serving.process.server import Workers
from tests.serving.tiny import booster


def set_by(kind: type) -> set[str]:
    """The attributes that an object has from its beginning, and whatever else is named there."""
    return set(kind.__init__.__code__.co_names)  # type: ignore[misc]  # looks at the source, not at an object


def defined_by(kind: type) -> set[str]:
    """The public names of a class itself, without those of its parents."""
    return {name for name in vars(kind) if not name.startswith("_")}


def test_every_hook_of_a_connection_is_one_of_uvicorn() -> None:
    assert defined_by(Connection) | {"_unsupported_upgrade_warning"} <= set(vars(HttpToolsProtocol))
    assert {"loop", "transport", "connections", "pipeline", "cycle"} <= set_by(HttpToolsProtocol)
    assert {"response_started", "disconnected", "message_event"} <= set_by(RequestResponseCycle)


def test_every_hook_of_the_parent_of_workers_is_one_of_uvicorn() -> None:
    assert defined_by(Workers) | {"terminate_all"} <= set(vars(Multiprocess))
    assert {"signal_queue", "processes"} <= set_by(Multiprocess)
    assert "signal_queue" in Multiprocess.handle_signals.__code__.co_names


def test_the_parts_of_lightgbm_that_the_fast_path_needs_are_there() -> None:
    for call in ("PredictForMatSingleRowFastInit", "PredictForMatSingleRowFast"):
        assert hasattr(libpath._LIB, f"LGBM_Booster{call}")  # noqa: SLF001 - that it is there is the point
    assert hasattr(libpath._LIB, "LGBM_FastConfigFree")  # noqa: SLF001 - as above
    assert hasattr(booster(), "_handle")
