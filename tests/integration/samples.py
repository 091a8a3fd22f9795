"""Takes the samples of clients out of the documentation, and makes of each what its tool would send and show."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
HOST = "https://offers.example.com"
KEY = "YOUR-KEY"
FILTERS: dict[str, Callable[[str], str]] = {
    "json_escape": lambda text: json.dumps(text)[1:-1],
}


class Sent(NamedTuple):
    """One request."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


def blocks(language: str) -> list[str]:
    """The samples in a language, in their order."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def sample(language: str, address: str = HOST, key: str = KEY) -> str:
    """The only sample in a language, for a service at an address and with a key."""
    (text,) = blocks(language)
    return text.replace(HOST, address).replace(KEY, key)


def sent_by_braze(text: str, person: Mapping[str, str]) -> Sent:
    """What Connected Content sends: attributes and captures filled in, then the options of the tag read."""

    def filled(found: re.Match[str]) -> str:
        return FILTERS[found["filter"]](person[found["name"]])

    captured = dict(re.findall(r"{%\s*capture (\w+)\s*%}(.*?){%\s*endcapture\s*%}", text, re.DOTALL))
    (tag,) = re.findall(r"{%\s*connected_content\s+(.*?)%}", text, re.DOTALL)
    tag = re.sub(r"{{(\w+)}}", lambda found: captured[found[1]].strip(), tag)
    tag = re.sub(r"{{\${(?P<name>\w+)} \| (?P<filter>\w+)}}", filled, tag)
    url, *options = re.split(r"\s+:(?=[a-z_]+\b)", tag.strip())
    given = dict(option.partition(" ")[::2] for option in options)
    media = given["content_type"]
    headers = {"Content-Type": media, "Accept": media, **json.loads(given["headers"])}
    return Sent(given["method"].upper(), url, headers, given["body"])


def sent_by_iterable(text: str, person: Mapping[str, str]) -> Sent:
    """What a data feed asks: a GET of the address with fields of the recipient, and its headers."""

    def filled(found: re.Match[str]) -> str:
        return quote(person[found[1]], safe="")

    first, *lines = re.sub(r"{{#urlEncode}}{{(\w+)}}{{/urlEncode}}", filled, text).splitlines()
    method, url = first.split(" ")
    return Sent(method, url, dict(line.split(": ", 1) for line in lines), "")


def shown_by_braze(text: str, answer: object) -> str:
    """What a message shows, given what `:save nbo` saved; nothing is saved unless the answer was 200."""
    message = text.rpartition(":retry\n%}")[2]
    chosen = _chosen(r'{% if (\S+) == "(\w+)" %}(.*?){% else %}(.*?){% endif %}', message, answer)
    return re.sub(r"{{(\S+)}}", lambda found: str(value(answer, found[1])), chosen).strip()


def shown_by_iterable(text: str, answer: object) -> str:
    """What a template shows, given what the feed `nbo` answered."""

    def repeated(found: re.Match[str]) -> str:
        rows = value(answer, found[1])
        return "".join(found[2].replace("{{name}}", row["name"]) for row in rows)

    chosen = _chosen(r'{{#eq (\S+) "(\w+)"}}(.*?){{else}}(.*?){{/eq}}', text, answer)
    return re.sub(r"{{#each ([\w.]+)}}(.*?){{/each}}", repeated, chosen).strip()


def _chosen(condition: str, text: str, answer: object) -> str:
    """The text with the part of its condition that holds: the first where the value at a path is the one named."""

    def part(found: re.Match[str]) -> str:
        path, wanted, then, otherwise = found.groups()
        return str(then if value(answer, path) == wanted else otherwise)

    return re.sub(condition, part, text, flags=re.DOTALL)


def value(answer: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """What stands at a path such as `nbo.offers[0].name`; None in nothing, KeyError without such a field."""
    for step in re.findall(r"\w+", path)[1:]:
        answer = None if answer is None else answer[int(step) if step.isdigit() else step]
    return answer
