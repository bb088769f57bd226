"""Merton's jump-diffusion: geometric Brownian motion with jumps of log-normal size.

Law: ``ln S(t+d) - ln S(t) = a d + sigma sqrt(d) Z + J_1 + ... + J_N`` with ``N ~ Poisson(lambda d)``
and ``J ~ N(m, delta^2)``; ``a = mu - sigma^2/2 - lambda (e^{m + delta^2/2} - 1)``, so that the
expected price grows by ``mu``. A return's density is the Poisson mixture of normals.

Source: Merton, Journal of Financial Economics 3 (1976).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
from scipy.special import gammaln, logsumexp, ndtr

from mara.domain.checks import finite, non_negative, positive
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.geometric_brownian import (
    log_walk,
    positive_start,
    positive_starts,
)
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.jumps import NormalJumps, scatter
from mara.models.stochastic.outliers import split_jumps
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["MertonJumps"]

_MOST_JUMPS: Final = 200
"""Most jumps in one step that the mixture counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MertonJumps(Law):
    """A positive price with jumps.

    Attributes
    ----------
    drift
        ``mu``, growth of the expected price per unit of time.
    volatility
        ``sigma``, per square root of the unit of time.
    intensity
        ``lambda``, jumps per unit of time.
    jump_mean, jump_deviation
        ``m`` and ``delta``, of the logarithm.
    """

    name: ClassVar[str] = "merton"
    signed: ClassVar[bool] = False

    drift: float
    volatility: float
    intensity: float
    jump_mean: float
    jump_deviation: float

    def __post_init__(self) -> None:
        finite("MertonJumps", "drift", self.drift)
        positive("MertonJumps", "volatility", self.volatility)
        non_negative("MertonJumps", "intensity", self.intensity)
        finite("MertonJumps", "jump_mean", self.jump_mean)
        positive("MertonJumps", "jump_deviation", self.jump_deviation)

    @property
    def _log_drift(self) -> float:
        growth = np.expm1(self.jump_mean + 0.5 * self.jump_deviation**2)
        return float(self.drift - 0.5 * self.volatility**2 - self.intensity * growth)

    def moments(self, grid: Grid) -> Moments:
        """Mean and variance of the price from its first two exponential moments."""
        times = grid.times
        mean = positive_start("MertonJumps", grid) * np.exp(self.drift * times)
        m, variance = self.jump_mean, self.jump_deviation**2
        double = np.expm1(2.0 * m + 2.0 * variance) - 2.0 * np.expm1(m + 0.5 * variance)
        return Moments(
            times=times,
            mean=mean,
            variance=mean**2 * np.expm1((self.volatility**2 + self.intensity * double) * times),
        )

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Scatter the jumps among the normals, then walk the logarithm exactly."""
        scale = self.volatility * float(np.sqrt(grid.dt))
        sizes = NormalJumps(mean=self.jump_mean / scale, deviation=self.jump_deviation / scale)
        scatter(block, rng, sizes, per_step=self.intensity * grid.dt, decay=0.0)
        starts = positive_starts("MertonJumps", grid)
        log_walk(block, starts, shift=self._log_drift * grid.dt, scale=scale)

    def _mixture(self, dt: float) -> tuple[Floats, Floats, Floats]:
        """Logarithm of the odds, mean and standard deviation of a return by number of jumps."""
        expected = self.intensity * dt
        most = min(_MOST_JUMPS, int(np.ceil(expected + 8.0 * np.sqrt(expected) + 6.0)))
        count = np.arange(most + 1.0)
        odds = count * np.log(max(expected, 1e-300)) - expected - gammaln(count + 1.0)
        mean = self._log_drift * dt + count * self.jump_mean
        variance = self.volatility**2 * dt + count * self.jump_deviation**2
        return odds, mean, np.sqrt(variance)

    def log_density(self, returns: Floats, dt: float) -> Floats:
        """Logarithm of the density of log returns."""
        odds, mean, deviation = self._mixture(dt)
        z = (returns[:, None] - mean) / deviation
        terms = odds - 0.5 * z**2 - np.log(deviation * np.sqrt(2.0 * np.pi))
        return np.asarray(logsumexp(terms, axis=1), dtype=np.float64)

    @classmethod
    def _made(cls, values: Sequence[float]) -> Self:
        drift, volatility, intensity, mean, deviation = values
        return cls(
            drift=drift,
            volatility=volatility,
            intensity=intensity,
            jump_mean=mean,
            jump_deviation=deviation,
        )

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the likelihood of the log returns, from a split at 3.5 robust deviations."""
        returns, dt = np.diff(np.log(series.need_positive(cls.__name__))), series.dt
        jacobian = float(np.log(series.values[1:]).sum())

        def log_likelihood(values: Sequence[float]) -> float:
            return float(cls._made(values).log_density(returns, dt).sum()) - jacobian

        found = maximise(cls.__name__, log_likelihood, _unknowns(returns, dt))
        return Calibration(
            law=cls._made(found.values),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=returns.size,
            method="exact maximum likelihood",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Probability integral transform of the log returns."""
        returns = np.diff(np.log(series.need_positive("MertonJumps")))
        odds, mean, deviation = self._mixture(series.dt)
        z = (returns[:, None] - mean) / deviation
        below, above = ndtr(z) @ np.exp(odds), ndtr(-z) @ np.exp(odds)
        return normal_scores(below, above)


def _unknowns(returns: Floats, dt: float) -> tuple[Unknown, ...]:
    begin = split_jumps(returns)
    volatility = begin.deviation / float(np.sqrt(dt))
    horizon = returns.size * dt
    drift = float(returns.mean()) / dt + 0.5 * float(returns.var()) / dt
    return (
        Unknown(name="drift", start=drift, unit=float(returns.std()) / dt / returns.size**0.5),
        Unknown(name="volatility", start=volatility, scale=Scale.POSITIVE),
        Unknown(name="intensity", start=begin.count / horizon, scale=Scale.POSITIVE),
        Unknown(name="jump_mean", start=begin.jump_mean, unit=begin.jump_deviation),
        Unknown(name="jump_deviation", start=begin.jump_deviation, scale=Scale.POSITIVE),
    )
