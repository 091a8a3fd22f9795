"""What the metrics of this process say; tests compare two looks, because all of a process share them."""

from collections.abc import Callable

from serving.telemetry import metrics


def value(name: str, **labels: str) -> float:
    """The sample of this name with exactly these labels; 0 where there is none yet."""
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def growth(name: str, **labels: str) -> Callable[[], float]:
    """By how much a sample has grown since this call."""
    before = value(name, **labels)
    return lambda: value(name, **labels) - before
