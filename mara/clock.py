"""Clocks: the only source of time.

`now` is the market's time and labels things; `monotonic` measures durations of this machine and
never jumps. A clock that runs through a file jumps to whatever time is waited for.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from mara.errors import InvalidValue

__all__ = ["Clock", "FileClock", "SpeedClock", "SystemClock"]


class Clock(Protocol):
    """Tells and waits for market time."""

    @property
    def speed(self) -> float | None:
        """Market seconds a real second; None where the clock runs as fast as it is read."""
        ...

    def now(self) -> datetime:
        """Market time, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds of this machine since an arbitrary start; never goes back."""
        ...

    async def sleep_until(self, at: datetime) -> None:
        """Return when market time has reached `at`."""
        ...


class SystemClock:
    """The machine's own clock: market time is wall time."""

    speed: float | None = 1.0

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.now(UTC)  # noqa: TID251

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep_until(self, at: datetime) -> None:
        """Wait in real time, in slices, so that a jump of the wall clock is noticed."""
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left, 1.0))


class SpeedClock:
    """Market time that starts at `start` and runs `speed` times as fast as the machine."""

    def __init__(self, *, start: datetime, speed: float) -> None:
        if not 0 < speed < float("inf"):
            raise InvalidValue(f"SpeedClock: speed={speed} must be a positive number")
        self.speed: float | None = speed
        self._factor = speed
        self._start = start
        self._origin = time.monotonic()

    def now(self) -> datetime:
        """Market time, in UTC."""
        return self._start + timedelta(seconds=(self.monotonic() - self._origin) * self._factor)

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep_until(self, at: datetime) -> None:
        """Wait for the real time that the market time left takes."""
        while (left := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left / self._factor, 1.0))


class FileClock:
    """Market time that jumps: waiting for a time makes it that time."""

    speed: float | None = None

    def __init__(self, *, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Market time, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()

    async def sleep_until(self, at: datetime) -> None:
        """Make it `at`, and let other tasks run."""
        self._now = max(self._now, at)
        await asyncio.sleep(0)
