"""What is odd about the newest interval: spikes, flatlines, gaps, regime breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import History
from mara.domain.checks import aware, finite
from mara.models.signals.recent import recent
from mara.models.signals.regime import regime_shift
from mara.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from mara.models.forecasting.series import Floats, Series

__all__ = ["Anomaly", "AnomalyKind", "find_anomalies", "find_anomalies_within"]

_DAYS: Final = 9.0
_SPIKE_SCALES: Final = 8.0
_LEAST_SHARE: Final = 0.01
_NORMAL_MAD: Final = 1.4826
_FLAT_INTERVALS: Final = 6
_LEAST_ROWS: Final = 12


class AnomalyKind(StrEnum):
    """What is odd."""

    SPIKE = "spike"
    FLATLINE = "flatline"
    GAP = "gap"
    REGIME_BREAK = "regime-break"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something odd about `figure` in the interval that begins `at`.

    `size`: scales from the median for a spike, intervals for a flatline or gap, the CUSUM in
    standard deviations for a regime break.
    """

    kind: AnomalyKind
    figure: str
    at: datetime
    size: float
    reason: str

    def __post_init__(self) -> None:
        aware("Anomaly", "at", self.at)
        finite("Anomaly", "size", self.size)


def find_anomalies(
    history: History, *, assumed: AbstractSet[str] = frozenset()
) -> tuple[Anomaly, ...]:
    """All that is odd about the newest interval, by figure.

    An oddity is flagged, never removed: a true spike stays in the history. Figures that a person
    gave (`assumed`) may stand still: they are no flatline.
    """
    found: list[Anomaly] = []
    for series in recent(history, _DAYS):
        tests = (_spike, _gap, _regime_break)
        for test in tests if series.target in assumed else (*tests, _flatline):
            found.extend(test(series))
    return tuple(found)


def find_anomalies_within(
    history: History, intervals: int, *, assumed: AbstractSet[str] = frozenset()
) -> tuple[Anomaly, ...]:
    """All that was odd at any of the newest `intervals`, as it was seen then, newest first."""
    looked_at = range(min(intervals, len(history)))
    pasts = (_before(history, back) for back in looked_at)
    return tuple(found for past in pasts for found in find_anomalies(past, assumed=assumed))


def _before(history: History, rows: int) -> History:
    """History as it was `rows` rows ago."""
    end = len(history) - rows
    return History(
        minutes=history.minutes,
        max_rows=history.max_rows,
        epoch_s=history.epoch_s[:end],
        values=history.values[:end],
    )


def _anomaly(kind: AnomalyKind, series: Series, size: float, reason: str) -> Anomaly:
    at = datetime.fromtimestamp(int(series.epoch_s[-1]), UTC)
    return Anomaly(kind=kind, figure=series.target, at=at, size=size, reason=reason)


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]


def _median(values: Floats) -> float:
    """Median of finite values; five times quicker than numpy's, which looks for NaN again."""
    middle = values.size // 2
    ranked = np.partition(values, (middle - 1, middle))
    odd = values.size % 2
    return float(ranked[middle] if odd else (ranked[middle - 1] + ranked[middle]) / 2.0)


def _spike(series: Series) -> Iterator[Anomaly]:
    """Find a value more than 8 scales from the median of the 24 h before.

    Scale = 1.4826 x median absolute deviation, and at least 1 % of the larger of median and value.
    """
    now, day = float(series.values[-1]), _known(series.values[-series.per_day - 1 : -1])
    if not np.isfinite(now) or day.size < _LEAST_ROWS:
        return
    median = _median(day)
    if now == median:
        return
    scale = _NORMAL_MAD * _median(np.abs(day - median))
    scale = max(scale, _LEAST_SHARE * max(abs(median), abs(now)))
    size = (now - median) / scale
    if abs(size) > _SPIKE_SCALES:
        yield _anomaly(
            AnomalyKind.SPIKE,
            series,
            size,
            f"{series.target} jumped to {now:,.2f} from a median of {median:,.2f} over 24 h",
        )


def _flatline(series: Series) -> Iterator[Anomaly]:
    """Find a value that stands still for 6 intervals, and longer than ever in the week before.

    A figure that moves in steps by nature, such as a daily one, has stood still as long before.
    Intervals without a value are passed over: a value that is the same after a gap did not move.
    """
    values = _known(series.values)
    lately = values[-_FLAT_INTERVALS:]
    if not np.isfinite(series.values[-1]) or not (lately[1:] == lately[:-1]).all():
        return
    moved = np.flatnonzero(values[1:] != values[:-1])
    if not moved.size:
        return
    run = values.size - 1 - int(moved[-1])
    before = int(np.diff(moved, prepend=-1).max())
    if run >= max(_FLAT_INTERVALS, before + 1):
        yield _anomaly(
            AnomalyKind.FLATLINE,
            series,
            float(run),
            f"{series.target} has stood at {values[-1]:,.2f} for {run} intervals",
        )


def _gap(series: Series) -> Iterator[Anomaly]:
    """Find intervals missing just before now, or a figure that now lacks and the past has."""
    known = np.flatnonzero(np.isfinite(series.values))
    last, missing_now = int(known[-1]), not np.isfinite(series.values[-1])
    if missing_now:
        lost = series.values.size - 1 - last
        text = f"{series.target} is missing since {lost} intervals"
    else:
        lost = last - int(known[-2]) - 1 if known.size > 1 else 0
        text = f"{series.target} is back after {lost} missing intervals"
    if lost:
        yield _anomaly(AnomalyKind.GAP, series, float(lost), text)


def _regime_break(series: Series) -> Iterator[Anomaly]:
    """Find a level of the last 24 h that left that of the week before, by CUSUM."""
    shift = regime_shift(series, hour=max(round(SECONDS_PER_HOUR / series.step_s), 1))
    if shift is not None:
        word = "higher" if shift > 0 else "lower"
        yield _anomaly(
            AnomalyKind.REGIME_BREAK,
            series,
            shift,
            f"{series.target} moved to a {word} level than that of the week before",
        )
