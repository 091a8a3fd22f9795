"""What is sent to an OpenTelemetry collector, by OTLP over HTTP; loaded by `serving.telemetry.collector` alone.

The environment says all of it, by the names of OpenTelemetry: where the collector is, its headers, the sampler,
the size of a batch.
"""

import logging
import time
from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.telemetry import logs
from serving.telemetry.tracing import Trace

SERVICE = "next-best-offer"
_LOGGER = logging.getLogger("opentelemetry")
_BROKEN = 500  # The first status that is the service's own fault.


class Spans:
    """Sends answered requests to the collector in batches, from a thread of its own; full, it drops the newest.

    A collector that is away costs nothing but the traces, and one line of the log for each batch.
    """

    def __init__(self) -> None:
        self._complaints = _Complaints()
        _LOGGER.addHandler(self._complaints)
        _LOGGER.propagate = False
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer(SERVICE)
        self._propagator = TraceContextTextMapPropagator()

    def send(self, trace: Trace, name: str, status: int, attributes: Mapping[str, str | int]) -> None:
        """Take a request that has just been answered, with a child for each of its stages."""
        parent = self._propagator.extract({"traceparent": trace.parent})
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes, start_time=trace.began)
        here = set_span_in_context(span, parent)
        for stage, began, ended in trace.stages:
            self._tracer.start_span(stage, here, start_time=began).end(ended)
        if status >= _BROKEN:
            span.set_status(StatusCode.ERROR)
        span.end(time.time_ns())

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
        _LOGGER.removeHandler(self._complaints)


class _Complaints(logging.Handler):
    """Says as one line of our log what OpenTelemetry complains of; its own words may name headers."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            logs.fault("traces-not-sent", kind=record.name)


def _resource() -> Resource:
    """What the environment says of this service; its name is ours unless it says another."""
    named = Resource.create()
    unnamed = str(named.attributes[SERVICE_NAME]).startswith("unknown_service")
    return named.merge(Resource({SERVICE_NAME: SERVICE})) if unnamed else named
