"""Bands that stay honest: each side of each interval widens when it missed, narrows when it held.

Law: a forecast's offset from its mean at the level a, for the leads of one bucket, is multiplied by
theta. When of the values that came a share m lay beyond it where 1 - a (or a, below the median)
should, log theta moves by eta (m - (1 - a)). Over time the shares come true whatever the law of the
figure, and after a change of it too.

Source: Gibbs and Candes, Adaptive conformal inference under distribution shift, NeurIPS 34 (2021),
with steps of the logarithm, so that a band keeps its side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mara.models.forecasting.past import LEVELS

__all__ = ["BUCKETS_H", "Bands"]

Floats = NDArray[np.float64]

BUCKETS_H: Final = (1.0, 6.0, 12.0, 24.0)
"""Upper edges of the buckets of leads, in hours; the last bucket lies beyond the last edge."""

_RATE: Final = 0.16
_FIRST: Final = 1.3
"""Errors of the past that was fitted are smaller than those to come."""

_BOUNDS: Final = (-3.0, 3.0)
_SMALLEST: Final = 1e-12


def _level() -> Floats:
    return np.full((len(BUCKETS_H) + 1, len(LEVELS)), np.log(_FIRST))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bands:
    """`log_theta` has shape (buckets, levels): factors on the offsets from the mean."""

    log_theta: Floats = field(default_factory=_level)
    rate: float = _RATE

    def widened(self, offsets: Floats, lead_h: Floats) -> Floats:
        """Multiply offsets, shape (n, levels), by the factors of their leads."""
        return np.asarray(offsets * np.exp(self.log_theta[self._bucket(lead_h)]))

    def learnt(self, came: Floats, quantiles: Floats, lead_h: Floats) -> Bands:
        """Learn from values that came, shape (n,), and the quantiles told of them, (n, levels).

        Quantiles at the median learn nothing: the mean stands for the middle.
        """
        known = np.isfinite(came) & np.isfinite(quantiles).all(axis=1)
        bucket = self._bucket(lead_h[known])
        levels = np.array(LEVELS)
        above = levels > 0.5
        value, told = came[known, None], quantiles[known]
        beyond = np.where(above, value > told + _SMALLEST, value < told - _SMALLEST)
        wanted = np.where(above, 1.0 - levels, levels)
        steps = np.where(levels == 0.5, 0.0, beyond - wanted)
        moved = self.log_theta.copy()
        for b in np.unique(bucket):
            moved[b] += self.rate * steps[bucket == b].mean(axis=0)
        return replace(self, log_theta=np.clip(moved, *_BOUNDS))

    @staticmethod
    def _bucket(lead_h: Floats) -> NDArray[np.int64]:
        return np.asarray(np.searchsorted(BUCKETS_H, lead_h, side="right"), dtype=np.int64)
