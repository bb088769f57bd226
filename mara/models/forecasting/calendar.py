"""A past on any grid as local calendar days of 24 hours, and the steps of a forecast in them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from mara.errors import InvalidValue
from mara.models.forecasting.days import HOURS, Days, filled
from mara.models.forecasting.past import Floats, Ints, Known, Past
from mara.models.forecasting.series import offsets_s

__all__ = ["Calendar", "Cells", "calendar", "cells", "future_exog"]

_DAY_S = 86_400
_MONDAY = 3
"""1970-01-01 was a Thursday, and Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Local day, counted from 1970-01-01, and local hour of each time, both of shape (n,)."""

    day: Ints
    hour: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """Whole days, the hours of the day to be forecast that have come, and the steps ahead.

    `today`, shape (24,), is NaN where the hour has not come; all NaN where the forecast begins
    with a day. `later`, shape (m, 24, k), are the exogenous series of the days after that one.
    """

    days: Days
    today: Floats
    later: Floats
    ahead: Cells

    @property
    def spans(self) -> int:
        """Days that the steps reach into."""
        return int(self.ahead.day[-1]) - self.days.number + 1


def cells(epoch_s: Ints, zone: str) -> Cells:
    """Find the local day and hour of each time."""
    local = epoch_s + offsets_s(epoch_s, ZoneInfo(zone))
    return Cells(day=local // _DAY_S, hour=local % _DAY_S // 3_600)


def calendar(past: Past, horizon: int, known: Known | None) -> Calendar:
    """Lay a past, and what is known of `horizon` steps, on calendar days.

    An hour is the mean of its intervals; an hour that a change of clocks skips, and any other
    gap, is filled from the day before, and its day is not learnt from. Exogenous rows beyond
    those known are those of a day before.

    Raises
    ------
    InvalidValue
        There is not one whole day, or an exogenous column is missing.
    """
    ahead = cells(past.end_s + past.step_s * np.arange(horizon, dtype=np.int64), past.zone)
    at = cells(past.epoch_s, past.zone)
    first = int(at.day[0]) + int(at.hour[0] > 0) if len(past) else 0
    number, last = int(ahead.day[0]), int(ahead.day[-1])
    if number - first < 1 or not np.isfinite(past.values).any():
        raise InvalidValue(
            f"forecast of {past.target}: the past holds no whole day of values; give more of it"
        )
    prices = _means(at, past.values[:, None], first, number + 1)[:, :, 0]
    days = Days(
        prices=filled(prices[:-1]),
        exog=np.empty((number - first + 1, HOURS, 0)),
        weekday=(np.arange(first, number + 1) + _MONDAY) % 7,
        whole=_whole(prices[:-1]),
        number=number,
    )
    exog = _exog(past, known, at, ahead, (first, last + 1))
    return Calendar(
        days=days.with_exog(exog[: len(days) + 1]),
        today=prices[-1],
        later=exog[len(days) + 1 :],
        ahead=ahead,
    )


def _whole(prices: Floats) -> Ints:
    """Days without a gap; the one hour that a change of clocks skips is none."""
    return np.asarray((np.isnan(prices).sum(axis=1) <= 1).astype(np.int64))


def _exog(
    past: Past, known: Known | None, at: Cells, ahead: Cells, span: tuple[int, int]
) -> Floats:
    """Exogenous series of the days of `span`, shape (days, 24, k)."""
    rows = future_exog(past, ahead.day.size, known)
    both = Cells(
        day=np.concatenate([at.day, ahead.day]), hour=np.concatenate([at.hour, ahead.hour])
    )
    return filled(_means(both, np.vstack([past.exog, rows]), *span))


def future_exog(past: Past, horizon: int, known: Known | None) -> Floats:
    """Exogenous rows of the steps ahead, shape (horizon, k), NaN beyond what is known.

    Raises
    ------
    InvalidValue
        A column of the past is missing.
    """
    rows = np.full((horizon, len(past.exog_names)), np.nan)
    if past.exog_names:
        columns = _columns(past, known)[:horizon]
        rows[: len(columns)] = columns
    return rows


def _columns(past: Past, known: Known | None) -> Floats:
    """Known rows in the order of the past's columns."""
    missing = [name for name in past.exog_names if known is None or name not in known.names]
    if known is None or missing or not len(known.values):
        raise InvalidValue(
            f"forecast of {past.target}: known_future lacks {missing or past.exog_names}, which "
            "was fitted; give its values for the steps ahead"
        )
    return known.values[:, [known.names.index(name) for name in past.exog_names]]


def _means(at: Cells, values: Floats, first: int, end: int) -> Floats:
    """Mean of the known values in each hour of the days from `first` to `end`, NaN where none."""
    count, width = (end - first) * HOURS, values.shape[1]
    cell = (at.day - first) * HOURS + at.hour
    inside = (cell >= 0) & (cell < count)
    made = np.full((count, width), np.nan)
    for column in range(width):
        kept = inside & np.isfinite(values[:, column])
        total = np.bincount(cell[kept], values[kept, column], minlength=count)
        number = np.bincount(cell[kept], minlength=count)
        made[number > 0, column] = total[number > 0] / number[number > 0]
    return made.reshape(end - first, HOURS, width)
