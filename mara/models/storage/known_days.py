"""Whole calendar days of a known series, cut to the steps of the price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.storage.deviation import Observed
from mara.models.storage.reference import drawn_through
from mara.models.storage.unit import Floats
from mara.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from mara.domain import KnownSeries

__all__ = ["DayCurve", "day_curves", "level_days", "observed"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayCurve:
    """A calendar day: `day`, its steps' starts in seconds since 1970 UTC, curve and local hours."""

    day: date
    epoch_s: Ints
    curve: Floats
    hours: Ints


def day_curves(series: KnownSeries, minutes: float) -> tuple[DayCurve, ...]:
    """Cut `series` into its whole days, oldest first, and draw each day's curve.

    A day that the series does not hold step by step, from local midnight to midnight, is left
    out, as is one whose steps do not fill hours.
    """
    found: list[DayCurve] = []
    before = float(series.values[0])
    for day, at, values in _days(series):
        steps = round(MINUTES_PER_HOUR / minutes) if minutes < MINUTES_PER_HOUR else 1
        if _is_whole(at, day, series.zone, minutes) and at.size % steps == 0:
            hourly = values.reshape(-1, steps).mean(axis=1)
            curve = drawn_through(hourly, before, steps)
            hours = _hours(at, series.zone)
            found.append(DayCurve(day=day, epoch_s=at, curve=curve, hours=hours))
        before = float(values[-1])
    return tuple(found)


def level_days(days: tuple[DayCurve, ...]) -> tuple[DayCurve, ...]:
    """Take the curve away: the same days with nothing known of them."""
    return tuple(
        DayCurve(day=d.day, epoch_s=d.epoch_s, curve=np.zeros_like(d.curve), hours=d.hours)
        for d in days
    )


def _days(series: KnownSeries) -> list[tuple[date, Ints, Floats]]:
    dates = [_local(at, series.zone).date() for at in series.epoch_s.tolist()]
    starts = [i for i in range(len(dates)) if i == 0 or dates[i] != dates[i - 1]]
    ends = [*starts[1:], len(dates)]
    return [
        (dates[i], series.epoch_s[i:j], series.values[i:j])
        for i, j in zip(starts, ends, strict=True)
    ]


def _local(epoch_s: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC).astimezone(zone)


def _is_whole(at: Ints, day: date, zone: ZoneInfo, minutes: float) -> bool:
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    step = minutes * SECONDS_PER_HOUR / MINUTES_PER_HOUR
    wanted = np.arange(first.timestamp(), end.timestamp(), step)
    return at.shape == wanted.shape and bool(np.all(at == wanted))


def _hours(at: Ints, zone: ZoneInfo) -> Ints:
    return np.array([_local(epoch, zone).hour for epoch in at.tolist()], dtype=np.int64)


def observed(days: tuple[DayCurve, ...], epoch_s: Ints, price: Floats) -> Observed:
    """Gather the prices at `epoch_s` that lie in `days`, beside their curve.

    Raises
    ------
    InvalidValue
        There is no whole day.
    """
    if not days:
        raise InvalidValue("observed: no calendar day is known whole; give longer history")
    at = np.concatenate([day.epoch_s for day in days])
    curve = np.concatenate([day.curve for day in days])
    hours = np.concatenate([day.hours for day in days])
    place = np.minimum(np.searchsorted(at, epoch_s), at.size - 1)
    used = (at[place] == epoch_s) & np.isfinite(price)
    return Observed(price=price[used], curve=curve[place[used]], hour=hours[place[used]])
