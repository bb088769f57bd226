"""A level that follows hour, weekday and season, on which any law rides.

Law: ``X(t) = L(t) + Y(t)`` with ``L`` a Fourier series of the local wall clock,

``L = sum_ij c_ij A_i(year) D_j(day) + saturday + sunday``,

``A`` up to two harmonics of the year (none where the series is shorter than most of a year), ``D``
up to three of the day, and ``Y`` any law of this package. Prices themselves are decomposed, not
their logarithms, so they may be negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import InvalidValue
from mara.models.market.local_time import LocalTime
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.grid import Floats, Moments
from mara.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from datetime import datetime

    from mara.models.stochastic.grid import Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = [
    "Season",
    "SeasonalLaw",
    "SeasonalLevel",
    "calibrate_seasonal",
    "day_angle",
    "season_for",
]

_SATURDAY, _SUNDAY = 5, 6
_ROBUST: Final = 6.0
"""Deviations beyond which a value is drawn in before the level is fitted, so that spikes do not
make the season."""

_NORMAL_MAD: Final = 1.4826
_HOURS_A_DAY: Final = 24.0
_DAYS_FOR_SEASONS: Final = 330.0

L = TypeVar("L", bound=Law)


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """How fine a level is: harmonics of the year (0 to 2) and of the day (0 to 3)."""

    annual: int
    daily: int

    def design(self, begins: datetime | None, n: int, *, dt: float, zone: ZoneInfo) -> Floats:
        """Waves at `n` intervals of `dt` hours from `begins` on, shape (n, columns).

        Raises
        ------
        InvalidValue
            `dt` is not a whole number of minutes.
        """
        time = _local_time(begins, n, dt=dt, zone=zone)
        year, day = time.annual[: 1 + 2 * self.annual], time.daily[: 1 + 2 * self.daily]
        waves = (year[:, None] * day[None]).reshape(-1, n)
        week = np.stack([time.weekday == _SATURDAY, time.weekday == _SUNDAY])
        return np.concatenate([waves, week]).T


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalLevel:
    """A level by the local clock: coefficients of the waves of `season`."""

    season: Season
    coefficients: tuple[float, ...]
    zone: ZoneInfo

    def at(self, begins: datetime | None, n: int, dt: float) -> Floats:
        """Give the level at `n` intervals of `dt` hours.

        Raises
        ------
        InvalidValue
            `begins` is missing.
        """
        waves = self.season.design(begins, n, dt=dt, zone=self.zone)
        return np.asarray(waves @ np.array(self.coefficients))

    @classmethod
    def fitted(cls, series: PriceSeries, season: Season) -> SeasonalLevel:
        """Fit by least squares to values drawn in to six robust deviations of the median."""
        middle = float(np.median(series.values))
        spread = _NORMAL_MAD * float(np.median(np.abs(series.values - middle)))
        reach = _ROBUST * (spread or float(series.values.std()))
        drawn_in = np.clip(series.values, middle - reach, middle + reach)
        design = season.design(series.begins, len(series), dt=series.dt, zone=series.zone)
        found = np.linalg.lstsq(design, drawn_in, rcond=None)[0]
        return cls(season=season, coefficients=tuple(found.tolist()), zone=series.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalLaw(Law):
    """`noise` that rides on `level`; the unit of time is the hour."""

    name = "seasonal"

    level: SeasonalLevel
    noise: Law

    def _levels(self, grid: Grid) -> Floats:
        return self.level.at(grid.begins, grid.n_steps + 1, grid.dt)

    def moments(self, grid: Grid) -> Moments:
        """Moments of the noise, moved by the level."""
        levels = self._levels(grid)
        start = grid.one_start("SeasonalLaw") - float(levels[0])
        plain = self.noise.moments(replace(grid, start=start))
        return Moments(times=plain.times, mean=plain.mean + levels, variance=plain.variance)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Simulate the noise and add the level."""
        levels = self._levels(grid)
        self.noise.advance(block, rng, replace(grid, start=grid.starts - levels[0]))
        block += levels.astype(block.dtype, copy=False)

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[SeasonalLaw]:
        """Refuse: a season rides under another law."""
        del series
        raise InvalidValue(
            "SeasonalLaw: a season rides under another law; use calibrate_seasonal(law, series)"
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Residuals of the noise."""
        levels = self.level.at(series.begins, len(series), series.dt)
        return self.noise.residuals(series.with_values(series.values - levels))


def day_angle(
    begins: datetime | None, n: int, *, dt: float, zone: ZoneInfo
) -> tuple[Floats, Floats]:
    """Cosine and sine of the local clock's angle at `n` intervals of `dt` hours."""
    daily = _local_time(begins, n, dt=dt, zone=zone).daily
    return daily[1], daily[2]


def _local_time(begins: datetime | None, n: int, *, dt: float, zone: ZoneInfo) -> LocalTime:
    minutes = dt * MINUTES_PER_HOUR
    if begins is None:
        raise InvalidValue("SeasonalLevel: begins is missing; give the UTC time of step 0")
    if abs(minutes - round(minutes)) > 1e-6 or round(minutes) < 1:
        raise InvalidValue(
            f"SeasonalLevel: dt={dt:g} h is no whole number of minutes; seasons need one"
        )
    return LocalTime.of(begins, n, step_minutes=round(minutes), zone=zone)


def season_for(series: PriceSeries) -> Season:
    """Choose how fine a level the series can carry."""
    days = len(series) * series.dt / _HOURS_A_DAY
    if days < 2.0:
        return Season(annual=0, daily=0)
    daily = 3 if series.dt <= 3.0 else 0
    return Season(annual=2 if days >= _DAYS_FOR_SEASONS else 0, daily=daily)


def calibrate_seasonal(law: type[L], series: PriceSeries) -> Calibration[SeasonalLaw]:
    """Remove the season first, then calibrate `law` to what is left.

    Its coefficients are not counted among the parameters: standard errors and criteria are those
    of the law, the level taken as known.
    """
    level = SeasonalLevel.fitted(series, season_for(series))
    rest = series.values - level.at(series.begins, len(series), series.dt)
    found = law.calibrate(series.with_values(rest))
    return Calibration(
        law=SeasonalLaw(level=level, noise=found.law),
        estimates=found.estimates,
        log_likelihood=found.log_likelihood,
        n_observations=found.n_observations,
        method=f"{found.method}, on a seasonal level",
    )
