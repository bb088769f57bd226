"""The statistics themselves, and the simulated market's against the real one's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from mara.errors import InvalidValue
from mara.models.market import MarketSimulator
from mara.models.market.statistics import (
    LAGS,
    PriceStatistics,
    Runs,
    autocorrelation,
    comparison_table,
    price_statistics,
    runs_of,
    settlement_means,
)

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2023, 1, 1, 6, tzinfo=UTC)
YEAR_STEPS = 365 * 288


def generator(seed: int, block: int) -> np.random.Generator:
    return np.random.default_rng([seed, block])


def simulated_year(seed: int) -> np.ndarray:
    market = MarketSimulator(rng_for_block=partial(generator, seed), start=START)
    path = market.path(START, YEAR_STEPS)
    return settlement_means(path.energy_usd_per_mwh, step_minutes=path.step_minutes)


def test_settlement_means_are_of_three_steps_of_five_minutes() -> None:
    means = settlement_means(np.arange(6.0), step_minutes=5)
    np.testing.assert_array_equal(means, [1.0, 4.0])


@pytest.mark.parametrize(("n", "step"), [(7, 5), (6, 4)])
def test_broken_intervals_are_refused(n: int, step: int) -> None:
    with pytest.raises(InvalidValue, match="whole intervals"):
        settlement_means(np.ones(n), step_minutes=step)


def test_runs_are_counted_and_timed() -> None:
    held = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], dtype=bool)
    assert runs_of(held, step_minutes=15) == Runs(
        count=3, mean_min=30.0, median_min=30.0, longest_min=45.0
    )
    assert runs_of(~held & held, step_minutes=15).count == 0


def test_autocorrelation_of_a_wave_is_that_of_its_lag() -> None:
    wave = np.sin(2 * np.pi * np.arange(9_600) / 96)
    assert autocorrelation(wave, 96) == pytest.approx(1.0)
    assert autocorrelation(wave, 48) == pytest.approx(-1.0)


def test_statistics_of_a_known_year() -> None:
    prices = np.tile([-5.0, 20.0, 150.0, 2_000.0], 1_000)
    prices[:2_000] = np.abs(prices[:2_000])
    statistics = price_statistics(prices)
    assert statistics.mean == pytest.approx(prices.mean())
    assert statistics.share_below_0 == pytest.approx(0.125)
    assert statistics.share_below_0_first_half == 0.0
    assert statistics.share_below_0_second_half == pytest.approx(0.25)
    assert statistics.share_above_100 == pytest.approx(0.5)
    assert statistics.share_above_1000 == pytest.approx(0.25)
    assert statistics.spikes.count == 1_000
    assert statistics.surplus.mean_min == 15.0


def test_the_table_sets_the_real_year_beside_the_simulated() -> None:
    rng = np.random.default_rng(1)
    table = comparison_table(rng.normal(40.0, 30.0, 2_000), rng.normal(40.0, 30.0, (5, 2_000)))
    lines = table.splitlines()
    assert lines[0].startswith("| statistic | real |")
    assert len({line.count("|") for line in lines}) == 1
    assert any(line.startswith("| share below 0, first half-year, %") for line in lines)
    assert any(line.startswith("| quantile 99.9 %, USD/MWh") for line in lines)


@pytest.fixture(scope="module")
def real(bench_data: Path) -> PriceStatistics:
    file = pd.read_csv(bench_data / "ercot_rt15min_2023.csv.gz")
    return price_statistics(file["HB_WEST"].to_numpy(dtype=np.float64))


@cache
def simulated() -> tuple[PriceStatistics, ...]:
    return tuple(price_statistics(simulated_year(seed)) for seed in range(100))


def median_of(name: str) -> float:
    return float(np.median([getattr(year, name) for year in simulated()]))


@pytest.mark.slow
@pytest.mark.stat
@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("mean", 0.05),
        ("standard_deviation", 0.20),
        ("share_below_0", 0.20),
        ("share_below_0_first_half", 0.20),
        ("share_below_0_second_half", 0.20),
        ("share_above_100", 0.20),
        ("share_above_1000", 0.20),
    ],
)
def test_the_median_of_100_years_is_near_the_real_year(
    real: PriceStatistics, name: str, tolerance: float
) -> None:
    assert median_of(name) == pytest.approx(getattr(real, name), rel=tolerance)


@pytest.mark.slow
@pytest.mark.stat
@pytest.mark.no_cover
@pytest.mark.parametrize("lag", ["15 min", "24 h"])
def test_the_memory_of_prices_is_near_the_real_one(real: PriceStatistics, lag: str) -> None:
    entry = list(LAGS).index(lag)
    median = np.median([year.autocorrelations[entry] for year in simulated()])
    assert median == pytest.approx(real.autocorrelations[entry], abs=0.1)


@pytest.mark.slow
@pytest.mark.stat
@pytest.mark.no_cover
def test_spikes_are_as_many_and_as_long_as_the_real_ones(real: PriceStatistics) -> None:
    count = np.median([year.spikes.count for year in simulated()])
    mean_min = np.median([year.spikes.mean_min for year in simulated()])
    assert count == pytest.approx(real.spikes.count, rel=0.25)
    assert mean_min == pytest.approx(real.spikes.mean_min, rel=0.25)


@pytest.mark.stat
def test_one_year_has_negative_prices_spikes_and_a_daily_shape() -> None:
    """Bounds of 100 simulated years with room; needs no file."""
    prices = simulated_year(seed=7)
    year = price_statistics(prices)
    assert 0.03 < year.share_below_0 < 0.18
    assert year.share_below_0_first_half > year.share_below_0_second_half
    assert 0.001 < year.share_above_1000 < 0.03
    assert year.autocorrelations[0] > 0.7
    summer = prices[151 * 96 : 243 * 96].reshape(-1, 96)
    hours = np.median(summer, axis=0).reshape(24, 4).mean(axis=1)  # from 01:00 local
    assert hours[[17, 18, 19]].mean() > 1.5 * hours[[2, 3, 4]].mean()


def test_a_year_takes_no_step_outside_five_minutes() -> None:
    market = MarketSimulator(rng_for_block=partial(generator, 1), start=START)
    assert market.path(START + timedelta(days=1), 288).step_minutes == 5
