"""Where in the day, and how far ahead, forecasts err."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from mara.models.forecasting.evaluation import probabilistic
from mara.models.forecasting.evaluation.probabilistic import Interval
from mara.models.forecasting.evaluation.scorecard import bands_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from mara.models.forecasting.evaluation.track import Track

__all__ = ["Calibration", "Slot", "by_hour", "by_lead", "calibration"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Errors of the rows of one hour: of the local day, or of the horizon.

    `mae` and `bias` (the mean of what came less what was forecast) have the figure's unit; `band`
    is the widest interval told, None where none was.
    """

    hour: int
    rows: int
    mae: float
    bias: float
    band: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Share of values at or below the quantile of each level, which is `level` at best."""

    level: float
    observed: float


def by_hour(track: Track, zone: ZoneInfo) -> tuple[Slot, ...]:
    """Errors by the hour of the local day in which an interval begins."""
    known = track.known()
    hours, which = np.unique(known.start_s // 1_800, return_inverse=True)
    local = [datetime.fromtimestamp(int(half) * 1_800, UTC).astimezone(zone).hour for half in hours]
    return _slots(known, np.array(local, dtype=np.int64)[which])


def by_lead(track: Track) -> tuple[Slot, ...]:
    """Errors by the whole hours from the issue to an interval's start; 0 is the next hour."""
    known = track.known()
    return _slots(known, np.floor(known.lead_h + 1e-9).astype(np.int64))


def _slots(track: Track, hour: NDArray[np.int64]) -> tuple[Slot, ...]:
    return tuple(_slot(int(h), track.rows(hour == h)) for h in np.unique(hour))


def _slot(hour: int, track: Track) -> Slot:
    error = track.actual - track.mean
    return Slot(
        hour=hour,
        rows=len(track),
        mae=float(np.abs(error).mean()),
        bias=float(error.mean()),
        band=next(iter(bands_of(track)), None),
    )


def calibration(track: Track) -> tuple[Calibration, ...]:
    """Compare each level with how often the values stayed at or below its quantile."""
    told = track.known().told()
    if not len(told):
        return ()
    observed = probabilistic.reliability(told.actual, told.quantiles, told.levels)
    return tuple(
        Calibration(level=level, observed=float(share))
        for level, share in zip(told.levels, observed, strict=True)
    )
