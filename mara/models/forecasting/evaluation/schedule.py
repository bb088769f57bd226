"""When forecasts are issued in a rolling evaluation, and when models are fitted anew."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from mara.domain.checks import positive
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.models.forecasting.past import Past

__all__ = ["Schedule", "day_end_s", "last_days"]

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One forecast of `horizon` steps at each of `issues_s`; a new fit at every `refit_every`-th.

    `issues_s` are seconds since 1970 UTC, rising: a forecast knows what ended by then, and begins
    there.
    """

    issues_s: tuple[int, ...]
    horizon: int
    refit_every: int = 1

    def __post_init__(self) -> None:
        positive("Schedule", "horizon", self.horizon)
        positive("Schedule", "refit_every", self.refit_every)
        if not self.issues_s or list(self.issues_s) != sorted(set(self.issues_s)):
            raise InvalidValue("Schedule: issues_s must be there and rise strictly")


def last_days(
    past: Past, days: int, *, horizon: int, refit_every: int = 1, start: date | None = None
) -> Schedule:
    """Issue a forecast at the local midnight of each of `days` calendar days of the past's zone.

    They begin at the day `start`, or are the newest whole days. `refit_every` counts days.

    Raises
    ------
    InvalidValue
        The past does not hold so many days with at least one before them.
    """
    positive("evaluation", "test days", days)
    zone = ZoneInfo(past.zone)
    first = _local_date(past.start_s, zone)
    end = _local_date(past.end_s, zone)
    begin = end - days * _DAY if start is None else start
    midnights = tuple(_midnight_s(begin + i * _DAY, zone) for i in range(days))
    if midnights[0] <= past.start_s or day_end_s(midnights[-1], past.zone) > past.end_s:
        raise InvalidValue(
            f"evaluation: {days} test days from {begin} do not fit into the past, which goes from "
            f"{first} to {end}; give fewer days, an earlier start or a longer file"
        )
    issues = (m for m in midnights if (m - past.start_s) % past.step_s == 0)
    return Schedule(issues_s=tuple(issues), horizon=horizon, refit_every=refit_every)


def day_end_s(at_s: int, zone: str) -> int:
    """End of the calendar day of `zone` that holds `at_s`, seconds since 1970 UTC.

    >>> day_end_s(0, "UTC"), day_end_s(86_399, "UTC")
    (86400, 86400)
    """
    local = ZoneInfo(zone)
    return _midnight_s(_local_date(at_s, local) + _DAY, local)


def _local_date(at_s: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).date()


def _midnight_s(day: date, zone: ZoneInfo) -> int:
    """Find the first moment of a local day; where summer time skips midnight, the next hour."""
    naive = int(datetime.combine(day, time(), tzinfo=zone).timestamp())
    moments = [naive + shift for shift in range(-7_200, 7_201, 900)]
    return moments[bisect_left([_local_date(m, zone) for m in moments], day)]
