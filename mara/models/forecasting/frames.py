"""Frames: the features and the target of a day, measured from the level of its own recent past.

Law: z = asinh((y - level) / scale). In a moving frame the level of day d is the median of all
prices of the `level_days` days before it, its scale 1.25 times the mean absolute deviation of the
`scale_days` days before it from their own hours' means; in a fixed one both are those of the days
that were learnt from. Prices enter in the frame of the day that they help to forecast, so a shift
of the market's level moves features and target alike. Exogenous series are scaled once, and stand
relative to their mean of the 7 days before in a moving frame.

Source of the transform: Uniejewski, Weron and Ziel, Variance stabilizing transformations for
electricity spot price forecasting, IEEE Transactions on Power Systems 33 (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mara.models.forecasting.days import EXOG_LAGS, HOURS, LAGS, Days, Scaling
from mara.models.forecasting.past import Floats, Ints

__all__ = ["FRAMES", "Frame", "Framed", "Reference", "framed", "newest", "referenced", "widths"]

_MEAN_TO_SCALE: Final = 1.25
_EXOG_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Days of the level and of the scale, None where they are fixed; `hourly`, each hour's own."""

    level_days: int | None
    scale_days: int | None
    relative_exog: bool
    hourly: bool = False

    @property
    def first(self) -> int:
        """Days before the first one that has all its features."""
        return max(_EXOG_DAYS, self.level_days or 0)


FRAMES: Final = {
    "fixed": Frame(level_days=None, scale_days=None, relative_exog=False),
    "hourly": Frame(level_days=None, scale_days=None, relative_exog=False, hourly=True),
    "week": Frame(level_days=7, scale_days=56, relative_exog=True),
    "month": Frame(level_days=28, scale_days=56, relative_exog=True),
    "month-fixed": Frame(level_days=28, scale_days=None, relative_exog=False),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What a frame measures from where it does not move: scaling of all prices, each hour, exog."""

    prices: Scaling
    hours: Scaling
    exog: Scaling


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Framed:
    """Features `x`, shape (m, p), level and scale, (m, 24), of m days, the day to come last.

    `y`, shape (m - 1, 24), are the targets of all but that one,
    `kept` whether their prices had no gap.
    """

    x: Floats
    y: Floats
    level: Floats
    scale: Floats
    kept: Ints

    def back(self, z: Floats, rows: slice) -> Floats:
        """Turn forecasts of the days `rows` into prices, shape (rows, 24)."""
        level, scale = self.level[rows], self.scale[rows]
        return np.asarray(level + scale * np.sinh(np.clip(z, -_LARGEST, _LARGEST)))


_READ_DAYS: Final = 57
"""Days that any frame reads to measure one."""
_LARGEST: Final = 8.0
"""A forecast of more than 1,490 scales from the level is cut to that."""


def referenced(days: Days) -> Reference:
    """Learn what fixed frames measure from."""
    return Reference(
        prices=Scaling.of(days.prices.reshape(-1, 1)),
        hours=Scaling.of(days.prices),
        exog=Scaling.of(days.exog[:-1].reshape(len(days), -1)),
    )


def framed(days: Days, frame: Frame, reference: Reference) -> Framed:
    """Measure all days from `frame.first` on, the day to come included."""
    return _framed(days, frame, reference, frame.first)


def newest(days: Days, name: str, reference: Reference) -> Framed:
    """Measure the day to come alone, in the frame called `name`."""
    read = days.newest(_READ_DAYS)
    return _framed(read, FRAMES[name], reference, len(read))


def _framed(days: Days, frame: Frame, reference: Reference, first: int) -> Framed:
    """Measure the days from `first` on."""
    n = len(days)
    rows = np.arange(first, n + 1)
    fixed = reference.hours if frame.hourly else reference.prices
    level = np.tile(fixed.centre, (rows.size, HOURS // fixed.centre.size))
    if frame.level_days is not None:
        level[:] = np.median(_windows(days.prices, frame.level_days, rows), axis=(1, 2))[:, None]
    scale = np.tile(fixed.scale, (rows.size, HOURS // fixed.scale.size))
    if frame.scale_days is not None:
        least = float(reference.prices.scale[0])
        scale[:] = _scales(days.prices, frame.scale_days, rows, least)[:, None]
    blocks = [_measured(days.prices[rows - lag], level, scale) for lag in LAGS]
    scaled = reference.exog.to(days.exog.reshape(n + 1, -1)).reshape(days.exog.shape)
    blocks += [
        block for series in np.moveaxis(scaled, 2, 0) for block in _known(series, rows, frame)
    ]
    return Framed(
        x=np.hstack([*blocks, np.eye(7)[days.weekday[rows]]]),
        y=_measured(days.prices[first:], level[:-1], scale[:-1]),
        level=level,
        scale=scale,
        kept=days.whole[first:],
    )


def widths(exogenous: int) -> tuple[int, ...]:
    """Widths of the groups of features, in order, with so many exogenous series."""
    return (HOURS,) * len(LAGS) + ((HOURS,) * len(EXOG_LAGS) + (1,)) * exogenous + (7,)


def _measured(prices: Floats, level: Floats, scale: Floats) -> Floats:
    return np.asarray(np.arcsinh((prices - level) / scale))


def _known(series: Floats, rows: Ints, frame: Frame) -> list[Floats]:
    """Blocks of one exogenous series: its lags, and the day's mean."""
    mean = series.mean(axis=1)
    base = np.zeros(rows.size)
    if frame.relative_exog:
        total = np.concatenate([[0.0], np.cumsum(mean)])
        base = (total[rows] - total[rows - _EXOG_DAYS]) / _EXOG_DAYS
    return [series[rows - lag] - base[:, None] for lag in EXOG_LAGS] + [mean[rows, None]]


def _windows(values: Floats, days: int, rows: Ints) -> Floats:
    """Return the `days` days before each of `rows`, shape (rows, days, 24)."""
    return np.asarray(values[rows[:, None] - np.arange(1, days + 1)])


def _scales(prices: Floats, days: int, rows: Ints, least: float) -> Floats:
    """Mean absolute deviation of the days before from their hours' means; fewer days at first.

    At least a hundredth of the reference's: a market that stands still has no scale.
    """
    made = np.empty(rows.size)
    whole = rows >= days
    if whole.any():
        windows = _windows(prices, days, rows[whole])
        away = windows - windows.mean(axis=1, keepdims=True)
        made[whole] = _MEAN_TO_SCALE * np.abs(away).mean(axis=(1, 2))
    for i in np.flatnonzero(~whole):
        window = prices[: rows[i]]
        made[i] = _MEAN_TO_SCALE * np.abs(window - window.mean(axis=0)).mean()
    return np.asarray(np.maximum(made, 0.01 * least))
