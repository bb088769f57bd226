"""Diebold-Mariano tests: whether one forecast is more accurate than another, or just luckier.

Sources: Diebold and Mariano, Comparing predictive accuracy, Journal of Business and Economic
Statistics 13 (1995); Ziel and Weron, Day-ahead electricity price forecasting with high-dimensional
structures, Energy Economics 70 (2018), for the multivariate one; the conventions are those of
epftoolbox (Lago et al., Applied Energy 293, 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.arrays import Floats, paired

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["DieboldMariano", "by_hour", "multivariate"]

_LEAST_DAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DieboldMariano:
    """Outcome of a one-sided test that `forecast` is more accurate than `rival`.

    `statistic` is asymptotically standard normal where both are alike; `p_value` is the chance of
    one at least as large then: small values speak for the forecast. `days` counts the losses.
    """

    statistic: float
    p_value: float
    days: int


def multivariate(actual: ArrayLike, forecast: ArrayLike, rival: ArrayLike) -> DieboldMariano:
    """Test whole days at once; arrays have shape (days, steps).

    Law: D[d] = |e_rival[d]|_1 - |e_forecast[d]|_1 with the norm taken over the day's steps,
    DM = mean(D) / sqrt(var(D) / days), p = 1 - Phi(DM).

    Raises
    ------
    InvalidValue
        The shapes differ, there are fewer than two days, or both err alike on every day.
    """
    return _test(_lead(actual, forecast, rival).sum(axis=1), "multivariate")


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


def _test(lead: Floats, who: str) -> DieboldMariano:
    spread = float(lead.var())
    if spread == 0.0:
        raise InvalidValue(
            f"Diebold-Mariano {who}: the forecasts' losses differ alike on all days; "
            "compare two different forecasts"
        )
    statistic = float(lead.mean()) / np.sqrt(spread / lead.size)
    return DieboldMariano(
        statistic=float(statistic), p_value=float(norm.sf(statistic)), days=int(lead.size)
    )
