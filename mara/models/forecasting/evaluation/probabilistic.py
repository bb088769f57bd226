"""Scores of quantile forecasts.

Arrays of quantiles have the shape of what came and one axis more, the last, of `levels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.evaluation.arrays import Floats, paired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

__all__ = ["Interval", "crps", "interval", "pinball", "reliability"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How often an interval held what came, and how wide it was on average.

    `nominal` and `covered` are shares of one; `width` has the figure's unit.
    """

    nominal: float
    covered: float
    width: float


def pinball(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> Floats:
    """Mean pinball loss of each level, shape (levels,), in the figure's unit.

    Law: max(a (y - q), (a - 1) (y - q)). Source: Koenker and Bassett, Regression Quantiles,
    Econometrica 46 (1978).

    >>> pinball([20.0], [[10.0]], (0.9,)).round(9).tolist()
    [9.0]
    """
    miss, alpha = _misses(actual, quantiles, levels)
    loss = np.maximum(alpha * miss, (alpha - 1.0) * miss)
    return np.asarray(loss.reshape(-1, alpha.size).mean(axis=0))


def crps(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> float:
    """Continuous ranked probability score, in the figure's unit, from the quantiles told.

    Law: CRPS = 2 int_0^1 pinball_a da, the integral taken by the level's cells: each quantile
    speaks for the levels nearest to it. One quantile at the median gives the absolute error.
    Source: Laio and Tamea, Hydrology and Earth System Sciences 11 (2007).

    >>> round(crps([3.0], [[1.0]], (0.5,)), 9)
    2.0
    """
    alpha = np.asarray(levels, dtype=np.float64)
    edges = np.concatenate(([0.0], (alpha[1:] + alpha[:-1]) / 2.0, [1.0]))
    return float(2.0 * np.diff(edges) @ pinball(actual, quantiles, levels))


def reliability(actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]) -> Floats:
    """Share of values that came at or below each quantile, shape (levels,): its own level at best.

    >>> reliability([1.0, 3.0], [[2.0], [2.0]], (0.5,)).tolist()
    [0.5]
    """
    miss, alpha = _misses(actual, quantiles, levels)
    return np.asarray((miss <= 0.0).reshape(-1, alpha.size).mean(axis=0))


def interval(actual: ArrayLike, low: ArrayLike, high: ArrayLike, *, nominal: float) -> Interval:
    """Measure the interval from `low` to `high`, bounds included.

    >>> interval([1.0, 9.0], [0.0, 0.0], [2.0, 4.0], nominal=0.9)
    Interval(nominal=0.9, covered=0.5, width=3.0)
    """
    came, below = paired("interval", actual, low)
    _, above = paired("interval", actual, high)
    held = (below <= came) & (came <= above)
    return Interval(
        nominal=nominal, covered=float(held.mean()), width=float((above - below).mean())
    )


def _misses(
    actual: ArrayLike, quantiles: ArrayLike, levels: Sequence[float]
) -> tuple[Floats, Floats]:
    alpha = np.asarray(levels, dtype=np.float64)
    if not alpha.size or alpha.min() <= 0.0 or alpha.max() >= 1.0 or (np.diff(alpha) <= 0.0).any():
        raise InvalidValue(f"quantile scores: levels {tuple(levels)} must rise within (0, 1)")
    told = np.asarray(quantiles, dtype=np.float64)
    came = np.asarray(actual, dtype=np.float64)
    if told.shape != (*came.shape, alpha.size):
        raise InvalidValue(
            f"quantile scores: quantiles have shape {told.shape}; "
            f"give {(*came.shape, alpha.size)}, one value a level"
        )
    repeated, told = paired("quantile scores", np.repeat(came[..., None], alpha.size, -1), told)
    return repeated - told, alpha
