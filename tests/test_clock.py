"""Clocks: market time that waits, speeds, and jumps through a file."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mara.clock import Clock, FileClock, SpeedClock, SystemClock
from mara.errors import InvalidValue

START = datetime(2026, 3, 8, 7, tzinfo=UTC)


def _clocks() -> list[Clock]:
    return [SystemClock(), SpeedClock(start=START, speed=1_000.0), FileClock(start=START)]


@pytest.mark.parametrize("clock", _clocks(), ids=lambda c: type(c).__name__)
async def test_after_waiting_it_is_that_time(clock: Clock) -> None:
    goal = clock.now() + timedelta(milliseconds=20)
    await clock.sleep_until(goal)
    assert clock.now() >= goal
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("clock", _clocks(), ids=lambda c: type(c).__name__)
async def test_waiting_for_the_past_does_not_go_back(clock: Clock) -> None:
    before = clock.now()
    await asyncio.wait_for(clock.sleep_until(before - timedelta(days=1)), timeout=30.0)
    assert clock.now() >= before


@pytest.mark.parametrize("clock", _clocks(), ids=lambda c: type(c).__name__)
def test_monotonic_never_goes_back(clock: Clock) -> None:
    seen = [clock.monotonic() for _ in range(100)]
    assert all(a <= b for a, b in pairwise(seen))


def test_speeds_say_what_they_are() -> None:
    assert [clock.speed for clock in _clocks()] == [1.0, 1_000.0, None]


async def test_a_fast_clock_runs_so_many_times_as_fast() -> None:
    clock = SpeedClock(start=START, speed=3_600.0)
    real = clock.monotonic()
    await clock.sleep_until(START + timedelta(minutes=3))
    assert 0.05 <= clock.monotonic() - real < 30.0


async def test_a_file_clock_jumps_over_a_day_at_once() -> None:
    clock = FileClock(start=START)
    await clock.sleep_until(START + timedelta(days=1))
    assert clock.now() == START + timedelta(days=1)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_is_a_positive_number(speed: float) -> None:
    with pytest.raises(InvalidValue, match="speed="):
        SpeedClock(start=START, speed=speed)
