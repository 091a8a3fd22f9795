"""The OpenTelemetry collector that traces go to, when `OTEL_EXPORTER_OTLP_ENDPOINT` names one.

Without that variable nothing of it is loaded. What is sent says route, method, status, key id, request id and
stages; never a path or a query, nor what a caller sent.
"""

import os

from features.errors import InputError
from serving.telemetry.tracing import Sender

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def open_sender() -> Sender | None:
    """Who sends the traces of this process, or None when the environment names no collector.

    Raises `InputError` as `require_installed` does.
    """
    if not os.environ.get(ENDPOINT):
        return None
    require_installed()
    from serving.telemetry.spans import Spans  # noqa: PLC0415 - an extra, and a quarter of a second

    return Spans()


def require_installed() -> None:
    """Raises `InputError` when the environment names a collector and what sends to it is not installed."""
    if not os.environ.get(ENDPOINT):
        return
    try:
        import serving.telemetry.spans  # noqa: F401, PLC0415 - an extra, and a quarter of a second
    except ImportError as fault:
        raise InputError(
            f"{ENDPOINT} is set, but OpenTelemetry is not installed: install the extra, as in "
            "pip install -e '.[tracing]', or unset the variable"
        ) from fault
