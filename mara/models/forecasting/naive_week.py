"""The naive forecast of day-ahead prices: like yesterday, about weekends like a week ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.forecasting.days import Days
    from mara.models.forecasting.past import Floats

__all__ = ["NaiveWeek"]

_WEEK: Final = 7
_MONDAY: Final = 0
_FRIDAY: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveWeek:
    """Law: Tuesday to Friday as the day before, Saturday to Monday as a week before.

    Source: Lago et al., Applied Energy 293 (2021), the benchmark of the relative error.
    """

    def fit(self, days: Days) -> NaiveWeek:
        """Learn nothing."""
        del days
        return self

    def conditioned(self, days: Days) -> NaiveWeek:
        """Learn nothing."""
        del days
        return self

    def predict(self, days: Days) -> Floats:
        """Prices of the day that follows `days`, shape (24,)."""
        back = 1 if _MONDAY < days.weekday[-1] <= _FRIDAY else _WEEK
        return np.asarray(days.prices[-min(back, len(days))])

    def rolling(self, days: Days, first: int) -> Floats:
        """Forecasts of days `first` to the last, shape (days, 24)."""
        return np.array([self.predict(days.until(d)) for d in range(first, len(days))])
