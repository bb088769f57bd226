"""Mean reversion of the price's normal score: spikes, negative prices and clusters as they are.

Law: ``X(t) = g(m(t) + low(t) min(Z, 0) + high(t) max(Z, 0))`` with ``Z`` the latent score of
`latent_score`, ``m``, ``ln low`` and ``ln high`` seasonal levels, and ``g`` a rising map that gives
the pooled scores the quantiles of the prices. No logarithm of a price is taken.

Source: normal-score transform as in Weron, Modeling and Forecasting Electricity Loads and Prices
(2006), chapter 4, with the season inside the transform; the two-piece width is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mara.models.stochastic.base import Law
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.latent_score import LatentScore
from mara.models.stochastic.quantile_map import QuantileMap
from mara.models.stochastic.seasonal import SeasonalLevel, day_angle

if TYPE_CHECKING:
    from datetime import datetime

    from mara.models.stochastic.calibration import Calibration
    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["ScoreReversion"]

_QUADRATURE = 400
"""Points of the rule by which moments are integrated over the normal law, to `_REACH`."""

_REACH = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreReversion(Law):
    """A price with the marginal law and the season of a real one; the unit of time is the hour.

    Attributes
    ----------
    centre, log_low, log_high
        ``m``, ``ln low`` and ``ln high``.
    latent
        Law of ``Z``.
    prices
        ``g``.
    """

    name: ClassVar[str] = "score_ou"

    centre: SeasonalLevel
    log_low: SeasonalLevel
    log_high: SeasonalLevel
    latent: LatentScore
    prices: QuantileMap

    def widths(self, begins: datetime | None, n: int, dt: float) -> tuple[Floats, Floats, Floats]:
        """Give ``m``, ``low`` and ``high`` at `n` intervals."""
        levels = (self.centre, self.log_low, self.log_high)
        centre, low, high = (level.at(begins, n, dt) for level in levels)
        return centre, np.exp(low), np.exp(high)

    def cycle(self, begins: datetime | None, n: int, dt: float) -> tuple[Floats, Floats]:
        """Cosine and sine of the local clock's angle."""
        return day_angle(begins, n, dt=dt, zone=self.centre.zone)

    def latent_of(self, values: Floats, begins: datetime | None, dt: float) -> Floats:
        """Give the latent scores behind prices, shape (n,)."""
        centre, low, high = self.widths(begins, values.size, dt)
        gap = self.prices.score(values) - centre
        return np.where(gap < 0.0, gap / low, gap / high)

    def _price(self, z: Floats, widths: tuple[Floats, Floats, Floats]) -> Floats:
        centre, low, high = widths
        return self.prices.price(centre + np.where(z < 0.0, low, high) * z)

    def moments(self, grid: Grid) -> Moments:
        """Average the map over the normal law of the score, given the score at the start."""
        start = np.array([grid.one_start("ScoreReversion")])
        z0 = float(self.latent_of(start, grid.begins, grid.dt)[0])
        kept = self.latent.autocorrelation(grid.times)
        nodes = np.linspace(-_REACH, _REACH, _QUADRATURE)
        weights = np.exp(-0.5 * nodes**2)
        weights /= weights.sum()
        z = kept * z0 + np.sqrt(1.0 - kept**2) * nodes[:, None]
        prices = self._price(z, self.widths(grid.begins, grid.n_steps + 1, grid.dt))
        mean = weights @ prices
        return Moments(times=grid.times, mean=mean, variance=weights @ (prices - mean) ** 2)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Walk the score's parts exactly and map their sum to prices."""
        n = grid.n_steps + 1
        first = self.widths(grid.begins, 1, grid.dt)
        gap = self.prices.score(grid.starts) - first[0]
        start = np.where(gap < 0.0, gap / first[1], gap / first[2])
        loadings = self.latent.loadings(*self.cycle(grid.begins, n, grid.dt))
        normals = block.astype(np.float64)
        z = self.latent.walked(start, normals, rng, loadings, grid.dt)
        block[:] = self._price(z, self.widths(grid.begins, n, grid.dt))
        block[:, 0] = grid.starts

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[ScoreReversion]:
        """Fit season, map and latent score; then the median simulated year to the series."""
        from mara.models.stochastic.score_fit import fit_score_reversion  # noqa: PLC0415 - a cycle

        return fit_score_reversion(series)

    def residuals(self, series: PriceSeries) -> Floats:
        """Give the innovations of the latent score over their standard deviations."""
        z = self.latent_of(series.values, series.begins, series.dt)
        cos, sin = self.cycle(series.begins, len(series), series.dt)
        gap, variance = self.latent.innovations(z, cos, sin, series.dt)
        return np.asarray(gap / np.sqrt(variance))[1:]
