"""A key calls at its rate, whichever worker it reaches."""

import multiprocessing
from pathlib import Path

import pytest

from serving.admission.rates import SECOND, Rates, make_rates
from serving.keys.key import PLACES


def test_a_rested_key_has_a_whole_second_at_once_and_then_its_rate() -> None:
    rates = Rates()
    assert [rates.take(0, 5, 100 * SECOND) for _ in range(6)] == [True] * 5 + [False]
    steps = (100_199_999_999, 100_200_000_000, 100_200_000_000)
    assert [rates.take(0, 5, at) for at in steps] == [False, True, False]
    assert [rates.take(0, 5, 200 * SECOND) for _ in range(6)] == [True] * 5 + [False]


@pytest.mark.parametrize("rate", [1, 3, 7, 100, 999])
def test_over_time_a_key_that_never_rests_gets_its_rate(rate: int) -> None:
    rates = Rates()
    let_in = sum(rates.take(0, rate, step * SECOND // 2000) for step in range(20_000))
    assert let_in == pytest.approx(11 * rate, abs=1)


def test_who_is_refused_waits_no_longer_for_it() -> None:
    rates = Rates()
    assert [rates.take(0, 1, 100 * SECOND) for _ in range(1000)].count(True) == 1
    assert rates.take(0, 1, 101 * SECOND)


def test_keys_are_counted_apart_and_the_last_place_is_one() -> None:
    rates, places = Rates(), (0, 1, PLACES - 1, PLACES)
    assert [rates.take(place, 1, SECOND) for place in places] == [True, True, True, False]


def ask(path: Path, at: int, let_in: "multiprocessing.SimpleQueue[int]") -> None:
    rates = Rates(path)
    let_in.put(sum(rates.take(3, 1000, at) for _ in range(2000)))


def test_all_workers_share_one_rate(tmp_path: Path) -> None:
    make_rates(tmp_path / "rates")
    context = multiprocessing.get_context("fork")
    let_in = context.SimpleQueue()
    workers = [context.Process(target=ask, args=(tmp_path / "rates", SECOND, let_in)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(let_in.get() for _ in workers) == 1000
