"""Quantile regression averaging of day models."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.forecasting.day_model import DayLaw, DayModel
from mara.models.forecasting.ensemble import rolled
from mara.models.forecasting.past import LEVELS, Floats
from mara.models.forecasting.quantile_regression import quantile_lines, quantiles_at

if TYPE_CHECKING:
    from mara.models.forecasting.days import Days

__all__ = ["FittedQuantileAveraging", "QuantileAveraging", "rolled_quantiles"]

WINDOW_DAYS: Final = 182
REFIT_DAYS: Final = 7
_MEDIAN: Final = LEVELS.index(0.5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedQuantileAveraging:
    """Quantiles linear in the members' forecasts, `lines` of shape (5, 1 + members)."""

    members: tuple[DayLaw, ...]
    lines: Floats

    def predict(self, days: Days) -> Floats:
        """Medians of the day that follows `days`, shape (24,)."""
        return np.asarray(self.bands(days)[:, _MEDIAN])

    def bands(self, days: Days) -> Floats:
        """Quantiles at `LEVELS`, shape (24, 5)."""
        made = np.array([member.predict(days) for member in self.members])
        return quantiles_at(self.lines, made.T)

    def conditioned(self, days: Days) -> FittedQuantileAveraging:
        """Let each member learn the days that came; the lines stand."""
        return replace(self, members=tuple(m.conditioned(days) for m in self.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileAveraging:
    """Regresses what came on the members' rolling forecasts of the newest days."""

    members: tuple[DayModel, ...]

    def learnt(self, days: Days, held: int) -> tuple[FittedQuantileAveraging, Floats]:
        """Fit, and forecast the newest `held` days, each from the days before it."""
        made = self._made(days, len(days) - held)
        actual = days.prices[len(days) - held :]
        lines = quantile_lines(_flat(made), actual.ravel(), LEVELS)
        law = FittedQuantileAveraging(
            members=tuple(member.fit(days) for member in self.members), lines=lines
        )
        return law, rolled_quantiles(made, actual, 0)[:, :, _MEDIAN]

    def fit(self, days: Days) -> FittedQuantileAveraging:
        """Fit with lines of a quarter of the days, at most 56."""
        return self.learnt(days, min(56, len(days) // 4))[0]

    def rolling(self, days: Days, first: int) -> Floats:
        """Medians of days `first` to the last, shape (days, 24), lines learnt from them alone."""
        made = self._made(days, first)
        return np.asarray(rolled_quantiles(made, days.prices[first:], 0)[:, :, _MEDIAN])

    def _made(self, days: Days, first: int) -> Floats:
        return np.stack([rolled(member, days, first) for member in self.members], axis=1)


def rolled_quantiles(forecasts: Floats, actual: Floats, burn: int) -> Floats:
    """Quantiles of days `burn` to the last, (days - burn, 24, 5), refit every 7 days.

    `forecasts` has shape (days, members, 24). Each day's lines are learnt from the days before it,
    the newest 182 of them; before 14 have come all quantiles are the members' mean.
    """
    days, members, hours = forecasts.shape
    made = np.empty((days, hours, len(LEVELS)))
    lines = np.full((len(LEVELS), 1 + members), 1.0 / members)
    lines[:, 0] = 0.0
    for day in range(days):
        if day >= 2 * REFIT_DAYS and (day - burn) % REFIT_DAYS == 0:
            past = slice(max(day - WINDOW_DAYS, 0), day)
            lines = quantile_lines(_flat(forecasts[past]), actual[past].ravel(), LEVELS)
        made[day] = quantiles_at(lines, forecasts[day].T)
    return made[burn:]


def _flat(forecasts: Floats) -> Floats:
    """Rows of (day, hour), a column a member."""
    return np.swapaxes(forecasts, 1, 2).reshape(-1, forecasts.shape[1])
