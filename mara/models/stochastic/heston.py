"""Heston's stochastic volatility: a positive price whose variance reverts.

Law: ``dS = mu S dt + sqrt(v) S dW``, ``dv = kappa (theta - v) dt + xi sqrt(v) dB``, with correlation
``rho`` of W and B. The variance goes by its exact transition (Cox, Ingersoll and Ross); given the
variance at both ends of a step, the log return is normal, the integral of v over the step taken by
the trapezium (Broadie and Kaya, Operations Research 54 (2006), equation 5, so simplified).

The variance is not seen. The likelihood sums over it on a grid: a hidden Markov chain whose
transition is that of the variance and whose density of a return is the normal above (Kitagawa,
Journal of the American Statistical Association 82 (1987)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, Self

import numpy as np
from scipy.special import gammaincinv, ndtr

from mara.domain.checks import finite, positive, within
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.cox_ingersoll_ross import CoxIngersollRoss
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.geometric_brownian import positive_start, positive_starts
from mara.models.stochastic.grid import Moments, Precision
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["Heston"]

_STATES: Final = 40
"""Levels of the variance on which the likelihood sums."""

_TAIL: Final = 1e-4
"""Probability left out at either end of those levels."""

_SUBSTEPS: Final = 16
_EXPLODED: Final = 1e8


@dataclass(frozen=True, slots=True, kw_only=True)
class Heston(Law):
    """A positive price with a variance of its own.

    Attributes
    ----------
    drift
        ``mu``, per unit of time.
    variance, rate, volatility
        ``theta``, ``kappa`` and ``xi`` of the variance (per unit of time), which starts at
        ``theta``.
    correlation
        ``rho``, of price and variance.
    """

    name: ClassVar[str] = "heston"
    signed: ClassVar[bool] = False

    drift: float
    variance: float
    rate: float
    volatility: float
    correlation: float

    def __post_init__(self) -> None:
        finite("Heston", "drift", self.drift)
        for field in ("variance", "rate", "volatility"):
            positive("Heston", field, getattr(self, field))
        within("Heston", "correlation", self.correlation, -0.999, 0.999)

    @property
    def hidden(self) -> CoxIngersollRoss:
        """Law of the variance."""
        return CoxIngersollRoss(mean=self.variance, rate=self.rate, volatility=self.volatility)

    def moments(self, grid: Grid) -> Moments:
        """Mean ``S e^{mu t}``, and the second moment by its Riccati equations.

        The variance is infinite from the time at which the second moment explodes (Andersen and
        Piterbarg, Finance and Stochastics 11 (2007)).
        """
        mean = positive_start("Heston", grid) * np.exp(self.drift * grid.times)
        with np.errstate(over="ignore"):
            variance = mean**2 * np.expm1(self._log_square(grid))
        return Moments(times=grid.times, mean=mean, variance=variance)

    def _log_square(self, grid: Grid) -> Floats:
        """Logarithm of ``E (S_t / E S_t)^2 = exp(A + B theta)``.

        ``B' = 1 + (2 rho xi - kappa) B + xi^2 B^2 / 2`` and ``A' = kappa theta B``, by classical
        Runge-Kutta steps.
        """
        linear, square = 2.0 * self.correlation * self.volatility - self.rate, self.volatility**2

        def slope(b: float) -> float:
            return 1.0 + linear * b + 0.5 * square * b * b

        h = grid.dt / _SUBSTEPS
        a = b = 0.0
        found = [0.0]
        for step in range(1, grid.n_steps * _SUBSTEPS + 1):
            if b < _EXPLODED:
                first = slope(b)
                second = slope(b + 0.5 * h * first)
                third = slope(b + 0.5 * h * second)
                after = b + h / 6.0 * (first + 2.0 * (second + third) + slope(b + h * third))
                a += 0.5 * h * self.rate * self.variance * (b + after)
                b = after
            if step % _SUBSTEPS == 0:
                found.append(a + b * self.variance if b < _EXPLODED else np.inf)
        return np.array(found)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Walk the variance exactly with normals of its own; the block's drive the price."""
        starts = positive_starts("Heston", grid)
        hidden = rng.standard_normal(block.shape)
        of_variance = replace(grid, start=self.variance, precision=Precision.DOUBLE)
        self.hidden.advance(hidden, rng, of_variance)
        mean, variance = self.return_law(hidden[:, :-1], hidden[:, 1:], grid.dt)
        returns = mean + np.sqrt(variance) * block[:, 1:]
        block[:, 0] = starts
        block[:, 1:] = starts[:, None] * np.exp(np.cumsum(returns, axis=1))

    def return_law(self, before: Floats, after: Floats, dt: float) -> tuple[Floats, Floats]:
        """Mean and variance of a log return, given the variance at both ends of its step."""
        integral = 0.5 * dt * (before + after)
        pulled = after - before - self.rate * (self.variance * dt - integral)
        mean = self.drift * dt - 0.5 * integral + self.correlation / self.volatility * pulled
        return mean, (1.0 - self.correlation**2) * integral

    def chain(self, dt: float) -> tuple[Floats, Floats, Floats]:
        """Levels of the variance, the odds of going from each to each, and those at the start."""
        law = self.hidden
        shape = 0.5 * law.degrees
        ends = gammaincinv(shape, np.array([_TAIL, 1.0 - _TAIL])) * self.variance / shape
        low, high = np.sqrt(np.maximum(ends, 1e-9 * self.variance)).tolist()
        roots = np.linspace(low, high, _STATES)
        levels = roots**2
        start, end = np.repeat(levels, _STATES), np.tile(levels, _STATES)
        density = np.exp(law.log_density_between(start, end, dt)).reshape(_STATES, _STATES)
        odds = density * roots + 1e-12
        odds /= odds.sum(axis=1, keepdims=True)
        first = np.exp(shape * np.log(levels) - shape * levels / self.variance)
        first = first / roots
        return levels, odds, first / first.sum()

    def filtered(self, returns: Floats, dt: float) -> tuple[Floats, Floats]:
        """Logarithm of the density of each return, and the odds of each level before it."""
        from mara.models.stochastic.kernels import hidden_chain  # noqa: PLC0415 - numba loads slowly

        levels, odds, first = self.chain(dt)
        mean, variance = self.return_law(levels[:, None], levels[None, :], dt)
        found: tuple[Floats, Floats] = hidden_chain(returns, odds, mean, np.sqrt(variance), first)
        return found

    @classmethod
    def _made(cls, values: Sequence[float]) -> Self:
        drift, variance, rate, volatility, correlation = values
        return cls(
            drift=drift,
            variance=variance,
            rate=rate,
            volatility=volatility,
            correlation=correlation,
        )

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the likelihood with the variance summed out on a grid."""
        returns, dt = np.diff(np.log(series.need_positive(cls.__name__))), series.dt
        jacobian = float(np.log(series.values[1:]).sum())

        def log_likelihood(values: Sequence[float]) -> float:
            return float(cls._made(values).filtered(returns, dt)[0].sum()) - jacobian

        found = maximise(cls.__name__, log_likelihood, _unknowns(returns, dt))
        return Calibration(
            law=cls._made(found.values),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=returns.size,
            method=f"maximum likelihood, the variance summed over {_STATES} levels",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Probability integral transform of the log returns, mixed by the filtered odds."""
        returns = np.diff(np.log(series.need_positive("Heston")))
        levels, odds, _ = self.chain(series.dt)
        mean, variance = self.return_law(levels[:, None], levels[None, :], series.dt)
        before = self.filtered(returns, series.dt)[1]
        below, above = np.empty(returns.size), np.empty(returns.size)
        for t, (value, weights) in enumerate(zip(returns, before, strict=True)):
            z = (value - mean) / np.sqrt(variance)
            joint = weights[:, None] * odds
            below[t], above[t] = (joint * ndtr(z)).sum(), (joint * ndtr(-z)).sum()
        return normal_scores(below, above)


def _unknowns(returns: Floats, dt: float) -> tuple[Unknown, ...]:
    """Where the search begins: a variance that reverts within a twentieth of the series."""
    variance = float(returns.var()) / dt
    horizon = returns.size * dt
    rate = 20.0 / horizon + 0.02 / dt
    excess = float(np.mean((returns - returns.mean()) ** 4) / returns.var() ** 2 - 3.0)
    spread = float(np.clip(excess / 3.0, 0.05, 1.0))
    return (
        Unknown(
            name="drift",
            start=float(returns.mean()) / dt + 0.5 * variance,
            unit=float(np.sqrt(variance / horizon)),
        ),
        Unknown(name="variance", start=variance, scale=Scale.POSITIVE),
        Unknown(name="rate", start=rate, scale=Scale.POSITIVE),
        Unknown(
            name="volatility",
            start=float(np.sqrt(2.0 * rate * variance * spread)),
            scale=Scale.POSITIVE,
        ),
        Unknown(name="correlation", start=0.0, unit=0.2),
    )
