"""Seasonal profile plus an autoregression of what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.domain import Forecast, History, Origin
from mara.models.forecasting.persistence import FittedPersistence, persistence_of
from mara.models.forecasting.seasonal_profile import SeasonalProfile, profile_of
from mara.models.forecasting.series import (
    Floats,
    Ints,
    Series,
    forecast_of,
    future_s,
    on_grid,
    regular,
)
from mara.models.forecasting.spread import ErrorSpread, horizons, spread_of

__all__ = ["FittedSeasonalAr", "SeasonalAr", "autoregression", "propagation"]

_LEAST_DAYS: Final = 2
_CLIP_SCALES: Final = 8.0
_FIT_CLIP_SCALES: Final = 2.0
_RIDGE: Final = 1e-6
_LARGEST_ROOT: Final = 0.999
_STEPS_A_WEEK: Final = 2_016


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSeasonalAr:
    """Law: y[t] = level[t] + scale[t] z[t], z[t] = sum_k phi_k z[t - k] + noise.

    `propagation[h - 1]` gives the mean of z[t + h] from (z[t], z[t - 1], ...). A z that is missing
    counts as zero: there the profile speaks alone. Each z enters clipped at 8 scales, so that one
    spike does not carry the day; the mean is kept within what the figure was in the past.
    """

    target: str
    profile: SeasonalProfile
    propagation: Floats
    low: float
    high: float
    spread: ErrorSpread
    origin: Origin
    model: str = "seasonal-ar"

    def predict(self, history: History, steps: int) -> Forecast:
        """Propagate the newest deviations from the profile."""
        order = self.propagation.shape[1]
        past = on_grid(history.last(order), self.target)
        ahead = future_s(past, steps)
        level, scale = self.profile.at(ahead)
        z = np.zeros(steps)
        reach = min(steps, len(self.propagation))
        z[:reach] = self.propagation[:reach] @ _newest_first(past, self.profile, order)
        mean = np.clip(level + scale * z, self.low, self.high)
        quantiles = mean[:, None] + scale[:, None] * self.spread.over(steps)
        return forecast_of(past, mean, quantiles, model=self.model, origin=self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalAr:
    """Seasonal profile and AR(`order`), fitted by least squares on at most 30 days.

    The regression sees deviations clipped at 2 scales, so that ordinary hours and not the spikes
    decide it. Where the past is shorter than two days or constant, or where persistence erred less on the
    same past (a random walk, such as the hash price), persistence stands in and says so.
    """

    zone: str = "UTC"
    order: int = 12
    origin: Origin = Origin.SIMULATED
    name: str = "seasonal-ar"

    def fit(self, history: History, target: str) -> FittedSeasonalAr | FittedPersistence:
        """Fit the profile, then the autoregression of the scaled deviations."""
        series = regular(history, target)
        known = series.values[np.isfinite(series.values)]
        if known.size < _LEAST_DAYS * series.per_day:
            return self._persistence(series, "less than two days known")
        if known.min() == known.max():
            return self._persistence(series, "constant")
        profile = profile_of(series, ZoneInfo(self.zone))
        level, scale = profile.at(series.epoch_s)
        z = (series.values - level) / scale
        phi = autoregression(np.clip(z, -_FIT_CLIP_SCALES, _FIT_CLIP_SCALES), self.order)
        table = propagation(phi, _STEPS_A_WEEK)
        reach = horizons(series.step_s, longest=min(series.per_day, len(table)))
        errors = _errors(z, table, reach)
        spread = spread_of(errors)
        if spread is None or _persistence_is_better(series, scale, errors):
            return self._persistence(series, "it erred less on the same past")
        return FittedSeasonalAr(
            target=target,
            profile=profile,
            propagation=table,
            low=float(known.min()),
            high=float(known.max()),
            spread=spread,
            origin=self.origin,
        )

    def _persistence(self, series: Series, reason: str) -> FittedPersistence:
        return persistence_of(series, model=f"persistence ({reason})", origin=self.origin)


def autoregression(z: Floats, order: int) -> Floats:
    """Coefficients phi of z[t] = sum_k phi_k z[t - k] + noise, shape (order,).

    Least squares over the rows without a gap, with a ridge of 1e-6 of the variance; phi_k is
    damped by d^k where the largest root of its polynomial exceeds 0.999, so that no forecast grows
    without bound. Zero where no row is whole.
    """
    rows = np.lib.stride_tricks.sliding_window_view(z, order + 1)
    rows = rows[np.isfinite(rows).all(axis=1)]
    lags, y = rows[:, -2::-1], rows[:, -1]
    gram = lags.T @ lags
    ridge = _RIDGE * max(float(np.trace(gram)) / order, np.finfo(np.float64).tiny)
    phi = np.linalg.solve(gram + ridge * np.eye(order), lags.T @ y)
    largest = float(np.abs(np.roots([1.0, *-phi])).max(initial=0.0))
    damping = min(1.0, _LARGEST_ROOT / largest) if largest > 0.0 else 1.0
    return np.asarray(phi * damping ** np.arange(1, order + 1))


def propagation(phi: Floats, steps: int) -> Floats:
    """Weights of (z[t], z[t - 1], ...) in the mean of z[t + h], h = 1 to `steps`.

    Law: with the impulse response psi[0] = 1, psi[h] = sum_k phi_k psi[h - k],
    w[h][j] = sum_(k > j) phi_k psi[h - (k - j)]. Shape (steps, order).
    """
    order = phi.size
    psi = np.zeros(order - 1 + steps)
    psi[order - 1] = 1.0
    oldest_first = phi[::-1]
    for h in range(order, psi.size):
        psi[h] = oldest_first @ psi[h - order : h]
    response = psi[order - 1 :]
    return np.column_stack([np.convolve(response, phi[j:])[:steps] for j in range(order)])


def _newest_first(series: Series, profile: SeasonalProfile, order: int) -> Floats:
    """Return the last `order` scaled deviations, the newest first; a gap is zero."""
    level, scale = profile.at(series.epoch_s)
    z = np.clip((series.values - level) / scale, -_CLIP_SCALES, _CLIP_SCALES)[-order:]
    newest = np.zeros(order)
    newest[: z.size] = np.nan_to_num(z[::-1])
    return newest


def _errors(z: Floats, table: Floats, reach: Ints) -> dict[int, Floats]:
    """Errors of the mean on the past, in scales, by horizon in steps; NaN across gaps."""
    order = table.shape[1]
    clipped = np.clip(z, -_CLIP_SCALES, _CLIP_SCALES)
    lags = np.lib.stride_tricks.sliding_window_view(clipped, order)[:, ::-1]
    errors: dict[int, Floats] = {}
    for h in reach.tolist():
        made = lags[: lags.shape[0] - h] @ table[h - 1]
        errors[h] = z[order - 1 + h :] - made
    return errors


def _persistence_is_better(series: Series, scale: Floats, errors: dict[int, Floats]) -> bool:
    """Whether the last value had the smaller mean absolute error, over all horizons."""
    ours = naive = 0.0
    for h, error in errors.items():
        target_scale = scale[scale.size - error.size :]
        moved = (series.values[h:] - series.values[:-h])[-error.size :]
        both = np.isfinite(error) & np.isfinite(moved)
        ours += float(np.abs(error * target_scale)[both].mean()) if both.any() else 0.0
        naive += float(np.abs(moved)[both].mean()) if both.any() else 0.0
    return naive < ours
