"""Calibration of the score law: season, map, latent score, then the median simulated year.

1. Normal scores of the prices; centre and two-piece widths by penalised maximum likelihood.
2. The map that gives the pooled scores the quantiles of the prices.
3. Shares and rates of the latent score by maximum likelihood (Kalman filter).
4. A tail and a share of the daily cycle such that over simulated series of the same length the
   median of the mean, and of the autocorrelation at one day, are those observed. Spikes are few
   and come in clusters, so that one observed mean lies below the law's more often than above:
   without this step the median year would be cheaper than the one it was fitted to
   (median-unbiased estimation, Andrews, Econometrica 61 (1993)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import rankdata

from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic.calibration import Calibration
from mara.models.stochastic.estimation import Scale, Unknown, maximise
from mara.models.stochastic.latent_score import LatentScore
from mara.models.stochastic.quantile_map import MapMaker
from mara.models.stochastic.score_match import match_median
from mara.models.stochastic.score_reversion import ScoreReversion
from mara.models.stochastic.seasonal import Season, SeasonalLevel, season_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.models.stochastic.estimation import Found
    from mara.models.stochastic.grid import Floats
    from mara.models.stochastic.series import PriceSeries

__all__ = ["fit_score_reversion"]

_RIDGE: Final = 5.0
"""Penalty on squared coefficients of the logarithms of the widths."""

_SCALES: Final = {
    "cycle": Scale.SHARE,
    "noise": Scale.SHARE,
    "slow": Scale.SHARE,
    "rate_noise": Scale.POSITIVE,
    "rate_usual": Scale.POSITIVE,
    "rate_slow": Scale.POSITIVE,
    "rate_cycle": Scale.POSITIVE,
}
_BEGIN: Final = (0.1, 0.02, 0.2, 8.0, 0.2, 0.02, 0.01)
"""Where the search of the latent score's shares and rates begins; rates per hour."""

_DAYS: Final = 14.0
"""Least length of a series."""


def fit_score_reversion(series: PriceSeries) -> Calibration[ScoreReversion]:
    """Calibrate the law; see the steps above.

    Raises
    ------
    InvalidValue
        The series has no times, or spans less than two weeks.
    SolverFailed
        A search did not converge.
    """
    days = len(series) * series.dt / 24.0
    if days < _DAYS:
        raise InvalidValue(
            f"ScoreReversion: the series spans {days:.3g} days; give at least {_DAYS:.0f}"
        )
    shape = _fit_shape(series)
    maps = shape.map_of(series)
    draft, found = _fit_latent(series, shape, maps)
    law, matched = match_median(series, draft, maps)
    likelihood = found.log_likelihood + _jacobian(series, draft)
    kept = tuple(e for e in found.estimates if e.name != "cycle")
    return Calibration(
        law=law,
        estimates=(*kept, *matched),
        log_likelihood=likelihood,
        n_observations=len(series) - 1,
        method="maximum likelihood of normal scores, median year matched by simulation",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """Season of the scores."""

    centre: SeasonalLevel
    log_low: SeasonalLevel
    log_high: SeasonalLevel

    def map_of(self, series: PriceSeries) -> MapMaker:
        """Prepare the maps of the prices for these widths."""
        centre, low, high = (
            level.at(series.begins, len(series), series.dt)
            for level in (self.centre, self.log_low, self.log_high)
        )
        return MapMaker.of(series.values, centre, np.exp(low), np.exp(high))


def _fit_shape(series: PriceSeries) -> _Shape:
    """Fit centre and widths of the normal scores by penalised maximum likelihood."""
    season = season_for(series)
    coarse = Season(annual=min(season.annual, 1), daily=min(season.daily, 2))
    scores = ndtri((rankdata(series.values) - 0.5) / len(series))
    designs = [
        one.design(series.begins, len(series), dt=series.dt, zone=series.zone)
        for one in (season, coarse)
    ]
    centre, low, high = _two_piece(scores, *designs)
    return _Shape(
        centre=_level(season, centre, series),
        log_low=_level(coarse, low, series),
        log_high=_level(coarse, high, series),
    )


def _level(season: Season, coefficients: Floats, series: PriceSeries) -> SeasonalLevel:
    return SeasonalLevel(season=season, coefficients=tuple(coefficients.tolist()), zone=series.zone)


def _two_piece(scores: Floats, fine: Floats, coarse: Floats) -> tuple[Floats, Floats, Floats]:
    """Maximise the likelihood of the two-piece normal law; its gradient is in closed form."""
    cuts = np.cumsum([fine.shape[1], coarse.shape[1]])

    def cost(theta: Floats) -> tuple[float, Floats]:
        middle, low, high = np.split(theta, cuts)
        return _two_piece_cost(scores, fine, coarse, (middle, low, high))

    begin = np.linalg.lstsq(fine, scores, rcond=None)[0]
    start = np.concatenate([begin, np.zeros(2 * coarse.shape[1])])
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 2_000})
    if not found.success:
        raise SolverFailed(f"ScoreReversion: calibration of the season failed: {found.message}")
    middle, low, high = np.split(np.asarray(found.x), cuts)
    return middle, low, high


def _two_piece_cost(
    scores: Floats, fine: Floats, coarse: Floats, theta: tuple[Floats, Floats, Floats]
) -> tuple[float, Floats]:
    middle, low, high = theta
    gap = scores - fine @ middle
    below, above = np.exp(coarse @ low), np.exp(coarse @ high)
    z_low, z_high = np.minimum(gap, 0.0) / below, np.maximum(gap, 0.0) / above
    total = below + above
    penalty = 0.5 * _RIDGE * float(low @ low + high @ high)
    value = 0.5 * float(z_low @ z_low + z_high @ z_high) + float(np.log(0.5 * total).sum())
    slope = (
        -(fine.T @ (z_low / below + z_high / above)),
        coarse.T @ (below / total - z_low**2) + _RIDGE * low,
        coarse.T @ (above / total - z_high**2) + _RIDGE * high,
    )
    return value + penalty, np.concatenate(slope)


def _fit_latent(series: PriceSeries, shape: _Shape, maps: MapMaker) -> tuple[ScoreReversion, Found]:
    """Find shares and rates of the latent score by maximum likelihood."""
    draft = ScoreReversion(
        centre=shape.centre,
        log_low=shape.log_low,
        log_high=shape.log_high,
        latent=_latent(_BEGIN),
        prices=maps.stretched(0.0),
    )
    z = draft.latent_of(series.values, series.begins, series.dt)
    cos, sin = draft.cycle(series.begins, len(series), series.dt)

    def log_likelihood(values: Sequence[float]) -> float:
        return _latent(values).log_likelihood(z, cos, sin, series.dt)

    unknowns = [
        Unknown(name=name, start=start, scale=scale, may_stay_open=name == "rate_noise")
        for (name, scale), start in zip(_SCALES.items(), _BEGIN, strict=True)
    ]
    found = maximise("ScoreReversion", log_likelihood, unknowns)
    return replace(draft, latent=_latent(found.values)), found


def _latent(values: Sequence[float]) -> LatentScore:
    return LatentScore(**dict(zip(_SCALES, values, strict=True)))


def _jacobian(series: PriceSeries, law: ScoreReversion) -> float:
    """Logarithm of the density of prices over that of their latent scores, summed."""
    centre, low, high = law.widths(series.begins, len(series), series.dt)
    score = law.prices.score(series.values)
    width = np.where(score < centre, low, high)
    return -float((law.prices.log_slope(score) + np.log(width)).sum())
