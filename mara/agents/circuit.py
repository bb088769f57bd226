"""Restart with back-off, and a breaker that opens when restarts do not help."""

from __future__ import annotations

from collections import deque

__all__ = ["Circuit"]


class Circuit:
    """Opens at `limit` failures within `window_s`; then lets one try through after each window.

    After the n-th failure in a row the next try waits min(2**n, 60) x `pause_s` seconds, after a
    hang at least `hang_pause_s`: a tick must not wait for the same agent twice. Times are
    monotonic seconds given by the caller.
    """

    def __init__(
        self, *, limit: int, window_s: float, pause_s: float = 0.05, hang_pause_s: float = 30.0
    ) -> None:
        self._limit = limit
        self._window_s = window_s
        self._pause_s = pause_s
        self._hang_pause_s = hang_pause_s
        self._failures: deque[float] = deque(maxlen=limit)
        self._in_a_row = 0
        self._not_before = 0.0
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether so many failures were seen that tries are held back for the window."""
        return self._open

    def allows(self, now_s: float) -> bool:
        """Say whether a try may be made now."""
        return now_s >= self._not_before

    def succeeded(self) -> None:
        """Note a success: it closes an open circuit, and the next failure is a first one."""
        if self._open:
            self._failures.clear()
        self._open = False
        self._in_a_row = 0
        self._not_before = 0.0

    def failed(self, now_s: float) -> None:
        """Note a failure, and hold the next try back."""
        self._failures.append(now_s)
        self._in_a_row += 1
        recent = [at for at in self._failures if now_s - at < self._window_s]
        self._open = self._open or len(recent) >= self._limit
        pause = min(2.0**self._in_a_row, 60.0) * self._pause_s
        self._not_before = now_s + (self._window_s if self._open else pause)

    def hung(self, now_s: float) -> None:
        """Note a failure that stopped everybody else."""
        self.failed(now_s)
        self._not_before = max(self._not_before, now_s + self._hang_pause_s)
