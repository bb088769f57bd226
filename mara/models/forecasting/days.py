"""A past as calendar days of 24 hours, and the features that a day's forecast may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.past import Floats, Ints

__all__ = ["EXOG_LAGS", "LAGS", "LONGEST_LAG", "Days", "Scaling", "features", "filled"]

HOURS: Final = 24
LAGS: Final = (1, 2, 3, 7)
"""Days back whose 24 prices are read."""
EXOG_LAGS: Final = (0, 1, 7)
"""Days back whose 24 values of each exogenous series are read; 0 is the day itself."""
LONGEST_LAG: Final = 7
"""Days before the first one that has all its features."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Days:
    """`prices`, shape (n, 24), of n days; `exog`, shape (n + 1, 24, k), and `weekday` of one more.

    The last day is the one to be forecast: its price is nowhere. Monday is 0. Every value is
    finite; `whole[d]` says that day d had no gap, which only such days are learnt from.
    """

    prices: Floats
    exog: Floats
    weekday: Ints
    whole: Ints
    number: int = 0
    """Days since 1970-01-01 of the day to be forecast."""

    def __post_init__(self) -> None:
        n = len(self.prices)
        if self.exog.shape[:2] != (n + 1, HOURS) or self.weekday.shape != (n + 1,):
            raise InvalidValue(
                f"Days: {n} days of prices need exog and weekday of {n + 1}, not of "
                f"{self.exog.shape} and {self.weekday.shape}"
            )
        if not (np.isfinite(self.prices).all() and np.isfinite(self.exog).all()):
            raise InvalidValue("Days: a value is missing; fill it first")

    def __len__(self) -> int:
        return len(self.prices)

    def until(self, day: int) -> Days:
        """Know what is known before day `day` begins: prices before it, exogenous series of it."""
        return Days(
            prices=self.prices[:day],
            exog=self.exog[: day + 1],
            weekday=self.weekday[: day + 1],
            whole=self.whole[:day],
            number=self.number - len(self) + day,
        )

    def followed(self, prices: Floats, exog: Floats) -> Days:
        """Take one more day as known, and know the exogenous series, (24, k), of the one after."""
        return Days(
            prices=np.vstack([self.prices, prices]),
            exog=np.concatenate([self.exog, exog[None]]),
            weekday=np.append(self.weekday, (self.weekday[-1] + 1) % 7),
            whole=np.append(self.whole, 1),
            number=self.number + 1,
        )

    def with_exog(self, exog: Floats) -> Days:
        """Give the days their exogenous series, shape (n + 1, 24, k)."""
        return replace(self, exog=exog)

    def newest(self, most: int) -> Days:
        """Forget all but the newest `most` days."""
        cut = max(len(self) - most, 0)
        return replace(
            self,
            prices=self.prices[cut:],
            exog=self.exog[cut:],
            weekday=self.weekday[cut:],
            whole=self.whole[cut:],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaling:
    """Law: z = asinh((y - centre) / scale), centre the median, scale its mean distance / 0.6745.

    Shapes (columns,). A column that never moves has scale 1. Source: Uniejewski, Weron and Ziel,
    Variance stabilizing transformations for electricity spot price forecasting, IEEE Transactions
    on Power Systems 33 (2018).
    """

    centre: Floats
    scale: Floats

    @classmethod
    def of(cls, values: Floats) -> Scaling:
        """Learn from the rows of `values`, shape (rows, columns)."""
        centre = np.median(values, axis=0)
        scale = np.median(np.abs(values - centre), axis=0) / 0.6744897501960817
        mean = np.abs(values - centre).mean(axis=0)
        scale = np.where(scale > 0.0, scale, np.where(mean > 0.0, mean, 1.0))
        return cls(centre=centre, scale=scale)

    def to(self, values: Floats) -> Floats:
        """Transform values, the columns last."""
        return np.asarray(np.arcsinh((values - self.centre) / self.scale))

    def back(self, z: Floats) -> Floats:
        """Undo `to`."""
        return np.asarray(self.centre + self.scale * np.sinh(z))


def features(prices: Floats, exog: Floats, weekday: Ints) -> Floats:
    """Rows of features of days 7 to n, shape (n - 6, 96 + 72 k + 7); arrays as in `Days`.

    A row reads prices of the days before it alone: those of 1, 2, 3 and 7 days before, then each
    exogenous series of the day, 1 and 7 days before, then the weekday as seven zeros and a one.
    Source: Lago, Marcjasz, De Schutter and Weron, Forecasting day-ahead electricity prices,
    Applied Energy 293 (2021), equation 3.
    """
    n = len(prices)
    rows = np.arange(LONGEST_LAG, n + 1)
    blocks = [prices[rows - lag] for lag in LAGS]
    for series in np.moveaxis(exog, 2, 0):
        blocks += [series[rows - lag] for lag in EXOG_LAGS]
    return np.hstack([*blocks, np.eye(7)[weekday[rows]]])


def filled(values: Floats) -> Floats:
    """Fill the gaps of (days, 24, ...) from the newest earlier day that knows the hour.

    Before the first known one the first is taken; what is never known is the median of all, or
    zero where nothing is.
    """
    known = np.isfinite(values)
    if known.all():
        return values
    order = np.arange(len(values)).reshape(-1, *([1] * (values.ndim - 1)))
    newest = np.maximum.accumulate(np.where(known, order, -1), axis=0)
    first = np.argmax(known, axis=0)
    taken = np.take_along_axis(values, np.where(newest >= 0, newest, first[None]), axis=0)
    rest = float(np.median(values[known])) if known.any() else 0.0
    return np.where(np.isfinite(taken), taken, rest)
