"""The Cox-Ingersoll-Ross process: reversion of what cannot be negative.

Law: ``dX = kappa (theta - X) dt + sigma sqrt(X) dW``. With ``c = sigma^2 (1 - e^{-kappa d}) /
(4 kappa)`` the transition over d is exact: ``X(t+d) / c`` is non-central chi-squared with
``4 kappa theta / sigma^2`` degrees of freedom and non-centrality ``X(t) e^{-kappa d} / c``.

Source: Cox, Ingersoll and Ross, Econometrica 53 (1985); sampling as in Glasserman (2003), 3.4.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from scipy.special import chndtr, ive
from scipy.stats import ncx2

from mara.domain.checks import positive
from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.ornstein_uhlenbeck import autoregression
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["CoxIngersollRoss"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxIngersollRoss(Law):
    """A positive, reverting quantity, such as a variance or a demand.

    Attributes
    ----------
    mean
        ``theta``, in the unit of the quantity.
    rate
        ``kappa``, per unit of time.
    volatility
        ``sigma``, square root of the quantity's unit per square root of the unit of time.
    """

    name: ClassVar[str] = "cir"
    signed: ClassVar[bool] = False

    mean: float
    rate: float
    volatility: float

    def __post_init__(self) -> None:
        for field in ("mean", "rate", "volatility"):
            positive("CoxIngersollRoss", field, getattr(self, field))

    @property
    def degrees(self) -> float:
        """Degrees of freedom; from 2 on (Feller's condition) zero is never reached."""
        return 4.0 * self.rate * self.mean / self.volatility**2

    def scale(self, dt: float) -> float:
        """Give the unit ``c`` of the transition over `dt`."""
        return -(self.volatility**2) * float(np.expm1(-self.rate * dt)) / (4.0 * self.rate)

    def moments(self, grid: Grid) -> Moments:
        """Mean and variance of the transition over each time."""
        start, times = grid.one_start("CoxIngersollRoss"), grid.times
        left = np.exp(-self.rate * times)
        unit = self.volatility**2 / self.rate
        return Moments(
            times=times,
            mean=self.mean + (start - self.mean) * left,
            variance=start * unit * left * (1.0 - left)
            + 0.5 * self.mean * unit * (1.0 - left) ** 2,
        )

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Draw the exact transition, step by step over all paths of the block.

        Above one degree of freedom a non-central chi-square is ``(Z + sqrt(nc))^2`` and an
        independent chi-square, so the normals drive the path. At one degree or less it is drawn as
        a Poisson mixture, and the normals are not used.
        """
        starts = grid.starts
        if starts.min() < 0.0:
            raise InvalidValue(
                f"CoxIngersollRoss: start={starts.min():g} must not be negative, as this law is not"
            )
        unit, left, degrees = self.scale(grid.dt), float(np.exp(-self.rate * grid.dt)), self.degrees
        x = starts.copy()
        block[:, 0] = x
        for step in range(1, grid.n_steps + 1):
            centre = x * (left / unit)
            if degrees > 1.0:
                rest = rng.chisquare(degrees - 1.0, size=x.size)
                x = unit * ((block[:, step] + np.sqrt(centre)) ** 2 + rest)
            else:
                x = unit * rng.chisquare(degrees + 2.0 * rng.poisson(0.5 * centre))
            block[:, step] = x

    def log_density(self, x: Floats, dt: float) -> Floats:
        """Logarithm of the density of each transition in a series."""
        return self.log_density_between(x[:-1], x[1:], dt)

    def log_density_between(self, before: Floats, after: Floats, dt: float) -> Floats:
        """Logarithm of the density of `after`, a step `dt` later than `before`.

        ``ln p = -ln(2c) - (sqrt(u) - sqrt(v))^2 + (q / 2) ln(v / u) + ln[e^{-z} I_q(z)]`` with ``u``
        and ``v`` the values before (decayed) and after over ``2c``, ``z = 2 sqrt(uv)`` and ``q`` half
        the degrees of freedom less one.
        """
        unit, order = 2.0 * self.scale(dt), 0.5 * self.degrees - 1.0
        u = before * (float(np.exp(-self.rate * dt)) / unit)
        v = after / unit
        with np.errstate(divide="ignore"):
            bessel = np.log(ive(order, 2.0 * np.sqrt(u * v)))
        square = (np.sqrt(u) - np.sqrt(v)) ** 2
        return np.asarray(0.5 * order * np.log(v / u) - square + bessel - np.log(unit))

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the exact likelihood, from the regression on the past."""
        x, dt = series.need_positive(cls.__name__), series.dt
        begin = _start(x, dt)

        def log_likelihood(values: Sequence[float]) -> float:
            mean, rate, volatility = values
            law = cls(mean=mean, rate=rate, volatility=volatility)
            return float(law.log_density(x, dt).sum())

        found = maximise(
            cls.__name__,
            log_likelihood,
            [
                Unknown(name=name, start=getattr(begin, name), scale=Scale.POSITIVE)
                for name in ("mean", "rate", "volatility")
            ],
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
        """Probability integral transform of the transitions."""
        x, unit = series.need_positive("CoxIngersollRoss"), self.scale(series.dt)
        centre = x[:-1] * (float(np.exp(-self.rate * series.dt)) / unit)
        below = chndtr(x[1:] / unit, self.degrees, centre)
        above = ncx2.sf(x[1:] / unit, self.degrees, centre)
        return normal_scores(np.asarray(below, dtype=np.float64), np.asarray(above))


def _start(x: Floats, dt: float) -> CoxIngersollRoss:
    slope, shift, _ = autoregression(x)
    if not 0.0 < slope < 1.0 or shift <= 0.0:
        raise SolverFailed(
            f"CoxIngersollRoss: calibration found no reversion: each value is {slope:.4g} times "
            "the one before, where 0 to 1 means reversion; give a longer series"
        )
    rate = -float(np.log(slope)) / dt
    rest = (x[1:] - shift - slope * x[:-1]) / np.sqrt(x[:-1])
    volatility = float(rest.std()) * (rate / -np.expm1(-rate * dt) / slope) ** 0.5
    return CoxIngersollRoss(mean=shift / (1.0 - slope), rate=rate, volatility=float(volatility))
