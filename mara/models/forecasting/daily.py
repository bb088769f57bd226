"""Models of whole days behind the protocol of all forecasters: any grid, horizon and hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.calendar import Calendar, calendar
from mara.models.forecasting.conformal import SCALE_DAYS, rolled_bands
from mara.models.forecasting.day_model import Banded, DayLaw, DayModel
from mara.models.forecasting.days import HOURS, Days
from mara.models.forecasting.ensemble import learnt
from mara.models.forecasting.past import Floats, Known, Past, Predicted, steps_ahead

__all__ = ["Daily", "FittedDaily"]

LEAST_DAYS: Final = 84
"""Fewest whole days that a model of days is fitted on."""
_HELD_DAYS: Final = 56
_SCORED_FROM: Final = SCALE_DAYS + 14
_KEPT_DAYS: Final = 64
_FADE_HOURS: Final = 6.0
_BEYOND: Final = 0.5
"""Share of the range of all prices by which a forecast may leave it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedDaily:
    """A law of days at the end of a past.

    Law: the day to be forecast and those after it are forecast one by one, each as if the ones
    before had come as forecast. Within a day that has begun, the error of its newest hour fades
    with exp(-hours / 6). Quantiles are the forecast plus `offsets`, shape (24, 5), of the hour,
    widened for later days by `growth`, shape (14,), as the errors of the naive forecast grow with
    its lag. No forecast is below `low` or above `high`, half a range beyond what came so far.
    `past` is the newest 64 days.
    """

    name: str
    law: DayLaw
    past: Past
    offsets: Floats
    growth: Floats
    low: float
    high: float

    @property
    def model(self) -> str:
        """Name of the law."""
        return self.name

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Forecast the steps that follow the past."""
        steps_ahead(self.past.target, horizon)
        at = calendar(self.past, horizon, known_future)
        mean, bands = self._made(at)
        lead, hour = at.ahead.day - at.days.number, at.ahead.hour
        growth = self.growth[np.minimum(lead, len(self.growth) - 1), None]
        centre = mean[lead, hour]
        return Predicted(
            target=self.past.target,
            model=self.name,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=centre,
            quantiles=np.sort(centre[:, None] + growth * bands[lead, hour], axis=1),
        ).floored()

    def updated(self, past: Past) -> FittedDaily:
        """Put the law at the end of another past, conditioned on what came."""
        if past.step_s != self.past.step_s or past.exog_names != self.past.exog_names:
            raise InvalidValue(
                f"{self.name}: step_s={past.step_s} and exog={past.exog_names} are not those of "
                f"the fit, {self.past.step_s} and {self.past.exog_names}"
            )
        days = _whole_days(past)
        return replace(self, law=self.law.conditioned(days), past=_kept(past))

    def _made(self, at: Calendar) -> tuple[Floats, Floats]:
        """Hourly forecasts, (spans, 24), of the days that the steps reach into, and offsets."""
        made, bands, days = [], [], at.days
        for span in range(at.spans):
            day = np.clip(self.law.predict(days), self.low, self.high)
            bands.append(self._offsets(days, day))
            if span == 0:
                day = _corrected(day, at.today)
            made.append(day)
            if span + 1 < at.spans:
                days = days.followed(day, at.later[span])
        return np.array(made), np.array(bands)

    def _offsets(self, days: Days, day: Floats) -> Floats:
        """Quantiles of the error, shape (24, 5): the law's own where it tells them."""
        if isinstance(self.law, Banded):
            return np.clip(self.law.bands(days), self.low, self.high) - day[:, None]
        return self.offsets


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """Fits a model of days, and conformal intervals from the newest 56 days' honest errors, or those of a third."""

    name: str
    model: DayModel

    def fit(self, past: Past) -> FittedDaily:
        """Fit on the whole days of the past."""
        days = _whole_days(past)
        if len(days) < LEAST_DAYS:
            raise InvalidValue(
                f"{self.name}: {len(days)} whole days of {past.target} are too few; give at least "
                f"{LEAST_DAYS}"
            )
        if np.ptp(days.prices) == 0.0:
            raise InvalidValue(
                f"{self.name}: {past.target} is constant; use persistence, which says so"
            )
        count = min(_HELD_DAYS, len(days) // 3)
        law, held = learnt(self.model, days, count)
        _, state = rolled_bands(held, days.prices[-count:], min(_SCORED_FROM, count))
        return FittedDaily(
            name=self.name,
            law=law,
            past=_kept(past),
            offsets=state.offsets,
            growth=_growth(days.prices),
            low=float(days.prices.min() - _BEYOND * np.ptp(days.prices)),
            high=float(days.prices.max() + _BEYOND * np.ptp(days.prices)),
        )


def _whole_days(past: Past) -> Days:
    """Return the whole days of a past; exogenous series of the day to come play no part."""
    known = Known(names=past.exog_names, values=past.exog[-past.per_day :])
    return calendar(past, 1, known).days


def _kept(past: Past) -> Past:
    return past.last(_KEPT_DAYS * past.per_day)


def _corrected(day: Floats, today: Floats) -> Floats:
    """Take the hours that have come as they came, and let the newest one's error fade."""
    came = np.flatnonzero(np.isfinite(today))
    if not came.size:
        return day
    newest = came[-1]
    later = np.maximum(np.arange(HOURS) - newest, 0)
    fading = day + (today[newest] - day[newest]) * np.exp(-later / _FADE_HOURS)
    return np.where(np.isfinite(today), today, fading)


def _growth(prices: Floats) -> Floats:
    """How much the mean change over 1 to 14 days exceeds that over one; never falling."""
    change = [np.abs(prices[lag:] - prices[:-lag]).mean() for lag in range(1, 15)]
    return np.maximum.accumulate(np.array(change) / max(change[0], np.finfo(np.float64).tiny))
