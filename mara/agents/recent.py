"""Percentiles of the newest values, at hand at any time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

from mara.errors import InvalidValue

__all__ = ["Recent"]


class Recent:
    """The newest `size` values, kept in order: adding costs a step of a sorted list.

    >>> kept = Recent(3)
    >>> for value in (5.0, 1.0, 2.0, 9.0):
    ...     kept.add(value)
    >>> kept.percentile(0.5), kept.percentile(0.99)
    (2.0, 9.0)
    """

    def __init__(self, size: int = 2_000) -> None:
        if size < 1:
            raise InvalidValue(f"Recent: size={size} must be at least 1")
        self._size = size
        self._came: deque[float] = deque()
        self._ranked: list[float] = []

    def add(self, value: float) -> None:
        """Take a value in; the oldest one goes where there are too many."""
        if len(self._came) == self._size:
            del self._ranked[bisect_left(self._ranked, self._came.popleft())]
        self._came.append(value)
        insort(self._ranked, value)

    def percentile(self, share: float) -> float:
        """Smallest kept value that at least `share` of the values do not exceed; 0 where none is."""
        if not self._ranked:
            return 0.0
        return self._ranked[min(int(share * len(self._ranked)), len(self._ranked) - 1)]
