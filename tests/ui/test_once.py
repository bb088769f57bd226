"""Work asked for by many at once is done once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mara.ui.once import once_for_all


def test_many_who_ask_at_once_get_one_answer() -> None:
    worked: list[int] = []
    together = threading.Barrier(8)

    @once_for_all(4)
    def work(n: int) -> object:
        worked.append(n)
        time.sleep(0.05)
        return object()

    def ask(_: int) -> object:
        together.wait(5.0)
        return work(7)

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(ask, range(8)))
    assert worked == [7]
    assert len(answers) == 1


def test_the_oldest_answer_is_forgotten() -> None:
    worked: list[int] = []

    @once_for_all(2)
    def work(n: int) -> int:
        worked.append(n)
        return n

    for n in (1, 2, 3, 1):
        work(n)
    assert worked == [1, 2, 3, 1]


def test_an_error_is_not_remembered() -> None:
    outcomes = iter([ValueError("not yet"), None])

    @once_for_all(2)
    def work() -> str:
        if (error := next(outcomes)) is not None:
            raise error
        return "done"

    with pytest.raises(ValueError, match="not yet"):
        work()
    assert work() == "done"
