"""What a figure is at each time of the local day, on working days and weekends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.models.forecasting.series import Floats, Ints, Series, local_slots

__all__ = ["SeasonalProfile", "profile_of"]

_SLOT_S: Final = 1_800
_DAY_S: Final = 86_400
_TAILS: Final = (0.01, 0.99)
_PRIOR_ROWS: Final = 24.0
_LEAST_SCALE: Final = 0.2
_KERNEL: Final = (0.25, 0.5, 0.25)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeasonalProfile:
    """`level` and `scale` have shape (2, slots): working day and weekend, by slot of the day.

    `level` is the winsorised mean of the slot, `scale` the mean absolute deviation from it.
    """

    zone: ZoneInfo
    slot_s: int
    level: Floats
    scale: Floats

    def at(self, epoch_s: Ints) -> tuple[Floats, Floats]:
        """Level and scale at the times `epoch_s`, both of its shape."""
        slot, weekend = local_slots(epoch_s, self.zone, slot_s=self.slot_s)
        row = weekend.astype(np.int64)
        return self.level[row, slot], self.scale[row, slot]


def profile_of(series: Series, zone: ZoneInfo) -> SeasonalProfile:
    """Profile of a figure's past.

    Law: values are winsorised at their 1 % and 99 % quantiles; a slot's level is the mean of its
    values over all days, plus the deviation of its kind of day, both shrunk as if 24 rows of the
    coarser mean stood beside them, and smoothed over neighbouring slots by (1, 2, 1) / 4. A slot's
    scale is the mean absolute deviation from the level, shrunk alike, and at least a fifth of the
    overall one.
    """
    slot_s = max(_SLOT_S, series.step_s)
    slots = -(-_DAY_S // slot_s)
    known = np.isfinite(series.values)
    low, high = np.quantile(series.values[known], _TAILS)
    values = np.clip(series.values[known], low, high)
    slot, weekend = local_slots(series.epoch_s[known], zone, slot_s=slot_s)
    cell = weekend * slots + slot
    level = _levels(values, slot, cell, slots)
    deviation = np.abs(values - level.ravel()[cell])
    overall = max(float(deviation.mean()), np.finfo(np.float64).tiny)
    scale = np.maximum(_levels(deviation, slot, cell, slots), _LEAST_SCALE * overall)
    return SeasonalProfile(zone=zone, slot_s=slot_s, level=level, scale=scale)


def _levels(values: Floats, slot: Ints, cell: Ints, slots: int) -> Floats:
    """Means by kind of day and slot, shape (2, slots)."""
    daily = _shrunk(values, slot, np.full(slots, values.mean()))
    both = _shrunk(values, cell, np.tile(daily, 2)).reshape(2, slots)
    padded = np.concatenate([both[:, -1:], both, both[:, :1]], axis=1)
    before, here, after = padded[:, :-2], padded[:, 1:-1], padded[:, 2:]
    return np.asarray(_KERNEL[0] * before + _KERNEL[1] * here + _KERNEL[2] * after)


def _shrunk(values: Floats, group: Ints, prior: Floats) -> Floats:
    """Mean of each group, as if `_PRIOR_ROWS` rows of `prior` stood beside its own."""
    counts = np.bincount(group, minlength=prior.size)
    sums = np.bincount(group, weights=values, minlength=prior.size)
    return np.asarray((sums + _PRIOR_ROWS * prior) / (counts + _PRIOR_ROWS))
