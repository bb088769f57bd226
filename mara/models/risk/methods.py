"""The four ways to VaR and CVaR of tomorrow's margin.

Three learn from the site's own past: the deviation of each day's margin from what its plan
expected. The fourth, Monte Carlo, earns the plan's margin in every scenario drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from mara.errors import InvalidValue
from mara.models.risk.measures import RiskFigure, check_level, figure_of

if TYPE_CHECKING:
    from mara.models.risk.margins import Margins

__all__ = ["DECAY", "LEAST_DAYS", "Method", "filtered", "from_past", "historical", "monte_carlo"]

Floats = NDArray[np.float64]

LEAST_DAYS: Final = 20
"""Fewest past days that a method learns from."""

DECAY: Final = 0.94
"""Daily decay of mean and variance: RiskMetrics Technical Document (1996), table 5.9."""

_WARM_UP: Final = 10


class Method(StrEnum):
    """How the law of tomorrow's margin is known."""

    HISTORICAL = "historical"
    PARAMETRIC = "parametric"
    MONTE_CARLO = "Monte Carlo"
    FILTERED = "filtered historical"


def from_past(method: Method, deviations: Floats, expected_usd: float, level: float) -> RiskFigure:
    """Estimate by one of the methods that learn from past deviations, oldest first.

    Raises
    ------
    InvalidValue
        Too few days, figures that are not finite, or a method that needs scenarios.
    """
    if method is Method.MONTE_CARLO:
        raise InvalidValue("from_past: Monte Carlo needs scenarios; call monte_carlo instead")
    estimate = {
        Method.HISTORICAL: historical,
        Method.PARAMETRIC: parametric,
        Method.FILTERED: filtered,
    }[method]
    return estimate(deviations, expected_usd, level)


def historical(deviations: Floats, expected_usd: float, level: float) -> RiskFigure:
    """Let each past day's deviation be as likely for tomorrow.

    Law: margin = expected + d, d drawn from the past deviations.
    """
    _check(deviations)
    return _empirical(expected_usd + deviations, expected_usd, level, Method.HISTORICAL)


def parametric(deviations: Floats, expected_usd: float, level: float) -> RiskFigure:
    """Let tomorrow's deviation be normal with the past's mean m and standard deviation s.

    Law: with z the standard normal's (1 - level) quantile and f its density, the margin's quantile
    is expected + m + z s, its mean beyond that expected + m - s f(z) / (1 - level).
    """
    _check(deviations)
    check_level("parametric", level)
    mean, spread = float(deviations.mean()), float(deviations.std(ddof=1))
    z = float(ndtri(1.0 - level))
    density = float(np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi))
    quantile = expected_usd + mean + z * spread
    return RiskFigure(
        method=Method.PARAMETRIC,
        level=level,
        expected_usd=expected_usd,
        quantile_usd=quantile,
        worst_usd=expected_usd + mean - spread * density / (1.0 - level),
        low_usd=quantile,
        high_usd=quantile,
        n=len(deviations),
    )


def filtered(deviations: Floats, expected_usd: float, level: float) -> RiskFigure:
    """Scale past deviations to today's level and volatility before they are drawn from.

    Law: m and v follow each deviation d by m' = a m + (1 - a) d and v' = a v + (1 - a) (d - m)^2,
    a = `DECAY`; z = (d - m) / sqrt(v) with m and v of the day before; margin = expected + m +
    sqrt(v) z, z drawn from the past ones, m and v the newest.

    Source: Barone-Adesi, Giannopoulos and Vosper, VaR without correlations for portfolios of
    derivative securities, Journal of Futures Markets 19 (1999), with exponential weights.
    """
    _check(deviations)
    filter_ = _filter(deviations)
    margins = expected_usd + filter_.mean + filter_.spread * filter_.standardised[_WARM_UP:]
    return _empirical(margins, expected_usd, level, Method.FILTERED)


def monte_carlo(margins: Margins, level: float) -> RiskFigure:
    """Read the figure from the margins of joint scenarios; what is expected is their own mean."""
    return figure_of(
        margins.usd,
        margins.probabilities,
        level,
        method=Method.MONTE_CARLO,
        expected_usd=margins.mean_usd,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Filter:
    """Newest mean and spread, and every day's deviation by those of the day before."""

    mean: float
    spread: float
    standardised: Floats


def _filter(deviations: Floats) -> _Filter:
    mean = float(deviations[:_WARM_UP].mean())
    variance = max(float(deviations[:_WARM_UP].var()), 1e-12)
    standardised = np.empty(len(deviations))
    for day, deviation in enumerate(deviations.tolist()):
        away = deviation - mean
        standardised[day] = away / np.sqrt(variance)
        variance = DECAY * variance + (1.0 - DECAY) * away * away
        mean += (1.0 - DECAY) * away
    return _Filter(mean=mean, spread=float(np.sqrt(variance)), standardised=standardised)


def _empirical(margins: Floats, expected_usd: float, level: float, method: Method) -> RiskFigure:
    weights = np.full(len(margins), 1.0 / len(margins))
    return figure_of(margins, weights, level, method=method, expected_usd=expected_usd)


def _check(deviations: Floats) -> None:
    if deviations.ndim != 1 or len(deviations) < LEAST_DAYS:
        raise InvalidValue(
            f"VaR: deviations has shape {deviations.shape}; give one row of at least {LEAST_DAYS} "
            "past days"
        )
    if not np.isfinite(deviations).all():
        raise InvalidValue("VaR: deviations holds NaN or infinity; leave such days out")
