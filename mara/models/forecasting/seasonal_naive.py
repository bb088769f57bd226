"""The seasonal naive: tomorrow is as today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.domain import Forecast, History, Origin
from mara.models.forecasting.series import Floats, Series, forecast_of, future_s, regular
from mara.models.forecasting.spread import ErrorSpread, spread_of

__all__ = ["FittedSeasonalNaive", "SeasonalNaive"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSeasonalNaive:
    """Law: y[t + h] = y[t + h - d], with d the least whole number of days whose value is known.

    Where no day is known at that hour, the last known value stands in. Errors are those of one
    day's lag in the past, at every horizon.
    """

    target: str
    spread: ErrorSpread | None
    origin: Origin
    model: str = "seasonal-naive"

    def predict(self, history: History, steps: int) -> Forecast:
        """Repeat the newest day."""
        series = regular(history, self.target)
        future_s(series, steps)
        day = _newest_day(series)
        mean = np.tile(day, -(-steps // day.size))[:steps]
        spread = None if self.spread is None else mean[:, None] + self.spread.over(steps)
        return forecast_of(series, mean, spread, model=self.model, origin=self.origin)


def _newest_day(series: Series) -> Floats:
    """Newest known value of each interval of the day, the first being the next to come."""
    days = -(-series.values.size // series.per_day)
    padded = np.full(days * series.per_day, np.nan)
    padded[padded.size - series.values.size :] = series.values
    newest = np.full(series.per_day, np.nan)
    for day in padded.reshape(days, series.per_day)[::-1]:
        newest = np.where(np.isfinite(newest), newest, day)
    return np.where(np.isfinite(newest), newest, series.last_known)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """The baseline that every forecaster is scored against."""

    origin: Origin = Origin.SIMULATED
    name: str = "seasonal-naive"

    def fit(self, history: History, target: str) -> FittedSeasonalNaive:
        """Measure the errors of repeating the day before."""
        series = regular(history, target)
        lag = series.per_day
        errors = series.values[lag:] - series.values[:-lag]
        return FittedSeasonalNaive(target=target, spread=spread_of({1: errors}), origin=self.origin)
