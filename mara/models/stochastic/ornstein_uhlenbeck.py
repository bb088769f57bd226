"""The Ornstein-Uhlenbeck process: a price that is pulled back to its mean.

Law: ``dX = kappa (mu - X) dt + sigma dW``. Its transition is exact for any step d,

``X(t+d) | X(t) = x  ~  N(mu + (x - mu) e^{-kappa d}, sigma^2 (1 - e^{-2 kappa d}) / (2 kappa))``.

Source: Uhlenbeck and Ornstein, Physical Review 36 (1930); likelihood as in Tang and Chen, Journal
of Econometrics 149 (2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from mara.domain.checks import finite, positive
from mara.errors import SolverFailed
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.grid import Moments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["OrnsteinUhlenbeck", "autoregression"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrnsteinUhlenbeck(Law):
    """A price that reverts to its mean; it may be negative.

    Attributes
    ----------
    mean
        ``mu``, in the unit of the price.
    rate
        ``kappa``, per unit of time.
    volatility
        ``sigma``, unit of the price per square root of the unit of time.
    """

    name: ClassVar[str] = "ou"

    mean: float
    rate: float
    volatility: float

    def __post_init__(self) -> None:
        finite("OrnsteinUhlenbeck", "mean", self.mean)
        positive("OrnsteinUhlenbeck", "rate", self.rate)
        positive("OrnsteinUhlenbeck", "volatility", self.volatility)

    @property
    def stationary_variance(self) -> float:
        """Variance in the long run, ``sigma^2 / (2 kappa)``."""
        return self.volatility**2 / (2.0 * self.rate)

    def decay(self, dt: float) -> float:
        """Share of a deviation that is left after `dt`."""
        return float(np.exp(-self.rate * dt))

    def transition(self, x: Floats, dt: float) -> tuple[Floats, float]:
        """Mean and variance after `dt`, from `x`."""
        variance = -self.stationary_variance * float(np.expm1(-2.0 * self.rate * dt))
        return self.mean + (x - self.mean) * self.decay(dt), variance

    def moments(self, grid: Grid) -> Moments:
        """Mean and variance of the transition over each time."""
        start, times = grid.one_start("OrnsteinUhlenbeck"), grid.times
        return Moments(
            times=times,
            mean=self.mean + (start - self.mean) * np.exp(-self.rate * times),
            variance=-self.stationary_variance * np.expm1(-2.0 * self.rate * times),
        )

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Walk by the exact transition."""
        del rng
        from mara.models.stochastic.kernels import walk  # noqa: PLC0415 - numba is slow to load

        phi = self.decay(grid.dt)
        scale = float(np.sqrt(self.transition(np.zeros(1), grid.dt)[1]))
        walk(block, grid.starts, phi, self.mean * (1.0 - phi), scale)

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the exact likelihood of the transitions, from the regression on the past."""
        x, dt = series.values, series.dt
        begin = _start(x, dt)

        def log_likelihood(values: Sequence[float]) -> float:
            mean, rate, volatility = values
            return _log_likelihood(x, dt, cls(mean=mean, rate=rate, volatility=volatility))

        spread = float(x.std())
        found = maximise(
            cls.__name__,
            log_likelihood,
            (
                Unknown(name="mean", start=begin.mean, unit=spread),
                Unknown(name="rate", start=begin.rate, scale=Scale.POSITIVE),
                Unknown(name="volatility", start=begin.volatility, scale=Scale.POSITIVE),
            ),
        )
        mean, rate, volatility = found.values
        return Calibration(
            law=cls(mean=mean, rate=rate, volatility=volatility),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=len(series) - 1,
            method="exact maximum likelihood",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Transitions less their mean, over their standard deviation."""
        mean, variance = self.transition(series.values[:-1], series.dt)
        gap: Floats = series.values[1:] - mean
        return gap / float(np.sqrt(variance))


def autoregression(x: Floats) -> tuple[float, float, float]:
    """Regress each value on the one before: slope, intercept and variance of what is left.

    >>> import numpy as np
    >>> autoregression(np.array([8.0, 4.0, 2.0, 1.0]))
    (0.5, 0.0, 0.0)
    """
    before, after = x[:-1], x[1:]
    centred = before - before.mean()
    slope = float(centred @ (after - after.mean()) / (centred @ centred))
    shift = float(after.mean() - slope * before.mean())
    rest = after - shift - slope * before
    return slope, shift, float(rest @ rest) / rest.size


def _start(x: Floats, dt: float) -> OrnsteinUhlenbeck:
    slope, shift, variance = autoregression(x)
    if not 0.0 < slope < 1.0 or variance <= 0.0:
        raise SolverFailed(
            f"OrnsteinUhlenbeck: calibration found no reversion: each value is {slope:.4g} times "
            "the one before, where 0 to 1 means reversion; give a longer series, or use gbm"
        )
    rate = -float(np.log(slope)) / dt
    scale = variance * 2.0 * rate / (1.0 - slope**2)
    return OrnsteinUhlenbeck(
        mean=shift / (1.0 - slope), rate=rate, volatility=float(np.sqrt(scale))
    )


def _log_likelihood(x: Floats, dt: float, law: OrnsteinUhlenbeck) -> float:
    mean, variance = law.transition(x[:-1], dt)
    gap = x[1:] - mean
    return -0.5 * float(gap.size * np.log(2.0 * np.pi * variance) + gap @ gap / variance)
