"""The simulator: the same numbers however a window is cut, and within bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.models.market import MAX_STEPS, WEST_TEXAS, MarketPath, MarketSimulator
from mara.models.market.law import QUANTITIES, STEPS_PER_BLOCK

START = datetime(2026, 1, 5, 3, 35, tzinfo=UTC)
STEP = timedelta(minutes=5)
YEAR_STEPS = 365 * 288


def generator(seed: int, block: int) -> np.random.Generator:
    return np.random.default_rng([seed, block])


def market(seed: int = 1, start: datetime = START) -> MarketSimulator:
    return MarketSimulator(rng_for_block=partial(generator, seed), start=start)


def values(path: MarketPath) -> np.ndarray:
    return np.stack([getattr(path, name) for name in QUANTITIES])


@pytest.fixture(scope="module")
def quarter() -> np.ndarray:
    return values(market().path(START, 13 * STEPS_PER_BLOCK))


@pytest.fixture(scope="module")
def year() -> MarketPath:
    return market(seed=4).path(START, YEAR_STEPS)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (values(market().path(START, 5_000)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_another_seed_gives_another_market() -> None:
    first, second = (values(market(seed=seed).path(START, 300)) for seed in (1, 2))
    assert (first != second).all(axis=1).any()
    assert not np.allclose(first, second)


@given(
    windows=st.lists(
        st.tuples(st.integers(0, 12 * STEPS_PER_BLOCK), st.integers(1, STEPS_PER_BLOCK)),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_windows_in_any_order_agree_with_one_long_call(
    quarter: np.ndarray, windows: list[tuple[int, int]]
) -> None:
    simulator = market()
    for first, n_steps in windows:
        path = simulator.path(START + first * STEP, n_steps)
        assert path.start == START + first * STEP
        np.testing.assert_array_equal(values(path), quarter[:, first : first + n_steps])


def test_single_steps_over_a_border_of_blocks_agree_with_one_call(quarter: np.ndarray) -> None:
    simulator = market()
    for step in range(STEPS_PER_BLOCK - 2, STEPS_PER_BLOCK + 2):
        path = simulator.path(START + step * STEP, 1)
        np.testing.assert_array_equal(values(path)[:, 0], quarter[:, step])


def test_the_zone_of_the_start_does_not_matter() -> None:
    there = START.astimezone(ZoneInfo("America/Chicago"))
    path = market(start=there).path(there, 10)
    assert path.start == START == market(start=there).start
    assert path.start.tzinfo is UTC
    np.testing.assert_array_equal(values(path), values(market().path(START, 10)))


def test_caches_are_bounded_and_a_return_to_the_past_agrees() -> None:
    simulator = market()
    before = values(simulator.path(START, 10))
    simulator.path(START + 6 * 366 * 288 * STEP, 2 * STEPS_PER_BLOCK)
    assert len(simulator._states) == 256
    simulator.path(START, 12 * STEPS_PER_BLOCK)
    assert len(simulator._filled) == 8
    np.testing.assert_array_equal(values(simulator.path(START, 10)), before)


def test_a_distant_window_fills_only_its_own_blocks() -> None:
    simulator = market()
    simulator.path(START + 20 * 52 * STEPS_PER_BLOCK * STEP, 5)
    assert list(simulator._filled) == [20 * 52]


def test_each_block_asks_for_its_own_generator() -> None:
    asked: list[int] = []

    def rng_for_block(block: int) -> np.random.Generator:
        asked.append(block)
        return generator(1, block)

    simulator = MarketSimulator(rng_for_block=rng_for_block, start=START)
    simulator.path(START + 2 * STEPS_PER_BLOCK * STEP, 1)
    assert asked == [0, 1, 2, 3]


def test_bounds_hold_over_a_year(year: MarketPath) -> None:
    energy = WEST_TEXAS.energy
    assert len(year) == YEAR_STEPS
    assert year.energy_usd_per_mwh.min() >= energy.floor_usd_per_mwh
    assert year.energy_usd_per_mwh.max() == energy.cap_usd_per_mwh
    for name in (
        "hash_usd_per_ph_day",
        "token_usd_per_mtok",
        "demand_mtok_per_h",
        "grid_load_mw",
    ):
        assert getattr(year, name).min() > 0.0, name
    assert np.isfinite(values(year)).all()
    assert -40.0 < year.temperature_c.min() < 0.0
    assert 35.0 < year.temperature_c.max() < 60.0


def test_prices_are_high_in_hot_and_in_loaded_hours(year: MarketPath) -> None:
    score = np.argsort(np.argsort(year.energy_usd_per_mwh))
    assert np.corrcoef(score, year.grid_load_mw)[0, 1] > 0.2
    assert np.corrcoef(score, year.temperature_c)[0, 1] > 0.1


def test_the_weather_that_prices_feel_is_that_of_the_temperature() -> None:
    """Coupled fully, July's prices follow the anomaly of the temperature, the hour taken out."""
    coupled = replace(WEST_TEXAS, energy=replace(WEST_TEXAS.energy, weather_coupling=1.0))
    july = datetime(2026, 7, 1, 5, tzinfo=UTC)
    market = MarketSimulator(rng_for_block=partial(generator, 1), start=july, parameters=coupled)
    path = market.path(july, 28 * 288)
    ranks = [
        np.argsort(np.argsort(values.reshape(28, 288), axis=0), axis=0).ravel()
        for values in (path.energy_usd_per_mwh, path.temperature_c)
    ]
    assert np.corrcoef(*ranks)[0, 1] > 0.5


@pytest.mark.parametrize(
    "start",
    [
        START.replace(tzinfo=None),
        START + timedelta(minutes=1),
        START + timedelta(microseconds=1),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
    ids=["naive", "off the minute", "off the second", "too early", "too late"],
)
def test_an_impossible_beginning_is_refused(start: datetime) -> None:
    with pytest.raises(InvalidValue, match="MarketSimulator: start"):
        market(start=start)


@pytest.mark.parametrize(
    ("start", "n_steps", "says"),
    [
        (START.replace(tzinfo=None), 1, "no time zone"),
        (START - STEP, 1, "before the market's"),
        (START + STEP / 2, 1, "off the grid"),
        (START, 0, "n_steps is 0"),
        (START, -3, "n_steps is -3"),
        (START, MAX_STEPS + 1, f"1 to {MAX_STEPS}"),
        (datetime(9998, 12, 31, 23, 55, tzinfo=UTC), 2, "earlier window"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), 1, "before the market's"),
    ],
)
def test_an_impossible_window_is_refused(start: datetime, n_steps: int, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        market().path(start, n_steps)


def _arrays(n: int) -> dict[str, np.ndarray]:
    return {name: np.ones(n) for name in QUANTITIES}


def test_a_path_is_read_only() -> None:
    path = market().path(START, 3)
    with pytest.raises(ValueError, match="read-only"):
        path.energy_usd_per_mwh[0] = 0.0


def test_a_path_refuses_arrays_of_several_lengths() -> None:
    with pytest.raises(InvalidValue, match="temperature_c has shape"):
        MarketPath(start=START, **{**_arrays(3), "temperature_c": np.ones(2)})


def test_a_path_refuses_nan() -> None:
    with pytest.raises(InvalidValue, match="grid_load_mw is not finite"):
        MarketPath(start=START, **{**_arrays(3), "grid_load_mw": np.array([1.0, np.nan, 1.0])})


def test_a_path_refuses_a_step_that_is_no_time() -> None:
    with pytest.raises(InvalidValue, match="step_minutes"):
        MarketPath(start=START, step_minutes=0, **_arrays(1))


def test_a_path_refuses_another_zone() -> None:
    with pytest.raises(InvalidValue, match="not in UTC"):
        MarketPath(start=START.astimezone(ZoneInfo("America/Chicago")), **_arrays(1))
