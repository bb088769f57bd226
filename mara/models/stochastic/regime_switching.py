"""Two regimes of mean reversion: calm prices and spikes.

Law: a hidden state switches between calm and spike with probabilities ``1 - e^{-a d}`` and
``1 - e^{-b d}`` a step; in state k the price goes by the exact transition of its own
Ornstein-Uhlenbeck process, ``X' ~ N(mu_k + (X - mu_k) e^{-kappa_k d}, v_k(d))``. The price itself
follows it, so it may be negative.

Source: Hamilton, Econometrica 57 (1989) for the filter; Huisman and Mahieu, Energy Economics 25
(2003) for regimes of electricity prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from scipy.special import ndtr

from mara.domain.checks import positive
from mara.errors import SolverFailed
from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck, autoregression
from mara.models.stochastic.outliers import split_jumps
from mara.models.stochastic.uniforms import normal_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["RegimeSwitching"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeSwitching(Law):
    """A calm and a spike regime.

    Attributes
    ----------
    calm_mean, calm_rate, calm_volatility
        Of the calm Ornstein-Uhlenbeck process: unit of the price, per unit of time, and unit of
        the price per root of it.
    spike_mean, spike_rate, spike_volatility
        Of the spike's.
    spike_onset
        ``a``: spikes per unit of calm time.
    spike_end
        ``b``: ends per unit of spike time; a spike lasts ``1 / b`` on average.
    """

    name: ClassVar[str] = "regimes"

    calm_mean: float
    calm_rate: float
    calm_volatility: float
    spike_mean: float
    spike_rate: float
    spike_volatility: float
    spike_onset: float
    spike_end: float

    def __post_init__(self) -> None:
        positive("RegimeSwitching", "spike_onset", self.spike_onset)
        positive("RegimeSwitching", "spike_end", self.spike_end)
        self.regimes()

    def regimes(self) -> tuple[OrnsteinUhlenbeck, OrnsteinUhlenbeck]:
        """Give the processes of both regimes, the calm one first."""
        return (
            OrnsteinUhlenbeck(
                mean=self.calm_mean, rate=self.calm_rate, volatility=self.calm_volatility
            ),
            OrnsteinUhlenbeck(
                mean=self.spike_mean, rate=self.spike_rate, volatility=self.spike_volatility
            ),
        )

    @property
    def share_of_spikes(self) -> float:
        """Share of time in the spike regime, in the long run."""
        return self.spike_onset / (self.spike_onset + self.spike_end)

    def switching(self, dt: float) -> Floats:
        """Probabilities of the next state (column) from each state (row)."""
        up, down = -np.expm1(-self.spike_onset * dt), -np.expm1(-self.spike_end * dt)
        return np.array([[1.0 - up, up], [down, 1.0 - down]])

    def _steps(self, dt: float) -> Floats:
        """Intercept, slope and standard deviation of a step, a row for each regime."""
        rows = []
        for regime in self.regimes():
            decay, variance = regime.decay(dt), regime.transition(np.zeros(1), dt)[1]
            rows.append((regime.mean * (1.0 - decay), decay, variance**0.5))
        return np.array(rows)

    def _odds(self, dt: float) -> Floats:
        """Long-run odds of the states of the chain of steps."""
        switch = self.switching(dt)
        leaving = np.array([switch[1, 0], switch[0, 1]])
        return np.asarray(leaving / leaving.sum())

    def moments(self, grid: Grid) -> Moments:
        """Recurse the odds, first and second moments by state; the start's state has long-run odds."""
        start, step = grid.one_start("RegimeSwitching"), self._steps(grid.dt)
        switch, odds = self.switching(grid.dt), self._odds(grid.dt)
        first, second = odds * start, odds * start**2
        means, squares = [start], [start**2]
        shift, decay, deviation = step.T
        for _ in range(grid.n_steps):
            odds, once, twice = odds @ switch, first @ switch, second @ switch
            first = shift * odds + decay * once
            second = (shift**2 + deviation**2) * odds + 2.0 * shift * decay * once
            second = second + decay**2 * twice
            means.append(float(first.sum()))
            squares.append(float(second.sum()))
        mean = np.array(means)
        variance = np.maximum(np.array(squares) - mean**2, 0.0)
        return Moments(times=grid.times, mean=mean, variance=variance)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Draw the states, and walk each step by the regime that it ends in."""
        from mara.models.stochastic.kernels import walk_regimes  # noqa: PLC0415 - numba loads slowly

        uniforms = rng.random(block.shape)
        odds, switch = self._odds(grid.dt), self.switching(grid.dt)
        walk_regimes(
            block, uniforms, grid.starts, self._steps(grid.dt), np.vstack([odds, switch])[:, 1]
        )

    def filtered(self, x: Floats, dt: float) -> tuple[Floats, Floats]:
        """Odds of the spike regime before each transition, and logarithm of each density."""
        from mara.models.stochastic.kernels import hamilton  # noqa: PLC0415 - numba loads slowly

        found: tuple[Floats, Floats] = hamilton(
            x, self._steps(dt), self.switching(dt), float(self._odds(dt)[1])
        )
        return found

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[Self]:
        """Maximise the likelihood of Hamilton's filter, from a split at the spikes."""
        x, dt = series.values, series.dt
        unknowns = _unknowns(x, dt)
        names = [unknown.name for unknown in unknowns]

        def log_likelihood(values: Sequence[float]) -> float:
            law = cls(**dict(zip(names, values, strict=True)))
            return float(law.filtered(x, dt)[1].sum())

        found = maximise(cls.__name__, log_likelihood, unknowns)
        return Calibration(
            law=cls(**dict(zip(names, found.values, strict=True))),
            estimates=found.estimates,
            log_likelihood=found.log_likelihood,
            n_observations=len(series) - 1,
            method="maximum likelihood by Hamilton's filter",
        )

    def residuals(self, series: PriceSeries) -> Floats:
        """Probability integral transform of each transition, mixed by the filtered odds."""
        x, odds = series.values, self.filtered(series.values, series.dt)[0]
        shift, decay, deviation = self._steps(series.dt).T
        z = (x[1:, None] - shift - decay * x[:-1, None]) / deviation
        weights = np.stack([1.0 - odds, odds], axis=1)
        below, above = (weights * ndtr(z)).sum(axis=1), (weights * ndtr(-z)).sum(axis=1)
        return normal_scores(below, above)


def _unknowns(x: Floats, dt: float) -> tuple[Unknown, ...]:
    """Where the search begins: changes beyond 3.5 robust deviations are taken for spikes."""
    slope, shift, _ = autoregression(x)
    if not 0.0 < slope < 1.0:
        raise SolverFailed(
            f"RegimeSwitching: calibration found no reversion: each value is {slope:.4g} times the "
            "one before, where 0 to 1 means reversion; give a longer series"
        )
    rest = x[1:] - shift - slope * x[:-1]
    split = split_jumps(rest)
    rate = -float(np.log(slope)) / dt
    root = float(np.sqrt(dt))
    far = x[1:][np.abs(rest - np.median(rest)) > 3.5 * split.deviation]
    spike = float(far.mean()) if far.size else float(np.quantile(x, 0.98))
    often = min(0.2, split.count / x.size)
    return (
        Unknown(name="calm_mean", start=float(np.median(x)), unit=split.deviation),
        Unknown(name="calm_rate", start=rate, scale=Scale.POSITIVE),
        Unknown(name="calm_volatility", start=split.deviation / root, scale=Scale.POSITIVE),
        Unknown(name="spike_mean", start=spike, unit=split.jump_deviation),
        Unknown(name="spike_rate", start=0.5 / dt, scale=Scale.POSITIVE),
        Unknown(
            name="spike_volatility", start=1.2 * split.jump_deviation / root, scale=Scale.POSITIVE
        ),
        Unknown(name="spike_onset", start=often / dt, scale=Scale.POSITIVE),
        Unknown(name="spike_end", start=0.4 / dt, scale=Scale.POSITIVE),
    )
