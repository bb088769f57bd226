"""Smooth shapes over the year and the day.

Law: ``s(y, d) = l(y) + sum_j a_j(y) cos(2 pi j d) + b_j(y) sin(2 pi j d)`` with ``y`` the phase of
the year and ``d`` that of the day, where ``l``, ``a_j`` and ``b_j`` are themselves annual Fourier
series ``c0 + c1 cos(2 pi y) + c2 sin(2 pi y) + c3 cos(4 pi y) + ...``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.models.market.local_time import DAILY_ORDER

if TYPE_CHECKING:
    from mara.models.market.local_time import FloatArray, LocalTime

__all__ = ["SeasonalShape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalShape:
    """A shape over year and day.

    Attributes
    ----------
    level
        Annual series of the day's level.
    daily
        Annual series of the daily harmonics in the order cos 1, sin 1, cos 2, sin 2, ...
    """

    level: tuple[float, ...]
    daily: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.daily) not in range(0, 2 * DAILY_ORDER + 1, 2):
            raise InvalidValue(
                f"SeasonalShape: daily has {len(self.daily)} series; give a cos and a sin for each "
                f"of up to {DAILY_ORDER} harmonics."
            )
        if any(len(series) not in (1, 3, 5) for series in (self.level, *self.daily)):
            raise InvalidValue(
                "SeasonalShape: an annual series has neither 1, 3 nor 5 coefficients; "
                "give the mean, then a cos and a sin for each harmonic."
            )

    def at(self, time: LocalTime) -> FloatArray:
        """Return the shape at each of the intervals."""
        shape = _series(self.level, time.annual)
        for series, wave in zip(self.daily, time.daily[1:], strict=False):
            shape = shape + _series(series, time.annual) * wave
        return shape


def _series(coefficients: tuple[float, ...], annual: FloatArray) -> FloatArray:
    return np.asarray(coefficients) @ annual[: len(coefficients)]
