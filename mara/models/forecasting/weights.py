"""Weights of an ensemble's members from their past errors.

Errors have shape (days, members, hours), the newest day last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.forecasting.past import Floats

__all__ = ["covariance_weights", "discounts", "equal_weights", "inverse_weights"]

HALF_LIFE_DAYS: Final = 90.0
_RIDGE: Final = 0.02
_SUM_WEIGHT: Final = 1e3


def discounts(days: int, half_life_days: float = HALF_LIFE_DAYS) -> Floats:
    """Weight of each day, shape (days,): halved every half-life, the newest being 1."""
    return np.asarray(0.5 ** (np.arange(days)[::-1] / half_life_days))


def equal_weights(members: int) -> Floats:
    """One n-th for each of n members."""
    return np.full(members, 1.0 / members)


def inverse_weights(errors: Floats) -> Floats:
    """Law: w_k proportional to one over member k's discounted mean absolute error."""
    by_day = np.abs(errors).mean(axis=2)
    mean = discounts(len(errors)) @ by_day + np.finfo(np.float64).tiny
    return np.asarray((1.0 / mean) / (1.0 / mean).sum())


def covariance_weights(errors: Floats) -> Floats:
    """Law: w = argmin w' C w over the simplex, C the discounted second moment of the errors.

    Errors are cut at 4 mean absolute ones, so that one spike does not decide, and C has a ridge of
    2 % of its mean variance. The problem is a non-negative least squares one, with the sum as one
    more, heavy, row. Sources: Bates and Granger, The combination of forecasts, OR Quarterly 20
    (1969); Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23.
    """
    from scipy.optimize import nnls  # noqa: PLC0415

    scale = np.abs(errors).mean() + np.finfo(np.float64).tiny
    cut = np.clip(errors / scale, -4.0, 4.0)
    weight = np.sqrt(np.repeat(discounts(len(errors)), errors.shape[2]))
    rows = np.swapaxes(cut, 1, 2).reshape(-1, errors.shape[1]) * weight[:, None]
    second = rows.T @ rows / (weight @ weight)
    members = len(second)
    second += (_RIDGE * np.trace(second) / members + 1e-12) * np.eye(members)
    design = np.vstack([np.linalg.cholesky(second).T, np.full(members, _SUM_WEIGHT)])
    found, _ = nnls(design, np.append(np.zeros(members), _SUM_WEIGHT))
    return np.asarray(found / found.sum())
