"""The scored price: as a law, on a lattice, with a band of switching, and a store valued twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.stats import kstest

from mara.errors import SolverFailed
from mara.models.stochastic import Grid, PriceSeries
from mara.models.storage.band import Band, switching_band
from mara.models.storage.least_squares import storage_value
from mara.models.storage.markov import PriceChain, solve
from mara.models.storage.scored import ScoredPrice
from mara.models.storage.scored_lattice import (
    drawn_states,
    fine_states,
    nearest_state,
    scored_chain,
)
from mara.models.storage.switching import Machine
from mara.models.storage.unit import StorageUnit

BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = 0.5


def observed(n: int = 4_000, wave: float = 0.0) -> PriceSeries:
    """Give half-hourly prices with spikes and negative ones: an autoregression through a map."""
    rng = np.random.default_rng(5)
    score = np.zeros(n)
    for t, e in enumerate(rng.standard_normal(n - 1) * np.sqrt(1.0 - 0.95**2), start=1):
        score[t] = 0.95 * score[t - 1] + e
    score += wave * np.sin(2.0 * np.pi * HOUR * np.arange(n) / 24.0)
    price = 30.0 + 25.0 * score + np.exp(2.2 * np.maximum(score, 0.0))
    return PriceSeries(values=price, dt=HOUR, begins=BEGINS)


SERIES = observed()
STEADY = ScoredPrice.calibrate_steady(SERIES)
CHAIN = scored_chain(STEADY.law, fine_states(STEADY.law, HOUR), dt=HOUR, steps=1)


def test_reversion_and_quantiles_are_found_again() -> None:
    rate = next(e for e in STEADY.estimates if e.name == "rate")
    assert rate.low <= -np.log(0.95) / HOUR <= rate.high
    assert STEADY.law.noise.stationary_variance == pytest.approx(1.0, abs=0.2)
    scores = STEADY.law.prices.score(SERIES.values)
    np.testing.assert_allclose(STEADY.law.prices.price(scores), SERIES.values, atol=1.0)
    residuals = STEADY.law.residuals(SERIES)
    assert residuals.std() == pytest.approx(1.0, abs=0.02)
    assert abs(np.corrcoef(residuals[:-1], residuals[1:])[0, 1]) < 0.05


@pytest.mark.stat
@pytest.mark.parametrize("wave", [0.0, 0.8])
def test_simulated_paths_have_the_moments_of_the_law(wave: float) -> None:
    law = ScoredPrice.calibrate(observed(wave=wave)).law
    grid = Grid(n_paths=20_000, n_steps=30, dt=HOUR, start=40.0, begins=BEGINS)
    paths = law.simulate(np.random.default_rng(2), grid)
    expected = law.moments(grid)
    error = expected.standard_deviation / np.sqrt(grid.n_paths)
    assert (paths[:, 0] == 40.0).all()
    assert (np.abs(paths.mean(axis=0) - expected.mean)[1:] < 4.5 * error[1:]).all()
    scores = law.scores.moments(replace(grid, start=float(law.prices.score(np.array([40.0]))[0])))
    end = (law.prices.score(paths[:, -1]) - scores.mean[-1]) / scores.standard_deviation[-1]
    assert kstest(end, "norm").statistic < 1.63 / np.sqrt(grid.n_paths)


def test_a_season_is_learnt_and_makes_the_fit_better() -> None:
    series = observed(wave=0.8)
    with_season, without = ScoredPrice.calibrate(series), ScoredPrice.calibrate_steady(series)
    assert with_season.log_likelihood > without.log_likelihood + 10.0
    x = fine_states(with_season.law, HOUR)
    chain = scored_chain(with_season.law, x, dt=HOUR, steps=48, begins=BEGINS)
    middle = chain.prices[:, x.size // 2]
    assert int(np.argmax(middle)) == pytest.approx(12, abs=2)
    assert int(np.argmin(middle)) == pytest.approx(36, abs=2)


def test_a_price_that_only_alternates_has_no_law() -> None:
    swings = PriceSeries(values=np.tile([1.0, 9.0], 40), dt=1.0)
    with pytest.raises(SolverFailed, match="no reversion"):
        ScoredPrice.calibrate_steady(swings)


def test_states_of_the_lattice_are_drawn_by_its_law() -> None:
    chain = replace(CHAIN, prices=np.tile(CHAIN.prices, (40, 1)), which=(0,) * 40)
    start = nearest_state(chain, 30.0)
    states = drawn_states(chain, np.random.default_rng(3), start=start, paths=4_000)
    assert (states[:, 0] == start).all()
    law = np.zeros(chain.prices.shape[1])
    law[start] = 1.0
    for _ in range(39):
        law = law @ chain.transitions[0]
    drawn = np.bincount(states[:, -1], minlength=law.size) / 4_000
    assert np.abs(np.cumsum(drawn) - np.cumsum(law)).max() < 1.63 / np.sqrt(4_000)


def band(cost: float, strike: float = 60.0, stop: float = 0.0) -> Band:
    machine = Machine(start_cost_usd=cost, stop_cost_usd=stop, discount=1.0 - 1e-4)
    return switching_band(
        CHAIN.prices[0], CHAIN.transitions[0], machine, strike=strike, mwh=2.0 * HOUR
    )


def test_without_a_cost_both_prices_are_the_strike_price() -> None:
    for strike in (20.0, 41.7, 60.0):
        free = band(0.0, strike)
        assert free.curtail_above == pytest.approx(strike, abs=1e-6)
        assert free.resume_below == pytest.approx(strike, abs=1e-6)
        assert free.best == free.strike


def test_the_band_widens_with_the_cost_of_a_switch() -> None:
    bands = [band(cost) for cost in (0.0, 2.0, 10.0, 40.0)]
    above = [b.curtail_above or 0.0 for b in bands]
    below = [b.resume_below or 0.0 for b in bands]
    assert (np.diff(above) > 0.0).all()
    assert (np.diff(below) < 0.0).all()
    starts = [b.best.starts for b in bands]
    assert (np.diff(starts) <= 0.0).all()
    assert all(b.best.earned_usd >= b.strike.earned_usd - 1e-9 for b in bands)
    assert bands[-1].best.earned_usd > bands[-1].strike.earned_usd
    assert band(2.0, stop=3.0).curtail_above == pytest.approx(band(5.0).curtail_above, rel=0.02)


def test_where_the_price_never_gets_to_the_strike_nothing_is_switched() -> None:
    never, always = band(5.0, strike=1e5), band(5.0, strike=-1e5)
    assert never.curtail_above is None
    assert never.resume_below is None
    assert never.best.running == pytest.approx(1.0, abs=1e-5)
    assert never.best.starts == pytest.approx(0.0, abs=1e-6)
    assert always.curtail_above is None
    assert always.best.running == pytest.approx(0.0, abs=1e-5)


def test_the_long_run_of_the_strike_rule_is_that_of_a_simulation() -> None:
    chain = replace(CHAIN, prices=np.tile(CHAIN.prices, (4_000, 1)), which=(0,) * 4_000)
    states = drawn_states(chain, np.random.default_rng(4), start=80, paths=20)
    runs = CHAIN.prices[0][states] < 60.0
    assert band(5.0).strike.running == pytest.approx(runs.mean(), abs=0.02)
    assert band(5.0).strike.starts == pytest.approx((runs[:, 1:] & ~runs[:, :-1]).mean(), rel=0.1)


def valued(chain: PriceChain, law: ScoredPrice, paths: int) -> tuple[float, float, float]:
    unit = StorageUnit(
        energy_mwh=4.0,
        charge_mwh=1.0,
        discharge_mwh=1.0,
        charge_efficiency=0.95,
        discharge_efficiency=0.95,
        wear_usd_per_mwh=5.0,
    )
    start = nearest_state(chain, 40.0)
    exact = solve(chain, unit, cells=4).value_usd(start, 0.0)
    steps = np.arange(len(chain.prices))
    rng = np.random.default_rng(8)
    fit, new = (
        chain.prices[steps, drawn_states(chain, rng, start=start, paths=paths)] for _ in range(2)
    )
    found = storage_value(fit, new, unit, discount=1.0, seen=law.prices.score)
    return exact, found.value, found.standard_error


@pytest.mark.stat
def test_least_squares_on_scores_agrees_with_dynamic_programming_on_the_same_lattice() -> None:
    law = ScoredPrice.calibrate(observed(wave=0.8)).law
    x = fine_states(law, HOUR)
    chain = scored_chain(law, x, dt=HOUR, steps=48, begins=BEGINS)
    exact, value, error = valued(chain, law, 6_000)
    assert value == pytest.approx(exact, abs=3.0 * error)
    assert 0.0 < error < 0.03 * exact
