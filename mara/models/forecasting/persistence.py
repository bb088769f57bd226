"""Persistence: the last value stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mara.domain import Forecast, History, Origin
from mara.models.forecasting.series import Series, forecast_of, future_s, regular
from mara.models.forecasting.spread import ErrorSpread, horizons, spread_of

__all__ = ["FittedPersistence", "Persistence", "persistence_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedPersistence:
    """Law: y[t + h] = y[t] + error of horizon h, errors as in the past."""

    target: str
    spread: ErrorSpread | None
    model: str
    origin: Origin

    def predict(self, history: History, steps: int) -> Forecast:
        """Repeat the newest value that is known."""
        series = regular(history, self.target)
        mean = np.full(future_s(series, steps).size, series.last_known)
        spread = None if self.spread is None else mean[:, None] + self.spread.over(steps)
        return forecast_of(series, mean, spread, model=self.model, origin=self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """The last value stays; what any model has to beat on a random walk."""

    origin: Origin = Origin.SIMULATED
    name: str = "persistence"

    def fit(self, history: History, target: str) -> FittedPersistence:
        """Measure how far the figure moved over each horizon."""
        return persistence_of(regular(history, target), model=self.name, origin=self.origin)


def persistence_of(series: Series, *, model: str, origin: Origin) -> FittedPersistence:
    """Fit persistence under the name `model`, which may say for what it stands in."""
    values = series.values
    errors = {
        int(h): values[h:] - values[:-h]
        for h in horizons(series.step_s, longest=max(values.size - 1, 1))
    }
    return FittedPersistence(
        target=series.target, spread=spread_of(errors), model=model, origin=origin
    )
