"""Histories that the tests of the forecasters share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.domain import History
from mara.domain.tick import FIGURES

if TYPE_CHECKING:
    from mara.models.forecasting.series import Floats

ENERGY = FIGURES[0]
START_S = 1_767_225_600  # 2026-01-01T00:00Z, a Thursday.
DAY = 288


def past(values: Floats, *, figure: str = ENERGY, minutes: float = 5.0) -> History:
    """Regular history of one figure."""
    table = np.full((values.size, len(FIGURES)), np.nan)
    table[:, FIGURES.index(figure)] = values
    epoch_s = START_S + round(minutes * 60) * np.arange(values.size, dtype=np.int64)
    return History(minutes=minutes, epoch_s=epoch_s, values=table)


def seasonal_ar1(days: int, seed: int, *, phi: float = 0.9, sd: float = 2.0) -> Floats:
    """Daily sine of amplitude 20 about 5 (so that prices turn negative), plus AR(1) noise."""
    rng = np.random.default_rng(seed)
    n = days * DAY
    noise = rng.normal(0.0, sd, n)
    for i in range(1, n):
        noise[i] += phi * noise[i - 1]
    return sine(n) + noise


def sine(n: int) -> Floats:
    """Return the daily shape of `seasonal_ar1`."""
    return np.asarray(5.0 + 20.0 * np.sin(2.0 * np.pi * np.arange(n) / DAY))


def random_walk(days: int, seed: int) -> Floats:
    """Walk that starts at 50."""
    rng = np.random.default_rng(seed)
    return np.asarray(50.0 + np.cumsum(rng.normal(0.0, 0.1, days * DAY)))
