"""Local phases over changes of the clock and of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.models.market.local_time import LocalTime
from mara.models.market.seasonal import SeasonalShape

TEXAS = ZoneInfo("America/Chicago")


def local(start: datetime, n_steps: int, zone: ZoneInfo = TEXAS) -> LocalTime:
    return LocalTime.of(start, n_steps, step_minutes=5, zone=zone)


@given(
    start=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
    zone=st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
)
def test_phases_are_those_of_the_wall_clock(start: datetime, zone: str) -> None:
    begin = start.replace(second=0, microsecond=0, minute=start.minute // 5 * 5, tzinfo=UTC)
    time = local(begin, 300, ZoneInfo(zone))
    for step in (0, 150, 299):
        wall = (begin + timedelta(minutes=5 * step)).astimezone(ZoneInfo(zone))
        middle = wall.replace(tzinfo=None) + timedelta(minutes=2.5)
        minutes = 60 * middle.hour + middle.minute + middle.second / 60
        assert time.day_phase[step] == pytest.approx(minutes / 1440)
        assert time.weekday[step] == middle.weekday()
        year = datetime(middle.year, 1, 1)  # noqa: DTZ001
        length = datetime(middle.year + 1, 1, 1) - year  # noqa: DTZ001
        assert time.year_phase[step] == pytest.approx((middle - year) / length)


@pytest.mark.parametrize(
    ("start", "hours"),
    [
        (datetime(2026, 3, 8, 6, tzinfo=UTC), 23),
        (datetime(2026, 11, 1, 5, tzinfo=UTC), 25),
        (datetime(2026, 7, 1, 5, tzinfo=UTC), 24),
    ],
)
def test_days_of_23_and_25_hours_are_whole(start: datetime, hours: int) -> None:
    time = local(start, 12 * hours)
    assert time.day_phase[0] == pytest.approx(2.5 / 1440)
    assert time.day_phase[-1] == pytest.approx(1 - 2.5 / 1440)
    assert len(set(time.weekday.tolist())) == 1


def test_weekends_are_saturday_and_sunday() -> None:
    week = local(datetime(2026, 1, 5, 6, tzinfo=UTC), 7 * 288)
    assert week.is_weekend.sum() == 2 * 288
    assert week.is_sunday.sum() == 288
    assert week.is_sunday[-1]


def test_a_shape_is_its_fourier_series() -> None:
    time = local(datetime(2026, 1, 5, 6, tzinfo=UTC), 9 * 288)
    shape = SeasonalShape(level=(1.0, 2.0, 3.0), daily=((0.5,), (0.1, 0.0, 0.2)))
    y, d = 2 * np.pi * time.year_phase, 2 * np.pi * time.day_phase
    expected = 1 + 2 * np.cos(y) + 3 * np.sin(y)
    expected += 0.5 * np.cos(d) + (0.1 + 0.2 * np.sin(y)) * np.sin(d)
    np.testing.assert_allclose(shape.at(time), expected)


@pytest.mark.parametrize("daily", [((1.0,),), ((1.0,),) * 8])
def test_a_shape_needs_pairs_of_up_to_three_harmonics(daily: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(InvalidValue, match="series"):
        SeasonalShape(level=(0.0,), daily=daily)


@pytest.mark.parametrize("level", [(), (1.0, 2.0), (0.0,) * 7])
def test_a_shape_needs_a_mean_and_pairs(level: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="coefficients"):
        SeasonalShape(level=level)
