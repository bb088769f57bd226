"""Figures that are known before their time: whole calendar days of a further series."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import named
from mara.errors import InvalidValue

__all__ = ["KnownSeries"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownSeries:
    """A series, such as a day-ahead price, up to the end of the calendar day at hand.

    Its values for a calendar day of `tz` are known when that day begins: whoever decides in a day
    sees that whole day and the days before, never a later one. `epoch_s`: interval starts, seconds
    since 1970 UTC, shape (n,), strictly rising; `values`: shape (n,), finite.
    """

    name: str
    tz: str
    epoch_s: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        named("KnownSeries", "name", self.name)
        if self.epoch_s.shape != self.values.shape or np.any(np.diff(self.epoch_s) <= 0):
            raise InvalidValue(f"KnownSeries {self.name}: one value a time, times rising strictly")
        if not np.all(np.isfinite(self.values)):
            raise InvalidValue(f"KnownSeries {self.name}: values must be finite; leave gaps out")

    @property
    def zone(self) -> ZoneInfo:
        """Zone of the calendar days."""
        return ZoneInfo(self.tz)
