"""A rising map from scores to prices, linear between knots and flat outside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtr

from mara.errors import InvalidValue
from mara.models.stochastic.grid import Floats

__all__ = ["MapMaker", "QuantileMap"]

_REACH: Final = 4.5
_KNOTS: Final = 361
_NORMALS: Final = np.linspace(-_REACH, _REACH, _KNOTS)
_CHUNK: Final = 2_000
_FINE: Final = 1_201
"""Points at which the pooled distribution of scores is known."""

_APART: Final = 1e-9
"""Least rise between knots, in the unit of the price, so that the map can be turned round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileMap:
    """Knots of the map: rising scores, and a rising price for each."""

    scores: tuple[float, ...]
    prices: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.scores) != len(self.prices) or len(self.scores) < 2:
            raise InvalidValue("QuantileMap: give two knots or more, a price for each score")
        if min(np.diff(self.scores)) <= 0.0 or min(np.diff(self.prices)) <= 0.0:
            raise InvalidValue("QuantileMap: a knot falls; give rising scores and rising prices")

    def price(self, score: Floats) -> Floats:
        """Map scores to prices."""
        return np.interp(score, self.scores, self.prices)

    def score(self, price: Floats) -> Floats:
        """Map prices to scores."""
        return np.interp(price, self.prices, self.scores)

    def log_slope(self, score: Floats) -> Floats:
        """Logarithm of the slope at scores."""
        slopes = np.diff(self.prices) / np.diff(self.scores)
        at = np.clip(np.searchsorted(self.scores, score) - 1, 0, slopes.size - 1)
        return np.log(slopes[at])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapMaker:
    """Makes maps that give pooled scores the quantiles of prices.

    `scores` are the quantiles of the pooled scores at `_KNOTS` equidistant normal scores.
    """

    prices: Floats
    scores: Floats

    @classmethod
    def of(cls, prices: Floats, centre: Floats, low: Floats, high: Floats) -> MapMaker:
        """Pool the scores ``centre + (low or high) Z`` of all intervals.

        Z is standard normal, scaled by `low` below zero and by `high` above.
        """
        fine = np.linspace(-2.0 * _REACH, 2.0 * _REACH, _FINE)
        below = np.zeros(_FINE)
        for part in np.array_split(np.arange(centre.size), 1 + centre.size // _CHUNK):
            gap = fine[:, None] - centre[part]
            below += ndtr(gap / np.where(gap < 0.0, low[part], high[part])).sum(axis=1)
        return cls(
            prices=np.sort(prices), scores=np.interp(ndtr(_NORMALS), below / centre.size, fine)
        )

    def stretched(self, tail: float) -> QuantileMap:
        """Make the map; above zero, normal score z takes the price of ``z (1 + tail)``."""
        levels = ndtr(np.where(_NORMALS > 0.0, _NORMALS * (1.0 + tail), _NORMALS))
        quantiles = np.quantile(self.prices, levels, method="hazen")
        keep = np.concatenate(([True], np.diff(self.scores) > 0.0))
        rising = np.maximum.accumulate(quantiles[keep]) + _APART * np.arange(int(keep.sum()))
        return QuantileMap(scores=tuple(self.scores[keep].tolist()), prices=tuple(rising.tolist()))
