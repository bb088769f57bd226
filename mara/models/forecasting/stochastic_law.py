"""The calibrated Ornstein-Uhlenbeck law about the seasonal profile: conditional mean and bands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.past import LEVELS, Known, Past, Predicted, steps_ahead
from mara.models.forecasting.seasonal_profile import SeasonalProfile, profile_of
from mara.models.forecasting.series import Series
from mara.models.stochastic.grid import Grid
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.stochastic.series import LEAST_VALUES, PriceSeries
from mara.units import SECONDS_PER_HOUR

__all__ = ["FittedStochasticLaw", "StochasticLaw"]

_FIT_DAYS: Final = 30
_KEPT_DAYS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedStochasticLaw:
    """Law: y = level + scale Z at each time of the local day, dZ = k (m - Z) dt + s dW, hours.

    Z has a closed normal law at every horizon, from the newest value that is known.
    """

    profile: SeasonalProfile
    law: OrnsteinUhlenbeck
    past: Past
    model: str = "ornstein-uhlenbeck"

    def predict(self, horizon: int, known_future: Known | None = None) -> Predicted:
        """Forecast by the law's transition; `known_future` is not read."""
        from scipy.special import ndtri  # noqa: PLC0415

        del known_future
        steps_ahead(self.past.target, horizon)
        newest = int(np.flatnonzero(np.isfinite(self.past.values))[-1])
        ago = len(self.past) - 1 - newest
        epoch_s = self.past.epoch_s[newest] + self.past.step_s * np.arange(horizon + ago + 1)
        level, scale = self.profile.at(epoch_s)
        begin = (self.past.values[newest] - level[0]) / scale[0]
        hours = self.past.step_s / SECONDS_PER_HOUR
        grid = Grid(n_paths=1, n_steps=horizon + ago, dt=hours, start=float(begin))
        moments = self.law.moments(grid)
        ahead = slice(ago + 1, None)
        deviation = np.sqrt(moments.variance[ahead])[:, None] * ndtri(LEVELS)
        mean = level[ahead] + scale[ahead] * moments.mean[ahead]
        return Predicted(
            target=self.past.target,
            model=self.model,
            start_s=self.past.end_s,
            step_s=self.past.step_s,
            mean=mean,
            quantiles=mean[:, None] + scale[ahead, None] * deviation,
        ).floored()

    def updated(self, past: Past) -> FittedStochasticLaw:
        """Put the law at the end of another past."""
        if past.step_s != self.past.step_s:
            raise InvalidValue(
                f"{self.model}: step_s={past.step_s} is not the {self.past.step_s} of the fit"
            )
        return replace(self, past=_newest(past))


@dataclass(frozen=True, slots=True, kw_only=True)
class StochasticLaw:
    """Profile and law of the newest 30 days, the law by exact likelihood on their longest run."""

    name: str = "ornstein-uhlenbeck"

    def fit(self, past: Past) -> FittedStochasticLaw:
        """Fit the profile, then the law of the scaled deviations from it.

        Raises
        ------
        InvalidValue
            There are fewer than 30 values without a gap, or they are constant.
        SolverFailed
            The deviations do not revert.
        """
        newest = past.last(_FIT_DAYS * past.per_day)
        run = _longest_run(np.isfinite(newest.values))
        if run.stop - run.start < LEAST_VALUES:
            raise InvalidValue(
                f"{self.name}: {run.stop - run.start} values of {past.target} without a gap are "
                f"too few; give at least {LEAST_VALUES}"
            )
        series = Series(
            target=past.target, step_s=past.step_s, epoch_s=newest.epoch_s, values=newest.values
        )
        profile = profile_of(series, ZoneInfo(past.zone))
        level, scale = profile.at(newest.epoch_s)
        deviations = ((newest.values - level) / scale)[run]
        hours = past.step_s / SECONDS_PER_HOUR
        law = OrnsteinUhlenbeck.calibrate(PriceSeries(values=deviations, dt=hours)).law
        return FittedStochasticLaw(profile=profile, law=law, past=_newest(past))


def _newest(past: Past) -> Past:
    """Keep two days, or what reaches back to the newest value that is known."""
    known = np.flatnonzero(np.isfinite(past.values))
    if not known.size:
        raise InvalidValue(f"forecast of {past.target}: the past holds no value")
    return past.last(max(_KEPT_DAYS * past.per_day, len(past) - int(known[-1])))


def _longest_run(known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> slice:
    """Find the longest stretch of known values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(np.int8), [0]])))
    if not edges.size:
        return slice(0, 0)
    longest = int(np.argmax(edges[1::2] - edges[::2]))
    return slice(int(edges[2 * longest]), int(edges[2 * longest + 1]))
