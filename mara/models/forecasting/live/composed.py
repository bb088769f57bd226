"""The forecast of a tick: the quick law of the ticks, set to where the ensemble sees the hours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import Forecast, Quantile
from mara.models.forecasting.live.bands import Floats
from mara.models.forecasting.live.book import ENSEMBLE
from mara.models.forecasting.past import LEVELS

if TYPE_CHECKING:
    from mara.models.forecasting.live.bands import Bands
    from mara.models.forecasting.past import Predicted

__all__ = ["Composed", "Correction", "composed", "correction_of"]

_TRUST_H: Final = 2.0
"""Time in which trust passes from the law of the ticks to the ensemble."""


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correction:
    """What to add to the law of the ticks in each hour from `start_s` on; nothing elsewhere."""

    start_s: int = 0
    step_s: int = 3_600
    offsets: Floats = field(default_factory=_none)
    model: str = ""

    def at(self, epoch_s: Floats) -> Floats:
        """Read the offsets of intervals, shape (n,)."""
        hour = (epoch_s - self.start_s) // self.step_s
        there = (hour >= 0) & (hour < self.offsets.size)
        added = np.zeros(epoch_s.size)
        added[there] = self.offsets[hour[there].astype(np.int64)]
        return added


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composed:
    """A forecast, and its quantiles as an array, shape (n, levels); no columns where none is told."""

    forecast: Forecast
    start_s: int
    step_s: int
    quantiles: Floats


def correction_of(together: Predicted, base: Forecast) -> Correction:
    """Find what lifts the hourly means of `base` to those of the ensemble.

    Hours that `base` does not reach are not corrected.
    """
    epoch_s = _epochs(base)
    hour = ((epoch_s - together.start_s) // together.step_s).astype(np.int64)
    there = (hour >= 0) & (hour < together.mean.size)
    size = together.mean.size
    counts = np.bincount(hour[there], minlength=size)
    sums = np.bincount(hour[there], weights=np.asarray(base.mean)[there], minlength=size)
    means = np.divide(sums, counts, out=together.mean.copy(), where=counts > 0)
    return Correction(
        start_s=together.start_s,
        step_s=together.step_s,
        offsets=together.mean - means,
        model=ENSEMBLE,
    )


def composed(base: Forecast, correction: Correction, bands: Bands, floor: float) -> Composed:
    """Set a forecast of the ticks to the ensemble, and its bands to what held lately.

    Law: mean[t] = base[t] + (1 - exp(-lead / 2 h)) offset[hour of t]; each quantile keeps its
    distance from the mean, times the factor of its lead. Nothing falls below `floor`.
    """
    epoch_s = _epochs(base)
    issued_s = base.issued_at.timestamp()
    lead_h = (epoch_s - issued_s) / 3_600.0
    raw = np.asarray(base.mean)
    mean = np.maximum(raw + correction.at(epoch_s) * -np.expm1(-lead_h / _TRUST_H), floor)
    quantiles = np.empty((mean.size, 0))
    if tuple(q.level for q in base.quantiles) == LEVELS:
        offsets = np.array([q.values for q in base.quantiles]).T - raw[:, None]
        wide = bands.widened(offsets, lead_h)
        quantiles = np.maximum(np.sort(mean[:, None] + wide, axis=1), floor)
    made = replace(
        base,
        mean=tuple(mean.tolist()),
        quantiles=tuple(
            Quantile(level=level, values=tuple(column.tolist()))
            for level, column in zip(LEVELS, quantiles.T, strict=False)
        ),
        model=correction.model or base.model,
    )
    step_s = int(epoch_s[1] - epoch_s[0]) if epoch_s.size > 1 else correction.step_s
    return Composed(forecast=made, start_s=int(epoch_s[0]), step_s=step_s, quantiles=quantiles)


def _epochs(forecast: Forecast) -> Floats:
    """Give the starts of the steps, seconds since 1970 UTC; they are equal steps apart."""
    first = forecast.starts[0].timestamp()
    return np.linspace(first, forecast.starts[-1].timestamp(), len(forecast.starts)).round()
