"""The lean caller: counts what it hears, and never asks the same numbered thing twice."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.load import NUMBER, Heard, Script, ask, caller
from tests.benchmarks.answering import answering

Server = tuple[int, list[str]]


@pytest.fixture
def server() -> Iterator[Server]:
    with answering() as running:
        yield running


def script(port: int, *paths: str) -> Script:
    requests = (f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode() for path in paths)
    return Script(port, tuple(requests), b'"mark"')


def test_each_connection_asks_again_until_the_time_is_over(server: Server) -> None:
    port, asked = server
    heard = ask(script(port, "/good"), 0.2, connections=3)
    assert len(heard.waits) == len(asked) >= 3
    assert heard.faults == 0
    assert heard.samples[0] == b'{"mark":1, "many": "words"}'
    assert 0 < heard.wait_ms(0.5) <= heard.wait_ms(0.99)
    assert heard.per_second == len(heard.waits) / heard.seconds


def test_numbers_go_on_from_the_first(server: Server) -> None:
    port, asked = server
    heard = ask(script(port, f"/good/{NUMBER.decode()}", "/good"), 0.1, first=7, connections=2)
    numbered = sorted(int(path.rpartition("/")[2]) for path in asked if path != "/good")
    assert numbered == list(range(8, 7 + len(heard.waits), 2))


@pytest.mark.parametrize(
    ("path", "example"), [("/fault", '"mark"'), ("/other", '"fault":true'), ("/gone", "closed before")]
)
def test_bad_answers_are_told_apart(path: str, example: str, server: Server) -> None:
    port, asked = server
    heard = ask(script(port, "/good", path), 0.1, connections=2)
    assert len(heard.waits) == asked.count("/good") > 0
    assert heard.faults == asked.count(path) > 0
    assert example in heard.examples[0]


def test_answers_that_flag_themselves_are_neither_good_nor_bad(server: Server) -> None:
    port, asked = server
    flagged = replace(script(port, "/good", "/other"), marker=b"{", flag=b'"fault":true')
    heard = ask(flagged, 0.1, connections=2)
    assert len(heard.waits) == asked.count("/good") > 0
    assert heard.flagged == asked.count("/other") > 0
    assert (heard.faults, heard.asked) == (0, len(asked))


def test_with_a_rate_what_falls_due_is_asked_whether_or_not_it_is_answered(server: Server) -> None:
    port, asked = server
    heard = ask(script(port, "/good"), 0.25, rate=400.0, connections=4)
    drawn = len(heard.waits)
    assert drawn == len(asked)
    assert 60 < drawn < 150
    asked.clear()
    assert len(ask(script(port, "/good"), 0.25, rate=400.0, connections=1).waits) == drawn


def test_a_connection_that_the_server_closes_between_two_questions_is_replaced() -> None:
    with answering() as (port, asked):
        heard = ask(script(port, "/last"), 0.4, rate=25.0, connections=2)
    assert len(heard.waits) == asked.count("/last") > 2
    assert heard.faults == asked.count("late")


def test_it_asks_from_a_process_of_its_own(server: Server) -> None:
    port, asked = server
    with caller() as process:
        heard = process.submit(ask, script(port, "/good"), 0.1).result()
    assert len(heard.waits) == len(asked) > 0


def test_nothing_heard_has_no_wait() -> None:
    assert math.isnan(Heard().wait_ms(0.5))
