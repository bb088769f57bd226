"""Each oddity is found where it was put, and not elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mara.domain import History
from mara.models.signals import AnomalyKind, find_anomalies
from mara.models.signals.anomalies import find_anomalies_within
from mara.models.signals.regime import cusum
from tests.models.forecasting.pasts import DAY, past, seasonal_ar1


def _kinds(values: np.ndarray, *, minutes: float = 5.0) -> set[AnomalyKind]:
    return {a.kind for a in find_anomalies(past(values, minutes=minutes))}


def _quiet(seed: int = 1) -> np.ndarray:
    return seasonal_ar1(9, seed)


def test_a_quiet_market_is_not_odd() -> None:
    assert [_kinds(_quiet(seed)) for seed in range(20)] == [set()] * 20


@pytest.mark.parametrize("price", [5_000.0, -251.0])
def test_a_spike_is_flagged_and_stays(price: float) -> None:
    values = _quiet()
    values[-1] = price
    (found,) = find_anomalies(past(values))
    assert found.kind is AnomalyKind.SPIKE
    assert np.sign(found.size) == np.sign(price)
    assert f"{price:,.2f}" in found.reason
    assert past(values).series("energy_usd_per_mwh")[-1] == price


def test_a_jump_from_nothing_is_a_spike_of_finite_size() -> None:
    values = np.zeros(2 * DAY)
    values[-1] = 5.0
    (found,) = find_anomalies(past(values))
    assert found.size == pytest.approx(100.0)


def test_a_figure_that_does_not_move_is_no_spike() -> None:
    assert _kinds(np.full(2 * DAY, 7.0)) == set()


def test_six_equal_values_are_a_flatline() -> None:
    values = _quiet()
    values[-5:] = values[-6]
    assert AnomalyKind.FLATLINE in _kinds(values)
    values = _quiet()
    values[-4:] = values[-5]
    assert AnomalyKind.FLATLINE not in _kinds(values)


def test_a_figure_that_moves_once_a_day_is_no_flatline() -> None:
    daily = np.repeat(50.0 + np.random.default_rng(2).normal(size=9), DAY)
    assert AnomalyKind.FLATLINE not in _kinds(daily[:-10])
    assert AnomalyKind.FLATLINE in _kinds(np.concatenate([daily, np.full(DAY, daily[-1])]))


def test_an_assumed_figure_is_no_flatline() -> None:
    values = _quiet()
    values[-12:] = values[-13]
    history = past(values)
    assert [a.kind for a in find_anomalies(history)] == [AnomalyKind.FLATLINE]
    assumed = {"energy_usd_per_mwh"}
    assert find_anomalies(history, assumed=assumed) == ()
    assert find_anomalies_within(history, 3, assumed=assumed) == ()


def test_a_constant_is_no_flatline_after_a_gap_either() -> None:
    values = np.full(2 * DAY, 1_500.0)
    values[-20:-9] = np.nan
    assert _kinds(values) == set()
    values[: -3 * 12] += np.random.default_rng(3).normal(size=2 * DAY - 3 * 12)
    assert _kinds(values) == {AnomalyKind.FLATLINE}, "a value that moved before did freeze"


def test_missing_intervals_are_a_gap_when_they_begin_and_when_they_end() -> None:
    values = _quiet()
    values[-4:-1] = np.nan
    (found,) = find_anomalies(past(values))
    assert (found.kind, found.size) == (AnomalyKind.GAP, 3.0)
    assert "back after 3" in found.reason
    values[-1] = np.nan
    (found,) = find_anomalies(past(values))
    assert (found.kind, found.size) == (AnomalyKind.GAP, 4.0)
    assert "missing since 4" in found.reason


def test_missing_rows_are_missing_values() -> None:
    values = _quiet()
    whole = past(values)
    kept = np.r_[0 : values.size - 4, values.size - 1]
    rows = replace(whole, epoch_s=whole.epoch_s[kept], values=whole.values[kept])
    (found,) = find_anomalies(rows)
    assert (found.kind, found.size) == (AnomalyKind.GAP, 3.0)


@pytest.mark.parametrize("shift", [25.0, -25.0])
def test_a_new_level_is_a_regime_break(shift: float) -> None:
    values = _quiet(3)
    values[-18 * 12 :] += shift
    found = [a for a in find_anomalies(past(values)) if a.kind is AnomalyKind.REGIME_BREAK]
    assert len(found) == 1
    assert np.sign(found[0].size) == np.sign(shift)
    assert ("higher" if shift > 0 else "lower") in found[0].reason


@pytest.mark.stat
def test_false_alarms_of_a_regime_break_are_rare() -> None:
    alarms = [AnomalyKind.REGIME_BREAK in _kinds(_quiet(seed)) for seed in range(100, 300)]
    assert np.mean(alarms) <= 0.03


def test_too_little_past_tells_no_regime() -> None:
    short = _quiet()[: 3 * DAY]
    short[-100:] += 100.0
    assert AnomalyKind.REGIME_BREAK not in _kinds(short)
    odd_step = seasonal_ar1(9, 4)[:1_500]
    assert AnomalyKind.REGIME_BREAK not in _kinds(odd_step, minutes=7.0)
    frozen = np.full(9 * DAY, 3.0)
    frozen[-DAY:] += 100.0
    assert AnomalyKind.REGIME_BREAK not in _kinds(frozen)


def test_an_hour_without_any_value_tells_no_regime() -> None:
    values = _quiet(5)
    values[-18 * 12 :] += 25.0
    values[3 * DAY : 3 * DAY + 40] = np.nan
    assert AnomalyKind.REGIME_BREAK not in _kinds(values)


def test_a_first_value_is_not_odd() -> None:
    assert _kinds(np.array([5.0])) == set()
    assert find_anomalies(History(minutes=5.0)) == ()


def test_looking_back_finds_what_was_odd_then() -> None:
    values = _quiet()
    values[-10] = 5_000.0
    history = past(values)
    assert find_anomalies(history) == ()
    (found,) = find_anomalies_within(history, 12)
    assert found.kind is AnomalyKind.SPIKE
    assert found.at.timestamp() == history.epoch_s[-10]
    assert find_anomalies_within(history, 9) == ()


def test_cusum_adds_what_exceeds_its_slack() -> None:
    assert cusum(np.array([1.0, 1.0, 2.0])) == (2.5, 0.0)
    assert cusum(np.array([-1.0, -1.0, 3.0])) == (2.5, 0.0)
    assert cusum(np.array([-2.0, -2.0])) == (0.0, 3.0)
