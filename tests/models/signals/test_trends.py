"""Trends of a history whose shape is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import History
from mara.errors import InvalidValue
from mara.models.signals import Trend, market_trends
from mara.models.signals.trends import slope
from tests.models.forecasting.pasts import DAY, ENERGY, past, seasonal_ar1, sine


def _trend(values: np.ndarray) -> Trend:
    (trend,) = market_trends(past(values))
    return trend


def test_a_straight_line_is_described_exactly() -> None:
    trend = _trend(100.0 + 0.5 * np.arange(8 * DAY))
    assert trend.figure == ENERGY
    assert trend.level == 100.0 + 0.5 * (8 * DAY - 1)
    assert trend.change_1h == pytest.approx(6.0)
    assert trend.change_24h == pytest.approx(144.0)
    assert trend.slope_per_h == pytest.approx(6.0)
    assert trend.slope_se_per_h == pytest.approx(0.0, abs=1e-9)
    assert trend.volatility == pytest.approx(0.0, abs=1e-9)
    assert trend.percentile == 1.0
    assert "rising by 6.00 an hour" in trend.reason


def test_a_fall_is_called_so() -> None:
    assert "falling by 6.00" in _trend(-0.5 * np.arange(2.0 * DAY)).reason


@pytest.mark.stat
def test_the_standard_error_is_that_of_independent_noise() -> None:
    rng = np.random.default_rng(1)
    made = [slope(rng.normal(0.0, 2.0, 72), step_h=1 / 12) for _ in range(2_000)]
    slopes, errors = np.array(made, dtype=float).T
    assert slopes.std() == pytest.approx(errors.mean(), rel=0.05)
    assert abs(slopes.mean()) < 3 * errors.mean() / np.sqrt(2_000)


@given(st.floats(-50.0, 50.0), st.floats(0.1, 10.0))
def test_trends_shift_and_scale_with_the_figure(shift: float, factor: float) -> None:
    values = seasonal_ar1(9, 2)
    plain, moved = _trend(values), _trend(shift + factor * values)
    assert moved.slope_per_h == pytest.approx(factor * (plain.slope_per_h or 0.0), rel=1e-6)
    assert moved.volatility == pytest.approx(factor * (plain.volatility or 0.0), rel=1e-6)
    assert moved.hour_z == pytest.approx(plain.hour_z, rel=1e-6)
    assert moved.percentile == plain.percentile


def test_the_same_hour_of_other_days_is_the_measure() -> None:
    values = sine(8 * DAY) + np.random.default_rng(3).normal(0.0, 1.0, 8 * DAY)
    values[-1] = sine(8 * DAY)[-1] + 6.0
    assert _trend(values).hour_z == pytest.approx(6.0, rel=0.3)


def test_what_is_not_known_is_none() -> None:
    short = _trend(np.array([1.0, 2.0]))
    assert (short.change_1h, short.change_24h, short.slope_per_h) == (None, None, None)
    assert (short.volatility, short.hour_z) == (None, None)
    assert "no clear direction" in short.reason
    gap = np.arange(2.0 * DAY)
    gap[-13] = np.nan
    assert _trend(gap).change_1h is None


def test_a_frozen_figure_has_no_hour_z() -> None:
    assert _trend(np.full(5 * DAY, 3.0)).hour_z is None


def test_a_figure_that_is_missing_now_has_no_trend() -> None:
    values = seasonal_ar1(2, 4)
    values[-1] = np.nan
    assert market_trends(past(values)) == ()
    assert market_trends(History(minutes=5.0)) == ()


def test_a_level_is_a_number() -> None:
    with pytest.raises(InvalidValue, match="level"):
        Trend(
            figure=ENERGY,
            level=float("nan"),
            change_1h=None,
            change_24h=None,
            slope_per_h=None,
            slope_se_per_h=None,
            volatility=None,
            percentile=0.5,
            hour_z=None,
            reason="",
        )
