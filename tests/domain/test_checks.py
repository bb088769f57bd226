"""The guards themselves."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import checks
from mara.errors import InvalidValue

NOT_NUMBERS = [math.nan, math.inf, -math.inf, "3", None, True]


@pytest.mark.parametrize("value", NOT_NUMBERS)
@pytest.mark.parametrize("check", [checks.finite, checks.non_negative, checks.positive])
def test_what_is_no_finite_number_is_refused(check: Any, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidValue, match=r"Owner: field=.* must be a finite number"):
        check("Owner", "field", value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_signs(value: float) -> None:
    checks.finite("o", "f", value)
    for check, allowed in ((checks.non_negative, value >= 0), (checks.positive, value > 0)):
        if allowed:
            check("o", "f", value)
        else:
            with pytest.raises(InvalidValue, match="must"):
                check("o", "f", value)


@pytest.mark.parametrize("value", [-1, 2.0, 2.5, True, "2"])
def test_things_are_counted_whole(value: Any) -> None:  # noqa: ANN401
    with pytest.raises(InvalidValue, match="whole number"):
        checks.whole("o", "f", value)
    checks.whole("o", "f", 3)


def test_bounds_are_part_of_the_range() -> None:
    checks.within("o", "f", 0.0, 0.0, 1.0)
    checks.within("o", "f", 1.0, 0.0, 1.0)
    with pytest.raises(InvalidValue, match=r"between 0.0 and 1.0"):
        checks.within("o", "f", 1.001, 0.0, 1.0)


def test_a_series_names_the_place_of_its_fault() -> None:
    checks.all_finite("o", "f", (1.0, 2.0))
    with pytest.raises(InvalidValue, match=r"f\[1\]=nan"):
        checks.all_finite("o", "f", (1.0, math.nan))


def test_times_are_in_utc() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    checks.aware("o", "f", datetime(2026, 1, 1, tzinfo=UTC))
    checks.aware("o", "f", datetime(2026, 1, 1, tzinfo=timezone(timedelta(0))))
    with pytest.raises(InvalidValue, match="no time zone"):
        checks.aware("o", "f", naive)
    with pytest.raises(InvalidValue, match="not in UTC"):
        checks.aware("o", "f", datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))))


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_names_have_a_length(name: str) -> None:
    checks.named("o", "f", "x")
    with pytest.raises(InvalidValue, match="1 to 200 characters"):
        checks.named("o", "f", name)
