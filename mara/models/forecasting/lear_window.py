"""One calibration window of LEAR: a LASSO of each hour on the features of the day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.models.forecasting.days import LONGEST_LAG, Days, Scaling, features
from mara.models.forecasting.frames import Reference, newest
from mara.models.forecasting.lasso import lasso
from mara.models.forecasting.linear import product
from mara.models.forecasting.past import Floats

__all__ = ["FramedWindow", "Line", "Moments", "Window", "calibrated", "scaled_moments"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Law: z[h] = intercept[h] + coefficients[h] x; shapes (24,) and (24, p)."""

    coefficients: Floats
    intercept: Floats

    def at(self, x: Floats) -> Floats:
        """Scaled prices of a day with features `x`, shape (24,)."""
        return np.asarray(self.intercept + self.coefficients @ x)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What a LASSO needs of its rows: their Gram matrix, products with the targets, and means."""

    gram: Floats
    cross: Floats
    mean_x: Floats
    mean_y: Floats

    @classmethod
    def of(cls, x: Floats, y: Floats) -> Moments:
        """Moments of rows `x`, shape (n, p), and targets `y`, (n, 24)."""
        mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
        x, y = x - mean_x, y - mean_y
        return cls(
            gram=product(x.T, x) / len(x),
            cross=product(y.T, x) / len(x),
            mean_x=mean_x,
            mean_y=mean_y,
        )

    def line(self, penalty: float, start: Line | None) -> Line:
        """Fit by a LASSO, from the line `start`."""
        begin = np.zeros(self.cross.shape) if start is None else start.coefficients
        coefficients = lasso(self.gram, self.cross, penalty, begin)
        return Line(coefficients=coefficients, intercept=self.mean_y - coefficients @ self.mean_x)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window:
    """A line in the scaling of its own window."""

    line: Line
    prices: Scaling
    exog: Scaling

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,); reads the last 7 days."""
        x = _scaled(days.newest(LONGEST_LAG), self.prices, self.exog)[-1]
        return self.prices.back(self.line.at(x))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FramedWindow:
    """A line in a frame."""

    line: Line
    frame: str
    reference: Reference

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,); reads the last 57 days."""
        seen = newest(days, self.frame, self.reference)
        return np.asarray(seen.back(self.line.at(seen.x[-1])[None], slice(-1, None))[0])


def scaled_moments(days: Days, window: int) -> tuple[Moments, Scaling, Scaling]:
    """Moments of the newest `window` days, and the scaling of prices and exogenous series."""
    read = days.newest(window + LONGEST_LAG)
    prices = Scaling.of(read.prices[-window:])
    recent = read.exog[-window - 1 :]
    exog = Scaling.of(recent.reshape(len(recent), -1))
    x = _scaled(read, prices, exog)[:-1]
    y = prices.to(read.prices[-len(x) :])
    kept = read.whole[-len(x) :] > 0
    return Moments.of(x[kept], y[kept]), prices, exog


def calibrated(days: Days, *, window: int, penalty: float, start: Line | None = None) -> Window:
    """Fit the newest `window` days, from the line of the day before."""
    moments, prices, exog = scaled_moments(days, window)
    return Window(line=moments.line(penalty, start), prices=prices, exog=exog)


def _scaled(days: Days, prices: Scaling, exog: Scaling) -> Floats:
    """Return features of all days that have them, those of the day to come last."""
    known = exog.to(days.exog.reshape(len(days.exog), -1)).reshape(days.exog.shape)
    return features(prices.to(days.prices), known, days.weekday)
