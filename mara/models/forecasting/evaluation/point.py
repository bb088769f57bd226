"""Errors of point forecasts.

In all of them y is what came and f what was forecast. Source: Lago, Marcjasz, De Schutter and
Weron, Forecasting day-ahead electricity prices: a review and open-access benchmark, Applied Energy
293 (2021), section 4.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.arrays import paired

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["accuracy", "mae", "rmae", "rmse", "smape", "wape"]


def mae(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean absolute error, mean |y - f|, in the figure's unit.

    >>> mae([1.0, 3.0], [2.0, 1.0])
    1.5
    """
    came, made = paired("mae", actual, forecast)
    return float(np.abs(came - made).mean())


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root of the mean squared error, in the figure's unit.

    >>> rmse([0.0, 0.0], [3.0, 4.0]) == 12.5 ** 0.5
    True
    """
    came, made = paired("rmse", actual, forecast)
    return float(np.sqrt(np.square(came - made).mean()))


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Symmetric mean absolute percentage error, mean of 2 |y - f| / (|y| + |f|), from 0 to 2.

    Where both are zero the term is zero.

    >>> smape([1.0, 0.0], [3.0, 0.0])
    0.5
    """
    came, made = paired("smape", actual, forecast)
    size = np.abs(came) + np.abs(made)
    miss = 2.0 * np.abs(came - made)
    return float(np.divide(miss, size, out=np.zeros_like(miss), where=size > 0.0).mean())


def wape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Weighted absolute percentage error, sum |y - f| / sum |y|, as a share of one.

    Raises
    ------
    InvalidValue
        All of `actual` is zero.

    >>> wape([10.0, 30.0], [8.0, 32.0])
    0.1
    """
    came, made = paired("wape", actual, forecast)
    size = float(np.abs(came).sum())
    if size == 0.0:
        raise InvalidValue("wape: all that came is zero, so that no share of it can be told")
    return float(np.abs(came - made).sum()) / size


def accuracy(actual: ArrayLike, forecast: ArrayLike) -> float:
    """One minus the `wape`, as a share of one; below zero where the errors exceed what came.

    It rewards large levels rather than skill, so it is never shown without that of the naive.

    >>> accuracy([10.0, 30.0], [8.0, 32.0])
    0.9
    """
    return 1.0 - wape(actual, forecast)


def rmae(actual: ArrayLike, forecast: ArrayLike, naive: ArrayLike) -> float:
    """Mean absolute error relative to that of the `naive` forecast of the same values.

    Raises
    ------
    InvalidValue
        The naive makes no error at all.

    >>> rmae([1.0, 3.0], [2.0, 3.0], [3.0, 1.0])
    0.25
    """
    base = mae(actual, naive)
    if base == 0.0:
        raise InvalidValue("rmae: the naive forecast makes no error, so that none can be related")
    return mae(actual, forecast) / base
