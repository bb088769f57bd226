"""The value function: exact on small cases, concave, rising, and never above perfect foresight."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.models.storage.foresight import perfect_foresight
from mara.models.storage.marginal import before, target
from mara.models.storage.markov import PriceChain, solve
from mara.models.storage.operate import operate
from mara.models.storage.unit import StorageUnit

PRICES = st.floats(-150.0, 3_000.0, allow_nan=False)


def _chance(rng: np.random.Generator, states: int, tables: int = 1) -> np.ndarray:
    drawn = rng.random((tables, states, states)) + 0.05
    return drawn / drawn.sum(axis=2, keepdims=True)


def _brute_force(chain: PriceChain, unit: StorageUnit, cells: int) -> np.ndarray:
    """Value of each level in each state before the first step, by trying every whole step."""
    cell = unit.energy_mwh / cells
    up, down = round(unit.charge_mwh / cell), round(unit.discharge_mwh / cell)
    states = chain.prices.shape[1]
    value = np.zeros((cells + 1, states))
    for t in range(len(chain.prices) - 1, -1, -1):
        later = chain.discount * value @ chain.transitions[chain.which[t]].T
        now = np.full_like(value, -np.inf)
        for e, s, k in product(range(cells + 1), range(states), range(-down, up + 1)):
            price = chain.prices[t, s]
            if 0 <= e + k <= cells and (k >= 0 or price >= unit.least_sale_usd_per_mwh):
                now[e, s] = max(now[e, s], unit.cash(float(price), k * cell) + later[e + k, s])
        value = now
    return value


@pytest.mark.parametrize("seed", range(6))
def test_it_equals_brute_force_on_small_cases(seed: int) -> None:
    rng = np.random.default_rng(seed)
    states, steps, cells = 3, 7, 8
    unit = StorageUnit(
        energy_mwh=2.0,
        charge_mwh=0.25 * (1 + seed % 3),
        discharge_mwh=0.25 * (1 + seed % 4),
        charge_efficiency=0.9,
        discharge_efficiency=0.85,
        wear_usd_per_mwh=4.0 * (seed % 2),
    )
    chain = PriceChain(
        prices=rng.normal(40.0, 60.0, (steps, states)),
        transitions=_chance(rng, states, 2),
        which=tuple(int(k) for k in rng.integers(0, 2, steps)),
        discount=1.0 - 0.02 * seed,
    )
    found = solve(chain, unit, cells=cells)
    wanted = _brute_force(chain, unit, cells)
    ours = [[found.value_usd(s, e * 0.25) for s in range(states)] for e in range(cells + 1)]
    assert np.abs(np.array(ours) - wanted).max() < 1e-9


@given(seed=st.integers(0, 10_000), negative=st.booleans())
@settings(max_examples=30)
def test_the_value_is_concave_and_rises_where_prices_are_positive(
    seed: int,
    negative: bool,  # noqa: FBT001
) -> None:
    rng = np.random.default_rng(seed)
    unit = StorageUnit(
        energy_mwh=1.0,
        charge_mwh=rng.uniform(0.02, 1.0),
        discharge_mwh=rng.uniform(0.02, 1.0),
        charge_efficiency=0.9,
        discharge_efficiency=0.9,
        wear_usd_per_mwh=10.0,
    )
    prices = rng.uniform(-80.0 if negative else 0.0, 400.0, (12, 4))
    chain = PriceChain(prices=prices, transitions=_chance(rng, 4), which=(0,) * 12)
    found = solve(chain, unit, cells=23)
    assert np.diff(found.after, axis=2).max() <= 1e-9
    assert np.diff(found.first, axis=1).max() <= 1e-9
    if not negative:
        assert min(found.after.min(), found.first.min()) >= 0.0


@given(prices=st.lists(PRICES, min_size=3, max_size=40), seed=st.integers(0, 99))
@settings(max_examples=25)
def test_no_policy_beats_perfect_foresight(prices: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    unit = StorageUnit(
        energy_mwh=1.0,
        charge_mwh=0.1125,
        discharge_mwh=0.125 / 0.9,
        charge_efficiency=0.9,
        discharge_efficiency=0.9,
        wear_usd_per_mwh=10.0,
    )
    path = np.array(prices)
    chain = PriceChain(
        prices=np.sort(rng.choice(path, (path.size, 3)), axis=1),
        transitions=_chance(rng, 3),
        which=(0,) * path.size,
    )
    slopes = solve(chain, unit, cells=40).after[:, int(rng.integers(3))]
    made = operate(path, slopes, unit, start_mwh=0.5)
    most = perfect_foresight(path, unit, start_mwh=0.5)
    assert made.cash_usd.sum() <= most.cash_usd.sum() + 1e-6
    assert made.stored_mwh.min() >= 0.0
    assert made.stored_mwh.max() <= 1.0
    assert not np.any((np.diff(made.stored_mwh, prepend=0.5) < -1e-12) & (path < 0.0))


@given(prices=st.lists(PRICES, min_size=2, max_size=30))
@settings(max_examples=15)
def test_known_prices_give_the_optimum_of_the_linear_programme(prices: list[float]) -> None:
    unit = StorageUnit(energy_mwh=1.0, charge_mwh=0.125, discharge_mwh=0.25, charge_efficiency=0.9)
    path = np.array(prices)
    chain = PriceChain(prices=path[:, None], transitions=np.ones((1, 1, 1)), which=(0,) * path.size)
    value = solve(chain, unit, cells=16).value_usd(0, 0.5)
    most = perfect_foresight(path, unit, start_mwh=0.5).cash_usd.sum()
    assert value <= most + 1e-6
    if path.min() >= 0.0:
        assert value == pytest.approx(most, abs=1e-6)


def test_it_buys_and_sells_until_the_worth_meets_the_price() -> None:
    unit = StorageUnit(energy_mwh=1.0, charge_mwh=1.0, discharge_mwh=1.0)
    falling = 100.0 * (1.0 - (np.arange(100) + 0.5) / 100.0)
    assert target(falling, 40.0, 0.2, unit) == pytest.approx(0.6, abs=1e-6)
    assert target(falling, 40.0, 0.9, unit) == pytest.approx(0.6, abs=1e-6)
    assert target(falling, -5.0, 0.9, unit) == 1.0
    assert target(falling, 200.0, 0.9, unit) == 0.0
    idle = StorageUnit(energy_mwh=1.0, charge_mwh=1.0, discharge_mwh=1.0, charge_efficiency=0.5)
    assert target(falling, 60.0, 0.5, idle) < 0.5
    assert target(falling, 40.0, 0.5, idle) == 0.5


def test_one_step_moves_no_further_than_its_power() -> None:
    unit = StorageUnit(energy_mwh=1.0, charge_mwh=0.1, discharge_mwh=0.3)
    level = np.full(10, 50.0)
    assert target(level, 20.0, 0.5, unit) == pytest.approx(0.6)
    assert target(level, 80.0, 0.5, unit) == pytest.approx(0.2)
    now = before(level, np.array(20.0), unit)
    assert now[-1] == 20.0
    assert now[0] == 50.0


def test_impossible_chains_are_refused() -> None:
    prices, moves = np.ones((2, 2)), np.full((1, 2, 2), 0.5)
    with pytest.raises(InvalidValue, match="prices"):
        PriceChain(prices=prices * np.nan, transitions=moves, which=(0, 0))
    with pytest.raises(InvalidValue, match="shape"):
        PriceChain(prices=np.ones((2, 3)), transitions=moves, which=(0, 0))
    with pytest.raises(InvalidValue, match="probabilities"):
        PriceChain(prices=prices, transitions=moves * 1.1, which=(0, 0))
    with pytest.raises(InvalidValue, match="which"):
        PriceChain(prices=prices, transitions=moves, which=(0,))
    chain = PriceChain(prices=prices, transitions=moves, which=(0, 0))
    unit = StorageUnit(energy_mwh=1.0, charge_mwh=0.5, discharge_mwh=0.5)
    with pytest.raises(InvalidValue, match="cells"):
        solve(chain, unit, cells=0)
    with pytest.raises(InvalidValue, match="shape"):
        solve(chain, unit, cells=4, terminal=np.zeros((1, 4)))
    with pytest.raises(InvalidValue, match="concave"):
        solve(chain, unit, cells=2, terminal=np.array([[0.0, 1.0], [0.0, 0.0]]))


def test_a_store_that_begins_too_full_has_no_optimum() -> None:
    unit = StorageUnit(energy_mwh=1.0, charge_mwh=0.5, discharge_mwh=0.5)
    with pytest.raises(SolverFailed, match="no optimum"):
        perfect_foresight(np.ones(3), unit, start_mwh=5.0)
