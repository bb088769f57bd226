"""What each forecaster finds in a past whose law is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.models.forecasting import LEVELS, fit_figure
from mara.models.forecasting.scores import pinball
from mara.models.forecasting.seasonal_ar import autoregression, propagation
from mara.models.forecasting.series import local_slots, on_grid, regular
from mara.models.forecasting.spread import horizons, spread_of
from tests.models.forecasting.pasts import (
    DAY,
    ENERGY,
    START_S,
    past,
    random_walk,
    seasonal_ar1,
    sine,
)


def test_autoregression_finds_the_coefficients() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=20_000)
    for i in range(2, z.size):
        z[i] += 0.6 * z[i - 1] + 0.3 * z[i - 2]
    np.testing.assert_allclose(autoregression(z, 2), [0.6, 0.3], atol=0.03)
    z[5_000:5_050] = np.nan
    np.testing.assert_allclose(autoregression(z, 2), [0.6, 0.3], atol=0.03)


def test_autoregression_never_explodes() -> None:
    growing = 1.01 ** np.arange(500.0)
    roots = np.roots([1.0, *-autoregression(growing, 3)])
    assert np.abs(roots).max() <= 0.999 + 1e-9
    assert autoregression(np.zeros(50), 3) == pytest.approx([0.0, 0.0, 0.0])


def test_propagation_is_the_recursion() -> None:
    phi = np.array([0.5, -0.2, 0.3])
    z = [1.0, 2.0, -1.0]
    table = propagation(phi, 6)
    expected = list(z)
    for _ in range(6):
        expected.append(float(phi @ expected[:-4:-1]))
    np.testing.assert_allclose(table @ np.array(z[::-1]), expected[3:])


def test_a_daily_shape_is_found_through_the_noise() -> None:
    values = seasonal_ar1(30, 2)
    history = past(values[: 28 * DAY])
    made = fit_figure("seasonal-ar", history, ENERGY).predict(history, DAY)
    assert made.model == "seasonal-ar"
    far = slice(60, DAY)  # by then 0.9 ** 60 of the last noise is left
    error = np.array(made.mean)[far] - sine(DAY)[far]
    assert np.abs(error).mean() < 1.5


def test_weekends_have_a_shape_of_their_own() -> None:
    values = seasonal_ar1(28, 12)
    days = [datetime.fromtimestamp(START_S, UTC) + timedelta(days=d) for d in range(28)]
    weekend = np.repeat([d.weekday() >= 5 for d in days], DAY)
    values[weekend] -= 15.0
    # The past ends with a Wednesday, so that three days ahead lies a Saturday.
    made = fit_figure("seasonal-ar", past(values), ENERGY).predict(past(values), 3 * DAY)
    friday, saturday = np.array(made.mean)[DAY : 2 * DAY], np.array(made.mean)[2 * DAY :]
    # Of the 15 that weekends are lower, four weekends show most: the rest is shrunk away.
    assert 8.0 < (friday - saturday).mean() < 16.0


@pytest.mark.stat
def test_intervals_cover_what_they_say() -> None:
    covered = []
    for seed in range(40):
        values = seasonal_ar1(15, 100 + seed)
        history = past(values[: 14 * DAY])
        made = fit_figure("seasonal-ar", history, ENERGY).predict(history, DAY)
        covered.append([np.mean(values[14 * DAY :] <= np.array(q.values)) for q in made.quantiles])
    np.testing.assert_allclose(np.mean(covered, axis=0), LEVELS, atol=0.05)


@pytest.mark.stat
def test_seasonal_ar_beats_the_naive_on_a_seasonal_past() -> None:
    losses = {"seasonal-ar": 0.0, "seasonal-naive": 0.0}
    for seed in range(10):
        values = seasonal_ar1(15, 200 + seed)
        history = past(values[: 14 * DAY])
        for name in losses:
            made = fit_figure(name, history, ENERGY).predict(history, DAY)
            for q in made.quantiles:
                pairs = zip(q.values, values[14 * DAY :], strict=True)
                losses[name] += sum(pinball(q.level, quantile, y) for quantile, y in pairs)
    assert losses["seasonal-ar"] < 0.85 * losses["seasonal-naive"]


def test_persistence_stands_in_and_says_why() -> None:
    def model(values: np.ndarray) -> str:
        return fit_figure("seasonal-ar", past(values), ENERGY).model

    assert model(seasonal_ar1(1, 3)) == "persistence (less than two days known)"
    assert model(np.full(3 * DAY, 7.0)) == "persistence (constant)"
    assert model(random_walk(30, 4)) == "persistence (it erred less on the same past)"
    rare = np.full(30 * DAY, np.nan)
    rare[::10] = np.random.default_rng(5).normal(size=rare[::10].size)
    assert model(rare).startswith("persistence")


def test_after_a_long_gap_the_profile_speaks_alone() -> None:
    values = seasonal_ar1(20, 6)
    fitted = fit_figure("seasonal-ar", past(values), ENERGY)
    silent = np.concatenate([values, np.full(30, np.nan)])
    made = fitted.predict(past(silent), 10)
    error = np.array(made.mean) - sine(silent.size + 10)[-10:]
    assert np.abs(error).max() < 3.0


def test_the_mean_stays_within_the_past() -> None:
    values = seasonal_ar1(20, 7)
    fitted = fit_figure("seasonal-ar", past(values), ENERGY)
    spiked = values.copy()
    spiked[-5:] = 5_000.0
    assert max(fitted.predict(past(spiked), DAY).mean) <= values.max()


def test_the_naive_repeats_the_newest_known_day() -> None:
    values = np.arange(3.0 * DAY)
    values[2 * DAY + 7] = np.nan
    history = past(values)
    mean = fit_figure("seasonal-naive", history, ENERGY).predict(history, DAY + 10).mean
    assert mean[0] == 2.0 * DAY
    assert mean[7] == 1.0 * DAY + 7
    assert mean[DAY : DAY + 3] == mean[:3]


def test_only_the_last_thirty_days_are_read() -> None:
    series = regular(past(np.arange(40.0 * DAY)), ENERGY)
    assert series.values.size == 30 * DAY
    assert series.values[0] == 10.0 * DAY


def test_a_time_off_the_grid_goes_to_the_nearest_point() -> None:
    history = past(np.arange(4.0))
    shaken = type(history)(
        minutes=5.0, epoch_s=history.epoch_s + np.array([20, -10, 0, 0]), values=history.values
    )
    assert on_grid(shaken, ENERGY).values.tolist() == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", "2026-03-08", 23),
        ("America/Chicago", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("UTC", "2026-03-08", 24),
    ],
)
def test_slots_follow_the_local_clock(zone: str, day: str, hours: float) -> None:
    """The days of 23, 25 and 24.5 hours still begin in slot 0 and end in the last one."""
    place = ZoneInfo(zone)
    midnight = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=place)
    start_s = int(midnight.timestamp())
    times = start_s + 300 * np.arange(round(hours * 12), dtype=np.int64)
    slots, weekend = local_slots(times, place, slot_s=1_800)
    walls = [datetime.fromtimestamp(int(t), UTC).astimezone(place) for t in times]
    assert slots.tolist() == [2 * w.hour + w.minute // 30 for w in walls]
    assert weekend.all()
    assert (slots[0], slots[-1]) == (0, 47)


def test_working_days_are_no_weekend() -> None:
    week = START_S + 86_400 * np.arange(7, dtype=np.int64)
    _, weekend = local_slots(week, ZoneInfo("UTC"), slot_s=1_800)
    days = [datetime.fromtimestamp(START_S, UTC) + timedelta(days=i) for i in range(7)]
    assert weekend.tolist() == [d.weekday() >= 5 for d in days]


def test_horizons_are_whole_steps() -> None:
    assert horizons(300, 288).tolist() == [1, 3, 6, 12, 24, 48, 96, 144, 288]
    assert horizons(3_600, 5).tolist() == [1, 2, 4, 5]


def test_the_spread_grows_as_a_random_walk_between_what_is_measured() -> None:
    rng = np.random.default_rng(9)
    spread = spread_of({1: rng.normal(0, 1, 50_000), 9: rng.normal(0, 3, 50_000)})
    assert spread is not None
    np.testing.assert_allclose(spread.over(12)[3, 4], 2 * 1.645, rtol=0.05)
    np.testing.assert_allclose(spread.over(12)[11], spread.over(12)[8])
    assert spread_of({1: np.arange(19.0)}) is None


@given(st.floats(0.01, 0.99), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_pinball_is_the_tilted_distance(level: float, quantile: float, value: float) -> None:
    loss = pinball(level, quantile, value)
    assert loss >= 0.0
    assert pinball(0.5, quantile, value) == pytest.approx(abs(value - quantile) / 2)
    other = pinball(1.0 - level, quantile, value)
    assert loss + other == pytest.approx(abs(value - quantile), abs=1e-9)
