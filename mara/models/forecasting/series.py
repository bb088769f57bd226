"""One figure's past on a regular grid, with its gaps, and where times stand in the local week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mara.domain import Forecast, History, Origin, Quantile
from mara.errors import InvalidValue
from mara.models.forecasting.past import LEVELS, floor_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "Floats",
    "Ints",
    "Series",
    "forecast_of",
    "future_s",
    "local_slots",
    "offsets_s",
    "on_grid",
    "regular",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_DAYS: Final = 30
"""Only this much of the past is read: the market changes."""

_SECONDS_PER_DAY: Final = 86_400
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday, and Monday is 0.
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """`values[i]` is the figure `target` in the interval that begins at `epoch_s[i]`.

    Both have shape (n,); times are `step_s` apart; a gap is NaN.
    """

    target: str
    step_s: int
    epoch_s: Ints
    values: Floats

    @property
    def per_day(self) -> int:
        """Intervals a day."""
        return max(round(_SECONDS_PER_DAY / self.step_s), 1)

    @property
    def last_known(self) -> float:
        """Newest value that is not missing."""
        return float(self.values[np.isfinite(self.values)][-1])

    @property
    def floor(self) -> float:
        """Least value that the figure can take."""
        return floor_of(self.target)


def on_grid(history: History, target: str) -> Series:
    """Lay the figure's last `MAX_DAYS` on the grid that ends with the newest interval.

    An interval that is missing is NaN; nothing is filled. A time off the grid goes to the nearest
    point.

    Raises
    ------
    InvalidValue
        The history is empty.
    """
    if not len(history):
        raise InvalidValue(f"forecast of {target}: the history is empty")
    step_s = max(round(history.minutes * 60), 1)
    most = MAX_DAYS * _SECONDS_PER_DAY // step_s
    if bool((np.diff(history.epoch_s) == step_s).all()):
        values = history.series(target)[-most:]
        return Series(target=target, step_s=step_s, epoch_s=history.epoch_s[-most:], values=values)
    back = np.rint((history.epoch_s[-1] - history.epoch_s) / step_s).astype(np.int64)
    kept = back < most
    n = int(back[kept].max()) + 1
    values = np.full(n, np.nan)
    values[n - 1 - back[kept]] = history.series(target)[kept]
    epoch_s = int(history.epoch_s[-1]) - step_s * np.arange(n - 1, -1, -1, dtype=np.int64)
    return Series(target=target, step_s=step_s, epoch_s=epoch_s, values=values)


def regular(history: History, target: str) -> Series:
    """Lay a figure on its grid, as `on_grid` does, and make sure that there is a value.

    Raises
    ------
    InvalidValue
        There is no value within the last `MAX_DAYS`.
    """
    series = on_grid(history, target)
    if not np.isfinite(series.values).any():
        raise InvalidValue(f"forecast of {target}: no value in the last {MAX_DAYS} days of history")
    return series


def future_s(series: Series, steps: int) -> Ints:
    """Return the starts of the next `steps` intervals, seconds since 1970 UTC, shape (steps,)."""
    if steps < 1:
        raise InvalidValue(f"forecast of {series.target}: steps={steps} must be at least 1")
    ahead = np.arange(1, steps + 1, dtype=np.int64)
    return np.asarray(int(series.epoch_s[-1]) + series.step_s * ahead)


def local_slots(epoch_s: Ints, zone: ZoneInfo, *, slot_s: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Slot of the local day, counted from its midnight, and whether the day is a weekend's."""
    local = epoch_s + offsets_s(epoch_s, zone)
    weekday = (local // _SECONDS_PER_DAY + _EPOCH_WEEKDAY) % 7
    return local % _SECONDS_PER_DAY // slot_s, weekday >= _SATURDAY


def offsets_s(epoch_s: Ints, zone: ZoneInfo) -> Ints:
    """Seconds by which the zone's wall clock leads UTC at each time.

    Asked once a day, and at each time of the days in which it changes.
    """
    days, which = np.unique(epoch_s // _SECONDS_PER_DAY, return_inverse=True)
    begins = np.array([_offset_s(int(d) * _SECONDS_PER_DAY, zone) for d in days], dtype=np.int64)
    ends = np.array([_offset_s(int(d + 1) * _SECONDS_PER_DAY - 1, zone) for d in days])
    offsets = begins[which]
    for row in np.flatnonzero((ends != begins)[which]):
        offsets[row] = _offset_s(int(epoch_s[row]), zone)
    return np.asarray(offsets)


@lru_cache(maxsize=8_192)
def _offset_s(at_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_s, tz=zone).utcoffset() or timedelta()
    return int(offset.total_seconds())


def forecast_of(
    series: Series, mean: Floats, quantiles: Floats | None, *, model: str, origin: Origin
) -> Forecast:
    """Make the forecast of a mean, shape (n,), and quantiles at `LEVELS`, shape (n, 5).

    Quantiles are kept above the figure's floor, and None where the past is too short to tell.
    """
    issued_at = datetime.fromtimestamp(int(series.epoch_s[-1]), UTC)
    told = [] if quantiles is None else list(zip(LEVELS, quantiles.T, strict=True))
    return Forecast(
        target=series.target,
        issued_at=issued_at,
        starts=tuple(map(issued_at.__add__, _offsets(series.step_s, mean.size))),
        mean=tuple(np.maximum(mean, series.floor).tolist()),
        quantiles=tuple(
            Quantile(level=level, values=tuple(np.maximum(values, series.floor).tolist()))
            for level, values in told
        ),
        model=model,
        origin=origin,
    )


@lru_cache(maxsize=16)
def _offsets(step_s: int, steps: int) -> tuple[timedelta, ...]:
    """Distances of the next `steps` starts from the newest one."""
    return tuple(timedelta(seconds=step_s * i) for i in range(1, steps + 1))
