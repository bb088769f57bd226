"""Each quantity against its own law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.market import WEST_TEXAS
from mara.models.market.demand import demand_mtok_per_h
from mara.models.market.energy import EnergyPrice, MonotoneCurve
from mara.models.market.hashprice import HashPrice, HashState
from mara.models.market.load import grid_load_mw
from mara.models.market.local_time import LocalTime
from mara.models.market.seasonal import SeasonalShape
from mara.models.market.temperature import temperature_c
from mara.models.market.tokenprice import token_usd_per_mtok

WEEK = 2_016


def week(month: int) -> LocalTime:
    """The week from the first Monday or so of a month of 2026, midnight in Texas."""
    start = datetime(2026, month, 5, 6, tzinfo=UTC)
    return LocalTime.of(start, WEEK, step_minutes=5, zone=WEST_TEXAS.zone)


def hash_price(**changes: float) -> HashPrice:
    return HashPrice(replace(WEST_TEXAS.hash, **changes), step_minutes=5, n_steps=WEEK)


def price_at(driver: float, scarcity: float, month: int = 7) -> np.ndarray:
    full = np.full(WEEK, 1.0)
    return EnergyPrice(WEST_TEXAS.energy).usd_per_mwh(
        own=driver * full, scarcity=scarcity * full, weather=0.0 * full, time=week(month)
    )


def test_energy_prices_rise_with_net_load_and_with_scarcity() -> None:
    scores = np.linspace(-6.0, 6.0, 25)
    by_driver = np.stack([price_at(score, -6.0) for score in scores])
    by_scarcity = np.stack([price_at(0.0, score) for score in scores])
    assert (np.diff(by_driver, axis=0) >= 0.0).all()
    assert (np.diff(by_scarcity, axis=0) >= 0.0).all()


def test_energy_prices_reach_floor_and_cap_and_stay_there() -> None:
    assert price_at(-9.0, -9.0, month=1).min() == WEST_TEXAS.energy.floor_usd_per_mwh
    assert price_at(9.0, 9.0).max() == WEST_TEXAS.energy.cap_usd_per_mwh


def test_summer_evenings_are_dear_and_winter_afternoons_are_cheap() -> None:
    summer, winter = price_at(0.0, 0.0, month=8), price_at(0.0, 0.0, month=2)
    evening = (week(8).day_phase > 19 / 24) & (week(8).day_phase < 21 / 24)
    assert summer[evening].mean() > 1.5 * summer[~evening].mean()
    afternoon = (week(2).day_phase > 13 / 24) & (week(2).day_phase < 16 / 24)
    assert winter[afternoon].mean() < 0.7 * winter[~afternoon].mean()


def test_hot_weather_raises_summer_prices_and_lowers_winter_ones() -> None:
    zero, hot = np.zeros(WEEK), np.full(WEEK, 2.0)
    law = EnergyPrice(WEST_TEXAS.energy)
    for month, sign in ((7, 1.0), (1, -1.0)):
        mild, warm = (
            law.usd_per_mwh(own=zero, scarcity=zero - 6.0, weather=weather, time=week(month))
            for weather in (zero, hot)
        )
        assert sign * (warm - mild).mean() > 0.0


def test_each_side_of_the_net_load_has_its_own_width_and_sundays_their_own_centre() -> None:
    """A supply of 100 USD/MWh a score and no scarcity show the score itself."""
    law = EnergyPrice(
        replace(
            WEST_TEXAS.energy,
            centre=SeasonalShape(level=(0.1,)),
            log_low=SeasonalShape(level=(np.log(0.5),)),
            log_high=SeasonalShape(level=(np.log(2.0),)),
            sunday_centre=-0.3,
            supply=MonotoneCurve(scores=(-10.0, 10.0), usd_per_mwh=(-1_000.0, 1_000.0)),
        )
    )
    time, zero = week(3), np.zeros(WEEK)
    for driver, score in ((-1.0, 0.1 - 0.5), (1.0, 0.1 + 2.0)):
        prices = law.usd_per_mwh(own=zero + driver, scarcity=zero - 9.0, weather=zero, time=time)
        width = abs(score - 0.1)
        spread = np.sqrt(1.0 - (WEST_TEXAS.energy.weather_coupling * time.annual[1]) ** 2)
        expected = 10.0 + 100.0 * np.sign(driver) * width * spread - 30.0 * time.is_sunday
        np.testing.assert_allclose(prices, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("scores", "prices", "says"),
    [
        ((0.0, 1.0), (1.0,), "two knots"),
        ((0.0,), (1.0,), "two knots"),
        ((0.0, 0.0), (1.0, 2.0), "falls"),
        ((0.0, 1.0), (2.0, 1.0), "falls"),
    ],
)
def test_a_curve_needs_rising_knots(
    scores: tuple[float, ...], prices: tuple[float, ...], says: str
) -> None:
    with pytest.raises(InvalidValue, match=says):
        MonotoneCurve(scores=scores, usd_per_mwh=prices)


def test_difficulty_steps_divide_the_hash_price() -> None:
    """With a flat bitcoin price the hash price is level exp(-step) after the step, else flat."""
    law = hash_price(btc_volatility=0.0)
    state = HashState(log_price=np.log(50.0), steps_left=700.5, next_step=0.05)
    prices = law.usd_per_ph_day(state, price_shock=0.0, shocks=np.zeros(WEEK))
    np.testing.assert_allclose(prices[:701], 50.0)
    np.testing.assert_allclose(prices[701:], 50.0 * np.exp(-0.05))
    after = law.carry(state, price_shock=0.0, step_shock=0.0)
    assert np.exp(after.log_price) == pytest.approx(prices[-1])


def test_an_epoch_of_faster_blocks_is_shorter() -> None:
    """An epoch that ends in the step s lasts 14 exp(-s) days of 288 steps."""
    law = hash_price(step_noise=1.0)
    state = HashState(log_price=np.log(50.0), steps_left=0.0, next_step=0.0)
    after = law.carry(state, price_shock=0.0, step_shock=0.1)
    assert after.next_step == pytest.approx(0.1)
    assert after.steps_left + WEEK == pytest.approx(14 * 288 * np.exp(-0.1))


def test_a_step_of_difficulty_is_limited() -> None:
    law = hash_price(step_noise=1.0)
    state = HashState(log_price=np.log(50.0), steps_left=0.0, next_step=0.0)
    steps = [law.carry(state, price_shock=0.0, step_shock=e).next_step for e in (-9.0, 9.0)]
    assert steps == [-0.25, 0.25]


def test_a_hash_price_block_ends_where_the_next_begins() -> None:
    law, rng = hash_price(), np.random.default_rng(3)
    state = law.first(epoch_gone=0.6, shock=0.4)
    for _ in range(30):
        shock, step = rng.standard_normal(2)
        prices = law.usd_per_ph_day(state, price_shock=shock, shocks=rng.standard_normal(WEEK))
        assert np.log(prices[0]) + state.next_step * (state.steps_left <= 0) == pytest.approx(
            state.log_price
        )
        state = law.carry(state, price_shock=shock, step_shock=step)
        assert abs(np.log(prices[-1]) - state.log_price) < 0.02


@pytest.mark.stat
def test_hash_price_volatility_and_reversion_follow_the_law() -> None:
    """Over 400 years: daily volatility as given, and half the log gap gone in about half a year.

    Weekly log prices of an Ornstein-Uhlenbeck process of the epochs' rate 0.055 a fortnight have
    the stationary deviation sigma / sqrt(2 rate) = .475 / sqrt(2 x 1.43) = .28, widened to .31 by
    the steps' own noise; tolerance 15 %.
    """
    law, rng = hash_price(), np.random.default_rng(8)
    state, logs, epochs = law.first(epoch_gone=0.0, shock=0.0), [], 0
    for shock, step in rng.standard_normal((400 * 52, 2)):
        epochs += state.steps_left < WEEK
        state = law.carry(state, price_shock=shock, step_shock=step)
        logs.append(state.log_price)
    assert np.std(logs) == pytest.approx(0.31, rel=0.15)
    assert np.mean(logs) == pytest.approx(np.log(50.0), abs=0.05)
    assert 400 * 365 / epochs == pytest.approx(14.0, rel=0.03)


def test_bitcoin_moves_with_its_volatility_within_a_block() -> None:
    rng = np.random.default_rng(3)
    state = HashState(log_price=0.0, steps_left=9_999.0, next_step=0.0)
    law = hash_price()
    paths = [
        law.usd_per_ph_day(
            state, price_shock=rng.standard_normal(), shocks=rng.standard_normal(WEEK)
        )
        for _ in range(200)
    ]
    daily = np.diff(np.log(np.stack(paths))[:, ::288], axis=1).std()
    assert daily == pytest.approx(0.475 / np.sqrt(365.25), rel=0.06)


def test_the_token_price_has_its_median_and_its_spread() -> None:
    z = np.random.default_rng(1).standard_normal(100_000)
    prices = token_usd_per_mtok(WEST_TEXAS.token, z)
    assert np.median(prices) == pytest.approx(0.70, rel=0.01)
    assert np.log(prices).std() == pytest.approx(0.15, rel=0.02)


def test_a_week_of_demand_without_noise_has_the_mean_given() -> None:
    parameters = replace(WEST_TEXAS.demand, demand_mean_mtok_per_h=12.0, log_sd=0.0)
    demand = demand_mtok_per_h(parameters, np.zeros(WEEK), week(6))
    assert demand.mean() == pytest.approx(12.0)
    by_day = demand.reshape(-1, 288).mean(axis=1)
    weekend = week(6).is_weekend.reshape(-1, 288).mean(axis=1) > 0.5
    assert by_day[weekend].max() < 0.9 * by_day[~weekend].min()
    night = week(6).day_phase < 5 / 24
    assert demand[night].max() < demand[~night].mean()


def test_noise_leaves_the_mean_of_demand() -> None:
    z = np.random.default_rng(1).standard_normal((200, WEEK))
    demand = np.stack([demand_mtok_per_h(WEST_TEXAS.demand, row, week(6)) for row in z])
    assert demand.mean() == pytest.approx(1.0, rel=0.005)


def test_temperatures_follow_season_and_hour() -> None:
    """Midland's normals: about 7 degC in January, 29 degC in July, warmest in the afternoon."""
    january, july = (
        temperature_c(WEST_TEXAS.temperature, np.zeros(WEEK), week(month)) for month in (1, 7)
    )
    assert january.mean() == pytest.approx(7.0, abs=1.5)
    assert july.mean() == pytest.approx(29.0, abs=1.5)
    assert 14 / 24 < week(7).day_phase[july.argmax()] < 18 / 24


def test_load_rises_with_heat_and_with_cold_and_falls_on_weekends() -> None:
    time, zero = week(5), np.zeros(WEEK)
    load = [
        grid_load_mw(WEST_TEXAS.load, zero, np.full(WEEK, degrees), time).mean()
        for degrees in (-5.0, 14.0, 35.0)
    ]
    assert load[0] > load[1]
    assert load[2] > load[1]
    mild = grid_load_mw(WEST_TEXAS.load, zero, np.full(WEEK, 14.0), time)
    assert mild[time.is_weekend].mean() < mild[~time.is_weekend].mean()


@pytest.mark.parametrize(
    ("part", "changes", "says"),
    [
        ("energy", {"floor_usd_per_mwh": 5_000.0}, "floor_usd_per_mwh"),
        ("energy", {"weather_coupling": 1.5}, "weather_coupling"),
        ("energy", {"scarcity_coupling": float("nan")}, "scarcity_coupling"),
        ("hash", {"level_usd_per_ph_day": 0.0}, "level_usd_per_ph_day"),
        ("hash", {"btc_volatility": -1.0}, "btc_volatility"),
        ("hash", {"step_limit": 0.7}, "step_limit"),
        ("token", {"level_usd_per_mtok": -1.0}, "level_usd_per_mtok"),
        ("token", {"log_sd": float("inf")}, "log_sd"),
        ("demand", {"demand_mean_mtok_per_h": 0.0}, "demand_mean_mtok_per_h"),
        ("demand", {"weekend_factor": 3.5}, "weekend_factor"),
        ("demand", {"shape": SeasonalShape(level=(0.0,), daily=((-0.8,), (0.3,)))}, "positive"),
    ],
)
def test_impossible_parameters_are_refused(part: str, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(getattr(WEST_TEXAS, part), **changes)
