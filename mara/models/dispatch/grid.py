"""The horizon's intervals: fine now, coarser later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import aware, positive
from mara.errors import InvalidValue
from mara.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Grid", "horizon_grid", "mean_over", "uniform_grid"]

Floats = NDArray[np.float64]

_FINE_UNTIL_MIN = 60.0
_MIDDLE_UNTIL_MIN = 240.0
_MIDDLE_STEP_MIN = 15.0
_COARSE_STEP_MIN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Consecutive intervals; the first begins at `at`, the i-th lasts `minutes[i]`."""

    at: datetime
    minutes: tuple[float, ...]

    def __post_init__(self) -> None:
        aware("Grid", "at", self.at)
        if not self.minutes:
            raise InvalidValue("Grid: minutes is empty; a horizon has at least one interval")
        for value in self.minutes:
            positive("Grid", "minutes", value)

    @property
    def offsets_min(self) -> Floats:
        """Start of each interval, minutes after `at`, shape (n,)."""
        return np.concatenate(([0.0], np.cumsum(self.minutes)[:-1]))

    @property
    def hours(self) -> tuple[float, ...]:
        """Length of each interval, real elapsed hours."""
        return tuple(m / MINUTES_PER_HOUR for m in self.minutes)

    @property
    def starts(self) -> tuple[datetime, ...]:
        """Start of each interval."""
        return tuple(self.at + timedelta(minutes=m) for m in self.offsets_min.tolist())

    @property
    def end(self) -> datetime:
        """End of the last interval."""
        return self.at + timedelta(minutes=sum(self.minutes))

    def __len__(self) -> int:
        return len(self.minutes)


def horizon_grid(at: datetime, minutes: float, hours: float = 24.0) -> Grid:
    """Lay the grid of a tick that lasts `minutes`, fine first and coarser later.

    Its own step for an hour, 15 min until the fourth hour, then 60 min, never less than its own.

    >>> from datetime import UTC
    >>> grid = horizon_grid(datetime(2026, 6, 1, tzinfo=UTC), 5)
    >>> [grid.minutes.count(step) for step in (5, 15, 60)]
    [12, 12, 20]
    """
    positive("horizon_grid", "minutes", minutes)
    positive("horizon_grid", "hours", hours)
    end = hours * MINUTES_PER_HOUR
    steps: list[float] = []
    offset = 0.0
    while offset < end - 1e-9:
        step = min(_step_min(offset, minutes), max(end - offset, 0.0)) if steps else minutes
        steps.append(step)
        offset += step
    return Grid(at=at, minutes=tuple(steps))


def _step_min(offset_min: float, tick_min: float) -> float:
    if offset_min < _FINE_UNTIL_MIN:
        return tick_min
    step = _MIDDLE_STEP_MIN if offset_min < _MIDDLE_UNTIL_MIN else _COARSE_STEP_MIN
    return max(tick_min, step)


def uniform_grid(at: datetime, minutes: float, count: int) -> Grid:
    """Lay `count` intervals of `minutes` each."""
    return Grid(at=at, minutes=(minutes,) * count)


def mean_over(
    grid: Grid, offsets_min: Sequence[float] | Floats, values: Sequence[float] | Floats
) -> Floats:
    """Average a step function onto the grid.

    Law: m[t] = (1 / h[t]) * integral of f over interval t, where f(x) = values[j] from
    offsets_min[j] until offsets_min[j + 1], and the last value holds for ever.

    `offsets_min` rise strictly from 0 (minutes after `grid.at`); returns shape (n,).
    """
    knots = np.asarray(offsets_min, dtype=np.float64)
    levels = np.asarray(values, dtype=np.float64)
    edges = np.concatenate((grid.offsets_min, [sum(grid.minutes)]))
    knots = np.append(knots, max(edges[-1], knots[-1]) + 1.0)
    area = np.concatenate(([0.0], np.cumsum(levels * np.diff(knots))))
    mean: Floats = np.diff(np.interp(edges, knots, area)) / np.asarray(grid.minutes)
    return mean
