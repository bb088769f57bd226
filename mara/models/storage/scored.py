"""A price whose normal score reverts to its mean: the law that stores and switches are valued on.

Law: ``X(t) = g(m(t) + Y(t))`` with ``Y`` an Ornstein-Uhlenbeck process, ``m`` a seasonal level or
zero, and ``g`` the rising map that takes normal scores to the quantiles of the observed prices. Its
only hidden state is ``Y``, which the price tells, so that it fits on a lattice; and it has the
spikes and the negative prices of the past, which an Ornstein-Uhlenbeck price has not.

Source: normal-score transform as in Weron, Modeling and Forecasting Electricity Loads and Prices
(2006), chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.models.stochastic.base import Law
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.grid import Moments
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.stochastic.quantile_map import MapMaker, QuantileMap
from mara.models.stochastic.seasonal import SeasonalLaw, SeasonalLevel, season_for

if TYPE_CHECKING:
    from mara.models.stochastic.grid import Floats, Grid, Paths
    from mara.models.stochastic.series import PriceSeries

__all__ = ["ScoredPrice"]

_POINTS: Final = 401
_REACH: Final = 8.0
"""Points of the rule by which moments are integrated over the normal law, to `_REACH`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPrice(Law):
    """A price with the observed quantiles, driven by one mean-reverting score.

    Attributes
    ----------
    prices
        ``g``, scores to USD/MWh.
    noise
        ``Y``; its rate is per hour.
    level
        ``m``, in scores; None where the law knows no hour.
    """

    name = "scored"

    prices: QuantileMap
    noise: OrnsteinUhlenbeck
    level: SeasonalLevel | None = None

    @property
    def scores(self) -> Law:
        """The law of the score ``m + Y``."""
        return self.noise if self.level is None else SeasonalLaw(level=self.level, noise=self.noise)

    def moments(self, grid: Grid) -> Moments:
        """Average the map over the normal law of the score, given the price at the start."""
        start = float(self.prices.score(np.array([grid.one_start("ScoredPrice")]))[0])
        scores = self.scores.moments(replace(grid, start=start))
        nodes = np.linspace(-_REACH, _REACH, _POINTS)
        weights = np.exp(-0.5 * nodes**2)
        weights /= weights.sum()
        spread = scores.mean + scores.standard_deviation * nodes[:, None]
        prices = self.prices.price(spread)
        mean = weights @ prices
        return Moments(times=scores.times, mean=mean, variance=weights @ (prices - mean) ** 2)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Walk the scores exactly and map them to prices."""
        self.scores.advance(block, rng, replace(grid, start=self.prices.score(grid.starts)))
        block[:] = self.prices.price(block.astype(np.float64))
        block[:, 0] = grid.starts

    @classmethod
    def calibrate(cls, series: PriceSeries) -> Calibration[ScoredPrice]:
        """Fit the map to the quantiles, the season to the scores, and the score to what is left.

        Raises
        ------
        InvalidValue
            The series has no times.
        SolverFailed
            The scores show no reversion.
        """
        prices = _map_of(series)
        scores = series.with_values(prices.score(series.values))
        level = SeasonalLevel.fitted(scores, season_for(scores))
        return _calibrated(series, prices, level)

    @classmethod
    def calibrate_steady(cls, series: PriceSeries) -> Calibration[ScoredPrice]:
        """Fit the same law without a season: its price is the same Markov chain at every hour.

        Raises
        ------
        SolverFailed
            The scores show no reversion.
        """
        return _calibrated(series, _map_of(series), None)

    def residuals(self, series: PriceSeries) -> Floats:
        """Residuals of the scores."""
        return self.scores.residuals(series.with_values(self.prices.score(series.values)))


def _map_of(series: PriceSeries) -> QuantileMap:
    centre, one = np.zeros(1), np.ones(1)
    return MapMaker.of(series.values, centre, one, one).stretched(0.0)


def _calibrated(
    series: PriceSeries, prices: QuantileMap, level: SeasonalLevel | None
) -> Calibration[ScoredPrice]:
    """Fit ``Y`` to the scores less their level; the likelihood is that of the prices."""
    scores = prices.score(series.values)
    known = 0.0 if level is None else level.at(series.begins, len(series), series.dt)
    found = OrnsteinUhlenbeck.calibrate(series.with_values(scores - known))
    return Calibration(
        law=ScoredPrice(prices=prices, noise=found.law, level=level),
        estimates=found.estimates,
        log_likelihood=found.log_likelihood - float(prices.log_slope(scores[1:]).sum()),
        n_observations=found.n_observations,
        method=f"quantile map of the price, {found.method} of its scores",
    )
