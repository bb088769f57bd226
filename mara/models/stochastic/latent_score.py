"""A stationary normal score: noise, a usual and a slow reversion, and a daily cycle that drifts.

Law: ``Z = sqrt(1 - c) (sqrt(n) N + sqrt((1 - n)(1 - s)) F + sqrt((1 - n) s) S) + sqrt(c) (A cos h +
B sin h)`` with N, F, S, A, B independent unit Ornstein-Uhlenbeck processes and h the angle of the
local clock. Z has mean 0, variance 1, and an autocorrelation that is the sum of the parts'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain.checks import positive, within

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats

__all__ = ["LatentScore"]

_HOURS_A_DAY: Final = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatentScore:
    """Shares of the variance and rates per hour.

    Attributes
    ----------
    cycle
        ``c``, share of the daily cycle.
    noise
        ``n``, share of the noise in the rest.
    slow
        ``s``, share of the slow reversion in what both leave.
    rate_noise, rate_usual, rate_slow, rate_cycle
        Rates of N, F, S, and of A and B.
    """

    cycle: float
    noise: float
    slow: float
    rate_noise: float
    rate_usual: float
    rate_slow: float
    rate_cycle: float

    def __post_init__(self) -> None:
        for field in ("cycle", "noise", "slow"):
            within("LatentScore", field, getattr(self, field), 0.0, 1.0)
        for field in ("rate_noise", "rate_usual", "rate_slow", "rate_cycle"):
            positive("LatentScore", field, getattr(self, field))

    @property
    def weights(self) -> Floats:
        """Square roots of the shares of N, F, S, A and B."""
        rest, both = 1.0 - self.cycle, (1.0 - self.cycle) * (1.0 - self.noise)
        shares = (rest * self.noise, both * (1.0 - self.slow), both * self.slow)
        return np.sqrt([*shares, self.cycle, self.cycle])

    @property
    def rates(self) -> Floats:
        """Rates of N, F, S, A and B."""
        own = (self.rate_noise, self.rate_usual, self.rate_slow)
        return np.array([*own, self.rate_cycle, self.rate_cycle])

    def loadings(self, cos: Floats, sin: Floats) -> Floats:
        """Weights of the parts in Z at each interval, shape (n, 5)."""
        ones = np.ones_like(cos)
        return np.stack([ones, ones, ones, cos, sin], axis=1) * self.weights

    def autocorrelation(self, hours: Floats) -> Floats:
        """Autocorrelation of Z over times in hours."""
        left = np.exp(-np.outer(hours, self.rates[:4]))
        left[:, 3] *= np.cos(2.0 * np.pi * hours / _HOURS_A_DAY)
        return left @ self.weights[:4] ** 2

    def innovations(self, z: Floats, cos: Floats, sin: Floats, dt: float) -> tuple[Floats, Floats]:
        """Filter a series of scores: innovations and their variances (Kalman 1960)."""
        from mara.models.stochastic.kernels import filtered  # noqa: PLC0415 - numba loads slowly

        decays = np.exp(-dt * self.rates)
        found: tuple[Floats, Floats] = filtered(z, self.loadings(cos, sin), decays)
        return found

    def log_likelihood(self, z: Floats, cos: Floats, sin: Floats, dt: float) -> float:
        """Logarithm of the density of a series of scores."""
        gap, variance = self.innovations(z, cos, sin, dt)
        return -0.5 * float((np.log(2.0 * np.pi * variance) + gap**2 / variance).sum())

    def walked(
        self, start: Floats, normals: Floats, rng: np.random.Generator, loadings: Floats, dt: float
    ) -> Floats:
        """Continue scores from `start`, shape (n_paths, n_steps + 1).

        Parameters
        ----------
        start
            Scores at step 0, shape (n_paths,); the parts are drawn conditioned on their sum.
        normals
            Shape (n_paths, n_steps + 1): column j is the whole of Z's innovation of step j, so that
            whoever gives the normals drives the path; the generator splits it among the parts.
        loadings
            Of steps 0 to n_steps, shape (n_steps + 1, 5).
        """
        from mara.models.stochastic.kernels import walk_parts  # noqa: PLC0415 - numba loads slowly

        shocks = rng.standard_normal((*normals.shape, self.rates.size))
        whole = normals.copy()
        whole[:, 0] = start
        walk_parts(whole, shocks, loadings, np.exp(-dt * self.rates))
        return whole
