"""The tail and the daily cycle of the score law, matched to the median simulated series.

The simulation's normals are always the same ones, so that a calibration depends on its series
alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import brentq

from mara.models.stochastic.calibration import NORMAL_95, Estimate
from mara.models.stochastic.grid import Floats, Grid
from mara.models.stochastic.quantile_map import MapMaker, QuantileMap

if TYPE_CHECKING:
    from mara.models.stochastic.score_reversion import ScoreReversion
    from mara.models.stochastic.series import PriceSeries

__all__ = ["match_median"]

_CELLS: Final = 3_600_000
"""Values simulated: a hundred years of quarter hours."""

_MOST_SERIES: Final = 200
_ROUNDS: Final = 2
_TAILS: Final = (-0.15, 0.15)
_MORE_CYCLE: Final = 0.4
"""Most that the share of the cycle may lie above what the scores themselves say."""

_PROBE: Final = 0.05
_IDENTITY: Final = QuantileMap(scores=(-50.0, 50.0), prices=(-50.0, 50.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Trial:
    """Simulated scores of one law, and what prices they make through a map."""

    scores: Floats
    lag: int

    def prices(self, made: QuantileMap) -> Floats:
        return np.asarray(made.price(self.scores))

    def means(self, made: QuantileMap) -> Floats:
        """Mean price of each series."""
        return np.asarray(self.prices(made).mean(axis=1))

    def daily(self, made: QuantileMap) -> Floats:
        """Autocorrelation at one day of each series."""
        return np.array([_lagged(row, self.lag) for row in self.prices(made)])


def match_median(
    series: PriceSeries, draft: ScoreReversion, maps: MapMaker
) -> tuple[ScoreReversion, tuple[Estimate, ...]]:
    """Find the tail and the share of the cycle whose median series is like `series`.

    Parameters
    ----------
    series
        The prices.
    draft
        The law with an unstretched map.
    maps
        Makes the map with a given tail.
    """
    lag = round(24.0 / series.dt)
    first = cycle = draft.latent.cycle
    tail = 0.0
    wanted = _lagged(series.values, lag)
    slope = 1.0
    for _ in range(_ROUNDS):
        made = maps.stretched(tail)
        here = _simulated(series, draft, cycle, lag)
        there = _simulated(series, draft, min(cycle + _PROBE, 0.9), lag)
        daily = here.daily(made)
        slope = max(0.1, float(np.median(there.daily(made)) - np.median(daily)) / _PROBE)
        step = (wanted - float(np.median(daily))) / slope
        cycle = float(np.clip(cycle + step, first, first + _MORE_CYCLE))
        tail = _tail(_simulated(series, draft, cycle, lag), float(series.values.mean()), maps)
    last = _simulated(series, draft, cycle, lag)
    law = replace(draft, latent=replace(draft.latent, cycle=cycle), prices=maps.stretched(tail))
    errors = _errors(last, tail, maps, slope)
    return law, (
        _estimate("cycle", cycle, errors[0]),
        _estimate("tail", tail, errors[1]),
    )


def _simulated(series: PriceSeries, draft: ScoreReversion, cycle: float, lag: int) -> _Trial:
    """Simulate scores: prices of the identity map."""
    law = replace(draft, latent=replace(draft.latent, cycle=cycle), prices=_IDENTITY)
    grid = Grid(
        n_paths=int(np.clip(_CELLS // len(series), 20, _MOST_SERIES)),
        n_steps=len(series) - 1,
        dt=series.dt,
        start=float(draft.prices.score(series.values[:1])[0]),
        begins=series.begins,
    )
    rng = np.random.Generator(np.random.PCG64(0))
    return _Trial(scores=np.asarray(law.simulate(rng, grid), dtype=np.float64), lag=lag)


def _tail(trial: _Trial, wanted: float, maps: MapMaker) -> float:
    """Find the tail at which the median of the means is `wanted`, or the nearest bound."""

    def miss(tail: float) -> float:
        return float(np.median(trial.means(maps.stretched(tail)))) - wanted

    low, high = _TAILS
    if miss(low) >= 0.0:
        return low
    if miss(high) <= 0.0:
        return high
    return float(brentq(miss, low, high, xtol=1e-4))


def _errors(trial: _Trial, tail: float, maps: MapMaker, slope: float) -> tuple[float, float]:
    """Spread of each statistic over the slope of its median: errors of cycle and tail."""
    made = maps.stretched(tail)
    rise = np.median(trial.means(maps.stretched(tail + 0.02))) - np.median(trial.means(made))
    means, daily = trial.means(made), trial.daily(made)
    return float(daily.std()) / slope, float(means.std()) * 0.02 / max(float(rise), 1e-12)


def _estimate(name: str, value: float, error: float) -> Estimate:
    reach = NORMAL_95 * error
    return Estimate(
        name=name, value=value, standard_error=error, low=value - reach, high=value + reach
    )


def _lagged(values: Floats, lag: int) -> float:
    gap = values - values.mean()
    return float(gap[:-lag] @ gap[lag:] / (gap @ gap))
