"""Mean reversion with jumps: price spikes that die out.

Law: ``dX = kappa (mu - X) dt + sigma dW + J dN``, N a Poisson process of intensity ``lambda``. The
price itself follows it, not its logarithm, so it may be negative. Over a step d the innovation
``e = X(t+d) - mu - (X(t) - mu) e^{-kappa d}`` is independent of the past, with

``E e^{iue} = exp(-u^2 sigma^2 (1 - e^{-2 kappa d}) / (4 kappa)
              + lambda d (int_0^1 phi_J(u e^{-kappa d s}) ds - 1))``,

so one Fourier transform gives the density of all transitions at once.

Source: Cartea and Figueroa, Applied Mathematical Finance 12 (2005) for the law with normal jumps;
Kou, Management Science 48 (2002) for double-exponential ones; likelihood by Fourier inversion as
in Singleton, Journal of Econometrics 102 (2001).
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from mara.domain.checks import finite, non_negative, positive
from mara.errors import SolverFailed
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.fourier import density_of, log_density_at
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.jumps import DoubleExponentialJumps, NormalJumps, scatter
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck, autoregression
from mara.models.stochastic.outliers import JumpSplit, split_jumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.fourier import Complexes
    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.jumps import JumpSizes
    from mara.models.stochastic.series import PriceSeries

__all__ = ["ExponentialJumpReversion", "JumpReversion", "NormalJumpReversion"]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class JumpReversion(Law):
    """What both kinds of jumps share.

    Attributes
    ----------
    level
        ``mu``, to which the price reverts between jumps, in its unit.
    rate
        ``kappa``, per unit of time.
    volatility
        ``sigma``, unit of the price per square root of the unit of time.
    intensity
        ``lambda``, jumps per unit of time.
    """

    level: float
    rate: float
    volatility: float
    intensity: float

    def __post_init__(self) -> None:
        finite(type(self).__name__, "level", self.level)
        positive(type(self).__name__, "rate", self.rate)
        positive(type(self).__name__, "volatility", self.volatility)
        non_negative(type(self).__name__, "intensity", self.intensity)
        self._sizes()

    @abstractmethod
    def _sizes(self, scale: float = 1.0) -> JumpSizes:
        """Law of the jump sizes, in `scale` units of the price."""

    @classmethod
    @abstractmethod
    def _size_unknowns(cls, begin: JumpSplit) -> tuple[Unknown, ...]:
        """Parameters of the jump sizes."""

    @property
    def _diffusion(self) -> OrnsteinUhlenbeck:
        return OrnsteinUhlenbeck(mean=self.level, rate=self.rate, volatility=self.volatility)

    @property
    def mean(self) -> float:
        """Mean in the long run, ``mu + lambda E J / kappa``."""
        return self.level + self.intensity * self._sizes().mean / self.rate

    def moments(self, grid: Grid) -> Moments:
        """Those of the diffusion, and what the jumps add."""
        plain, sizes = self._diffusion.moments(grid), self._sizes()
        jumped = -self.intensity * np.expm1(-self.rate * grid.times) / self.rate
        double = -self.intensity * np.expm1(-2.0 * self.rate * grid.times) / (2.0 * self.rate)
        return Moments(
            times=plain.times,
            mean=plain.mean + sizes.mean * jumped,
            variance=plain.variance + sizes.mean_square * double,
        )

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Scatter the jumps among the normals, then walk the exact transition."""
        deviation = float(np.sqrt(self._diffusion.transition(np.zeros(1), grid.dt)[1]))
        scatter(
            block,
            rng,
            self._sizes(deviation),
            per_step=self.intensity * grid.dt,
            decay=self.rate * grid.dt,
        )
        self._diffusion.advance(block, rng, grid)

    def innovations(self, x: Floats, dt: float) -> Floats:
        """Values less what their past leads to."""
        decay = self._diffusion.decay(dt)
        gap: Floats = x[1:] - self.level - decay * (x[:-1] - self.level)
        return gap

    def characteristic(self, u: Floats | Complexes, dt: float) -> Complexes:
        """Characteristic function of the innovations of a step."""
        variance = self._diffusion.transition(np.zeros(1), dt)[1]
        sizes = self._sizes()
        ages = np.exp(-self.rate * dt * 0.5 * (1.0 + _NODES))
        jumped = np.zeros(u.size, dtype=np.complex128)
        for weight, age in zip(_WEIGHTS, ages, strict=True):
            jumped += 0.5 * weight * sizes.characteristic(u * age)
        exponent: Complexes = self.intensity * dt * (jumped - 1.0) - 0.5 * variance * u**2
        return np.exp(exponent)

    def _extent(self, dt: float, gaps: Floats) -> dict[str, float]:
        """How narrow the innovations of a step are, and how far the density of `gaps` goes."""
        finest = float(self._diffusion.transition(np.zeros(1), dt)[1]) ** 0.5
        width = float(np.sqrt(self._sizes().mean_square))
        return {"finest": finest, "reach": float(np.abs(gaps).max()) + 4.0 * width}

    def log_density(self, gaps: Floats, dt: float) -> Floats:
        """Logarithm of the density of the innovations of a step."""
        return log_density_at(
            lambda u: self.characteristic(u, dt),
            gaps,
            steepest=self._sizes().steepest,
            **self._extent(dt, gaps),
        )

    @classmethod
    def _made(cls, values: Sequence[float], names: Sequence[str]) -> Self:
        return cls(**dict(zip(names, values, strict=True)))

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the likelihood of the innovations, each density from one Fourier transform."""
        x, dt = series.values, series.dt
        unknowns = (*_reverting(x, dt), *cls._size_unknowns(_split(x)))
        names = [unknown.name for unknown in unknowns]

        def log_likelihood(values: Sequence[float]) -> float:
            law = cls._made(values, names)
            return float(law.log_density(law.innovations(x, dt), dt).sum())

        found = maximise(cls.__name__, log_likelihood, unknowns)
        return Calibration(
            law=cls._made(found.values, names),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=len(series) - 1,
            method="maximum likelihood by Fourier inversion",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Probability integral transform of the innovations."""
        gaps, dt = self.innovations(series.values, series.dt), series.dt
        density = density_of(lambda u: self.characteristic(u, dt), **self._extent(dt, gaps))
        return density.scores(gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalJumpReversion(JumpReversion):
    """Mean reversion with jumps of normal size, in the unit of the price."""

    name: ClassVar[str] = "jumps_normal"

    jump_mean: float
    jump_deviation: float

    def _sizes(self, scale: float = 1.0) -> JumpSizes:
        return NormalJumps(mean=self.jump_mean / scale, deviation=self.jump_deviation / scale)

    @classmethod
    def _size_unknowns(cls, begin: JumpSplit) -> tuple[Unknown, ...]:
        return (
            Unknown(name="jump_mean", start=begin.jump_mean, unit=begin.jump_deviation),
            Unknown(name="jump_deviation", start=begin.jump_deviation, scale=Scale.POSITIVE),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExponentialJumpReversion(JumpReversion):
    """Mean reversion with jumps up (`share_up` of them, mean `jump_up`) and down (`jump_down`)."""

    name: ClassVar[str] = "jumps_exponential"

    share_up: float
    jump_up: float
    jump_down: float

    def _sizes(self, scale: float = 1.0) -> JumpSizes:
        return DoubleExponentialJumps(
            share_up=self.share_up, up=self.jump_up / scale, down=self.jump_down / scale
        )

    @classmethod
    def _size_unknowns(cls, begin: JumpSplit) -> tuple[Unknown, ...]:
        return (
            Unknown(name="share_up", start=begin.share_up, scale=Scale.SHARE),
            Unknown(name="jump_up", start=begin.up, scale=Scale.POSITIVE),
            Unknown(name="jump_down", start=begin.down, scale=Scale.POSITIVE),
        )


def _split(x: Floats) -> JumpSplit:
    slope, shift, _ = autoregression(x)
    return split_jumps(x[1:] - shift - slope * x[:-1])


def _reverting(x: Floats, dt: float) -> tuple[Unknown, ...]:
    """Where the search of the parameters without the sizes begins."""
    slope, begin = autoregression(x)[0], _split(x)
    if not 0.0 < slope < 1.0:
        raise SolverFailed(
            f"JumpReversion: calibration found no reversion: each value is {slope:.4g} times the "
            "one before, where 0 to 1 means reversion; give a longer series"
        )
    rate = -float(np.log(slope)) / dt
    volatility = begin.deviation * (2.0 * rate / -np.expm1(-2.0 * rate * dt)) ** 0.5
    return (
        Unknown(name="level", start=float(np.median(x)), unit=begin.deviation),
        Unknown(name="rate", start=rate, scale=Scale.POSITIVE),
        Unknown(name="volatility", start=float(volatility), scale=Scale.POSITIVE),
        Unknown(name="intensity", start=begin.count / (x.size * dt), scale=Scale.POSITIVE),
    )
