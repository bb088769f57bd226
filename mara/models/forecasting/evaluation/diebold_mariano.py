"""Diebold-Mariano tests: whether one forecast is more accurate than another, or just luckier.

Sources: Diebold and Mariano, Comparing predictive accuracy, Journal of Business and Economic
Statistics 13 (1995); Ziel and Weron, Day-ahead electricity price forecasting with high-dimensional
structures, Energy Economics 70 (2018), for the multivariate one; Harvey, Leybourne and Newbold,
Testing the equality of prediction mean squared errors, International Journal of Forecasting 13
(1997), for forecasts that overlap; the conventions are those of epftoolbox (Lago et al., Applied
Energy 293, 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.arrays import Floats, paired

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["DieboldMariano", "by_hour", "multivariate"]

_LEAST_DAYS = 2
_LEAST_SPANS = 5
"""Fewest days as a multiple of those that one forecast spans: with less the test rejects too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DieboldMariano:
    """Outcome of a one-sided test that `forecast` is more accurate than `rival`.

    `statistic` is asymptotically standard normal where both are alike; `p_value` is the chance of
    one at least as large then: small values speak for the forecast. `days` counts the losses, each
    of which shares hours with the `overlap` next ones.
    """

    statistic: float
    p_value: float
    days: int
    overlap: int = 0


def multivariate(
    actual: ArrayLike, forecast: ArrayLike, rival: ArrayLike, *, overlap: int = 0
) -> DieboldMariano:
    """Test whole days at once; arrays have shape (days, steps).

    Law: D[d] = |e_rival[d]|_1 - |e_forecast[d]|_1 with the norm taken over the day's steps,
    DM = mean(D) / sqrt(V / n) over n days. Where no forecast reaches into the next day, V = var(D)
    and p = 1 - Phi(DM). Where each reaches into the next h - 1 = `overlap`, with autocovariances
    g_k of D, V = g_0 + 2 sum_(k < h) g_k (where that is not above zero, g_k weighs 1 - k / h),
    DM is multiplied by sqrt((n + 1 - 2 h + h (h - 1) / n) / n), and p is that of Student's t with
    n - 1 degrees of freedom.

    Raises
    ------
    InvalidValue
        The shapes differ, there are fewer than two days or than 5 h, or both err alike on every
        day.
    """
    return _test(_lead(actual, forecast, rival).sum(axis=1), "multivariate", overlap)


def by_hour(actual: ArrayLike, forecast: ArrayLike, rival: ArrayLike) -> tuple[DieboldMariano, ...]:
    """Test each step of the day on its own, as `multivariate` does the whole.

    Raises the same.
    """
    lead = _lead(actual, forecast, rival)
    return tuple(_test(column, f"by_hour, step {i}") for i, column in enumerate(lead.T))


def _lead(actual: ArrayLike, forecast: ArrayLike, rival: ArrayLike) -> Floats:
    """By how much the rival erred more, shape (days, steps)."""
    came, ours = paired("Diebold-Mariano", actual, forecast)
    _, theirs = paired("Diebold-Mariano", actual, rival)
    if came.ndim != 2 or len(came) < _LEAST_DAYS:
        raise InvalidValue(
            f"Diebold-Mariano: actual has shape {came.shape}; give at least {_LEAST_DAYS} days "
            "of the same steps, shape (days, steps)"
        )
    return np.asarray(np.abs(came - theirs) - np.abs(came - ours))


def _test(lead: Floats, who: str, overlap: int = 0) -> DieboldMariano:
    days, spread = lead.size, float(lead.var())
    if spread == 0.0:
        raise InvalidValue(
            f"Diebold-Mariano {who}: the forecasts' losses differ alike on all days; "
            "compare two different forecasts"
        )
    if overlap:
        return _overlapping(lead, who, overlap)
    statistic = float(lead.mean() / np.sqrt(spread / days))
    return DieboldMariano(statistic=statistic, p_value=float(norm.sf(statistic)), days=days)


def _overlapping(lead: Floats, who: str, overlap: int) -> DieboldMariano:
    """Test losses of which each depends on the `overlap` before it."""
    n, h = lead.size, overlap + 1
    if n < _LEAST_SPANS * h:
        raise InvalidValue(
            f"Diebold-Mariano {who}: {n} days are too few for forecasts that span {h}; give at "
            f"least {_LEAST_SPANS * h}"
        )
    small = np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    statistic = float(lead.mean() / np.sqrt(_long_run(lead, overlap) / n) * small)
    return DieboldMariano(
        statistic=statistic, p_value=float(t.sf(statistic, n - 1)), days=n, overlap=overlap
    )


def _long_run(lead: Floats, overlap: int) -> float:
    """Long-run variance with equal weights, or with Bartlett's where these give none above zero."""
    off = lead - lead.mean()
    shared = np.array([off[k:] @ off[:-k] for k in range(1, overlap + 1)]) / off.size
    spread = float(lead.var())
    equal = spread + 2.0 * float(shared.sum())
    fading = 1.0 - np.arange(1, overlap + 1) / (overlap + 1)
    return equal if equal > 0.0 else spread + 2.0 * float(fading @ shared)
