"""Where each interval stands in the local day, week and year.

Prices follow people's clocks, so the phases are those of the zone's wall time, daylight saving
included, taken at the middle of the interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = ["ANNUAL_ORDER", "DAILY_ORDER", "FloatArray", "LocalTime"]

FloatArray = NDArray[np.float64]

ANNUAL_ORDER: Final = 2
DAILY_ORDER: Final = 3

_SECONDS_PER_DAY = 86_400
_SATURDAY, _SUNDAY = 5, 6
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday, and Monday is 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTime:
    """Phases of consecutive intervals, all arrays of one length.

    Attributes
    ----------
    year_phase
        Part of the local year gone, 0 at New Year, below 1.
    day_phase
        Part of the local day gone by the wall clock, 0 at midnight, below 1.
    weekday
        0 for Monday to 6 for Sunday.
    annual, daily
        Rows 1, cos, sin, cos 2, sin 2, ... of the phases of year and day, up to `ANNUAL_ORDER` and
        `DAILY_ORDER`.
    """

    year_phase: FloatArray
    day_phase: FloatArray
    weekday: NDArray[np.int64]
    annual: FloatArray
    daily: FloatArray

    @property
    def is_sunday(self) -> NDArray[np.bool_]:
        """Whether the local day is a Sunday."""
        sunday: NDArray[np.bool_] = self.weekday == _SUNDAY
        return sunday

    @property
    def is_weekend(self) -> NDArray[np.bool_]:
        """Whether the local day is a Saturday or a Sunday."""
        weekend: NDArray[np.bool_] = self.weekday >= _SATURDAY
        return weekend

    @classmethod
    def of(cls, start: datetime, n_steps: int, *, step_minutes: int, zone: ZoneInfo) -> LocalTime:
        """Phases of `n_steps` intervals from the UTC time `start`."""
        step_s = 60 * step_minutes
        utc_s = int(start.timestamp()) + step_s * np.arange(n_steps, dtype=np.int64)
        local_s = utc_s + _offsets_s(utc_s, zone) + step_s // 2
        moment = local_s.astype("datetime64[s]")
        year = moment.astype("datetime64[Y]")
        year_start = year.astype("datetime64[s]")
        year_length = (year + 1).astype("datetime64[s]") - year_start
        year_phase = (moment - year_start) / year_length
        day_phase = (local_s % _SECONDS_PER_DAY) / _SECONDS_PER_DAY
        return cls(
            year_phase=year_phase,
            day_phase=day_phase,
            weekday=(local_s // _SECONDS_PER_DAY + _EPOCH_WEEKDAY) % 7,
            annual=_waves(year_phase, ANNUAL_ORDER),
            daily=_waves(day_phase, DAILY_ORDER),
        )


def _waves(phase: FloatArray, order: int) -> FloatArray:
    waves = np.ones((1 + 2 * order, len(phase)))
    for harmonic in range(1, order + 1):
        angle = 2.0 * np.pi * harmonic * phase
        waves[2 * harmonic - 1], waves[2 * harmonic] = np.cos(angle), np.sin(angle)
    return waves


def _offsets_s(utc_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    """Seconds by which the zone's wall clock is ahead of UTC, at each of the times.

    The zone is asked once at either end; only where the two differ is every interval asked.
    """
    ends = [_offset_s(int(at), zone) for at in (utc_s[0], utc_s[-1])]
    if ends[0] == ends[1]:
        return np.full(len(utc_s), ends[0], dtype=np.int64)
    return np.array([_offset_s(int(at), zone) for at in utc_s], dtype=np.int64)


def _offset_s(at_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_s, tz=zone).utcoffset() or timedelta(0)
    return int(offset.total_seconds())
