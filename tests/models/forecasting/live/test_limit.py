"""Work that takes too long ends, and what stood before stands again."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from mara.models.forecasting.live import limit as limits
from mara.models.forecasting.live.book import Book
from mara.models.forecasting.live.limit import LateError, limit
from mara.models.forecasting.live.rounds import Task, run_round
from tests.models.forecasting.evaluation.support import hourly

if TYPE_CHECKING:
    from mara.models.forecasting.past import Past

EXPERTS = ("persistence", "seasonal-naive", "seasonal-ar", "adaptive")


def test_experts_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked for in our own code often enough that a quick fit on a quick machine is met as well."""
    monkeypatch.setattr(limits, "_AGAIN_S", 1e-4)
    made = run_round(Task(past=hourly(30), book=Book.of(EXPERTS), horizon=26, limit_s=1e-5))
    assert {"seasonal-ar", "adaptive"} <= {f.expert for f in made.failures}
    assert all("longer than" in f.reason for f in made.failures)


def _busy(past: Past, began: float) -> None:
    while time.monotonic() - began < 5.0:
        past.first(10)


def test_our_own_code_is_stopped_at_once() -> None:
    past = hourly(30)
    began = time.monotonic()
    with pytest.raises(LateError), limit(0.05):
        _busy(past, began)
    assert time.monotonic() - began < 4.9


def test_elsewhere_the_grace_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_GRACE_S", 0.1)
    began = time.monotonic()
    with pytest.raises(LateError), limit(0.05):
        time.sleep(5.0)
    assert 0.15 < time.monotonic() - began < 4.9


@pytest.mark.parametrize("seconds", [None, 5.0])
def test_work_in_time_is_left_alone(seconds: float | None) -> None:
    before = signal.getsignal(signal.SIGALRM)
    with limit(seconds):
        time.sleep(0.01)
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_timer_that_was_there_goes_on() -> None:
    heard: list[int] = []
    found = signal.signal(signal.SIGALRM, lambda *_: heard.append(1))
    left = signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with limit(5.0):
            time.sleep(0.05)
        time.sleep(0.3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, found)
    assert heard == [1]
