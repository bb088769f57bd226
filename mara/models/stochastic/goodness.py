"""How well a law fits: its residuals beside standard normals that come one by one.

Residuals are the probability integral transform of `Law.residuals`; where the law is true they are
independent standard normals. The p-value is Kolmogorov and Smirnov's for a law known beforehand:
for one fitted to the same series it is too kind, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import kolmogorov, ndtr, ndtri

from mara.models.stochastic.grid import Floats

if TYPE_CHECKING:
    from mara.models.stochastic.base import Law
    from mara.models.stochastic.series import PriceSeries

__all__ = ["Goodness", "goodness_of_fit"]

_MOST_POINTS: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Goodness:
    """Figures of the fit.

    Attributes
    ----------
    theoretical, observed
        Quantiles of the normal law and of the residuals at the same levels, at most 400.
    autocorrelation, autocorrelation_of_squares
        Of the residuals at lags 1 to n.
    band
        Two-sided 95 % bound of one autocorrelation of independent residuals.
    ks_statistic, ks_p_value
        Largest distance between the distributions, and its p-value.
    """

    theoretical: Floats
    observed: Floats
    autocorrelation: Floats
    autocorrelation_of_squares: Floats
    band: float
    ks_statistic: float
    ks_p_value: float


def goodness_of_fit(law: Law, series: PriceSeries, *, lags: int = 40) -> Goodness:
    """Judge `law` on `series`."""
    residuals = law.residuals(series)
    ordered = np.sort(residuals)
    n = ordered.size
    levels = (np.arange(min(n, _MOST_POINTS)) + 0.5) / min(n, _MOST_POINTS)
    steps = np.arange(n + 1) / n
    under = ndtr(ordered)
    distance = float(max((under - steps[:-1]).max(), (steps[1:] - under).max()))
    return Goodness(
        theoretical=ndtri(levels),
        observed=np.quantile(ordered, levels, method="hazen"),
        autocorrelation=_autocorrelations(residuals, lags),
        autocorrelation_of_squares=_autocorrelations(residuals**2, lags),
        band=1.959963984540054 / n**0.5,
        ks_statistic=distance,
        ks_p_value=float(kolmogorov(distance * (n**0.5 + 0.12 + 0.11 / n**0.5))),
    )


def _autocorrelations(values: Floats, lags: int) -> Floats:
    gap = values - values.mean()
    power = float(gap @ gap)
    most = min(lags, values.size - 1)
    return np.array([float(gap[:-k] @ gap[k:]) / power for k in range(1, most + 1)])
