"""Sends what the documentation tells curl to send, where there is no curl."""

import argparse
import shlex
import sys
from collections.abc import Iterable, Sequence

import httpx2

FAILED = 22
"""How curl ends with `--fail-with-body`."""


def ask(arguments: Sequence[str], configured: Iterable[str] = ()) -> httpx2.Response:
    """The answer to a command line, with the lines of its configuration; an option that it lacks is an error."""
    options = argparse.ArgumentParser(allow_abbrev=False)
    for switch in ("--silent", "--show-error", "--fail-with-body"):
        options.add_argument(switch, action="store_true")
    options.add_argument("--config", choices=["-"])
    options.add_argument("--max-time", type=float, default=30.0)
    options.add_argument("--retry", type=int)
    options.add_argument("-H", "--header", action="append", default=[])
    options.add_argument("--request")
    options.add_argument("-d", "--data")
    options.add_argument("url")
    given = options.parse_args(arguments)
    lines = [shlex.split(line.replace("=", " ", 1))[1] for line in configured]
    headers = dict(header.split(": ", 1) for header in [*lines, *given.header])
    method = given.request or ("GET" if given.data is None else "POST")
    url = given.url if "://" in given.url else f"http://{given.url}"
    answer: httpx2.Response = httpx2.request(
        method, url, headers=headers, content=given.data, timeout=given.max_time, trust_env=False
    )
    return answer


def main() -> int:
    """Print the body of the answer."""
    answer = ask(sys.argv[1:], sys.stdin)
    sys.stdout.write(answer.text)
    return FAILED if answer.is_error else 0


if __name__ == "__main__":
    sys.exit(main())
