"""Days of 23 and 25 hours, and half hours in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mara.feeds.timestamps import epochs

if TYPE_CHECKING:
    from collections.abc import Iterator

CHICAGO = ZoneInfo("America/Chicago")


def local_day(day: date, zone: ZoneInfo, minutes: int = 5) -> Iterator[str]:
    """Wall clock times of one calendar day, as a meter in `zone` would write them."""
    at = datetime.combine(day, time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    while at < end:
        yield at.astimezone(zone).replace(tzinfo=None).isoformat()
        at += timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("zone", "day", "count"),
    [
        ("America/Chicago", date(2025, 3, 9), 276),
        ("America/Chicago", date(2025, 11, 2), 300),
        ("Europe/Berlin", date(2025, 3, 30), 276),
        ("Europe/Berlin", date(2025, 10, 26), 300),
        ("Australia/Lord_Howe", date(2025, 10, 5), 282),
        ("Australia/Lord_Howe", date(2025, 4, 6), 294),
        ("America/Chicago", date(2025, 6, 1), 288),
        ("UTC", date(2025, 6, 1), 288),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_every_interval_of_a_day_is_told_once(zone: str, day: date, count: int, order: int) -> None:
    cells = list(local_day(day, ZoneInfo(zone)))
    told = epochs(cells[::order], ZoneInfo(zone))
    at = np.array(told[::order])
    assert at.size == count
    assert np.all(np.diff(at) == 300)
    assert at[0] == datetime.combine(day, time(), ZoneInfo(zone)).timestamp()


def test_an_hour_that_comes_twice_but_stands_once_is_refused() -> None:
    cells = [f"2025-11-02T{h:02}:30:00" for h in range(6)]
    told = epochs(cells, CHICAGO)
    assert "comes twice in America/Chicago and the file does not tell which" in told[1]
    assert [isinstance(t, int) for t in told] == [True, False, True, True, True, True]


def test_an_hour_that_comes_twice_in_no_order_is_refused() -> None:
    cells = list(local_day(date(2025, 11, 2), CHICAGO, 30))
    shuffled = [cells[i] for i in np.random.default_rng(5).permutation(len(cells))]
    told = dict(zip(shuffled, epochs(shuffled, CHICAGO), strict=True))
    assert isinstance(told["2025-11-02T01:30:00"], str)
    assert isinstance(told["2025-11-02T02:00:00"], int)


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    (told,) = epochs(["2025-03-09T02:30:00"], CHICAGO)
    assert told == "2025-03-09T02:30:00 does not exist in America/Chicago: clocks skip it"


def test_an_offset_wins_over_the_zone() -> None:
    told = epochs(["2025-11-02T01:30:00-05:00", "2025-11-02T01:30:00-06:00"], CHICAGO)
    assert told[1] - told[0] == 3600


def test_values_of_other_kinds_are_times_too() -> None:
    at = datetime(2025, 6, 1, tzinfo=UTC)
    assert epochs([at, date(2025, 6, 1), None], ZoneInfo("UTC")) == [
        int(at.timestamp()),
        int(at.timestamp()),
        "is empty",
    ]


@pytest.mark.parametrize("cell", ["9999-12-31T23:59:00", "0001-01-01T00:00:00"])
def test_the_ends_of_the_calendar_break_nothing(cell: str) -> None:
    (told,) = epochs([cell], CHICAGO)
    assert isinstance(told, int | str)
