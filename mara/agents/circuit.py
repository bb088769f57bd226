"""Restart with back-off, and a breaker that opens when restarts do not help."""

from __future__ import annotations

from collections import deque

__all__ = ["Circuit"]


class Circuit:
    """Opens after `limit` failures within `window_s`; lets one try through after each `window_s`.

    After the n-th failure in a row the next try waits min(2**n, 60) x `pause_s` seconds. Times
    are monotonic seconds given by the caller.
    """

    def __init__(self, *, limit: int, window_s: float, pause_s: float = 0.05) -> None:
        self._limit = limit
        self._window_s = window_s
        self._pause_s = pause_s
        self._failures: deque[float] = deque(maxlen=limit)
        self._in_a_row = 0
        self._not_before = 0.0

    def allows(self, now_s: float) -> bool:
        """Say whether a try may be made now."""
        return now_s >= self._not_before

    def is_open(self, now_s: float) -> bool:
        """Say whether so many failures were seen that tries are held back for the window."""
        recent = [at for at in self._failures if now_s - at < self._window_s]
        return len(recent) >= self._limit

    def succeeded(self, now_s: float) -> None:
        """Note a success: it closes an open circuit, and the next failure is a first one."""
        if self.is_open(now_s):
            self._failures.clear()
        self._in_a_row = 0
        self._not_before = 0.0

    def failed(self, now_s: float) -> None:
        """Note a failure, and hold the next try back."""
        self._failures.append(now_s)
        self._in_a_row += 1
        pause = min(2.0**self._in_a_row, 60.0) * self._pause_s
        if self.is_open(now_s):
            pause = self._window_s
        self._not_before = now_s + pause
