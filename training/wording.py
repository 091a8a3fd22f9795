"""How names, numbers and moments are written for people: in tables, cards, pictures and verdicts."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from training.intervals import Interval


def spoken(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def plain(words: str) -> str:
    """Words of a feature without a value in them."""
    return words.replace("(s)", "s").replace("{value}", "…")


def with_error(interval: Interval, form: str = ".4f") -> str:
    """The estimate and its standard error."""
    return f"{interval.estimate:{form}} ± {interval.standard_error:{form}}"


def span(interval: Interval, form: str = ".4f") -> str:
    """The ends of the 95 % interval."""
    return f"{interval.low:{form}} to {interval.high:{form}}"


def with_span(interval: Interval, form: str = ".4f") -> str:
    """The estimate and its 95 % interval."""
    return f"{interval.estimate:{form}} (95 % interval {span(interval, form)})"


def days(moments: Sequence[datetime]) -> list[str]:
    """The days that moments begin on."""
    return [f"{moment:%Y-%m-%d}" for moment in moments]


def bullets(sentences: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {sentence}" for sentence in sentences)


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose first column holds names and whose others hold numbers."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
