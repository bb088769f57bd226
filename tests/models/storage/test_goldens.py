"""Published values: Longstaff and Schwartz 2001, table 1, and storage on an exponential OU price."""

from __future__ import annotations

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.models.stochastic.ornstein_uhlenbeck import OrnsteinUhlenbeck
from mara.models.storage.lattice import lattice_chain, lattice_states
from mara.models.storage.least_squares import storage_value
from mara.models.storage.markov import solve
from mara.models.storage.stopping import stopping_value
from mara.models.storage.unit import StorageUnit

TABLE_1 = [
    (36.0, 0.2, 1, 4.478),
    (36.0, 0.4, 2, 8.508),
    (38.0, 0.2, 1, 3.250),
    (40.0, 0.2, 1, 2.314),
    (40.0, 0.4, 2, 6.920),
]
LAW = OrnsteinUhlenbeck(mean=3.0, rate=1.0, volatility=0.5)


@pytest.mark.stat
@pytest.mark.parametrize(("spot", "volatility", "years", "value"), TABLE_1)
def test_american_puts_of_longstaff_and_schwartz(
    spot: float, volatility: float, years: int, value: float
) -> None:
    rng = np.random.default_rng(2001)
    steps, rate = 50 * years, 0.06
    h = 1.0 / 50.0
    normal = rng.standard_normal((8_000, steps))
    walk = np.concatenate([normal, -normal]) * volatility * np.sqrt(h)
    price = spot * np.exp(np.cumsum(walk + (rate - volatility**2 / 2.0) * h, axis=1))
    found = stopping_value(np.maximum(40.0 - price, 0.0), price, discount=float(np.exp(-rate * h)))
    assert found.value == pytest.approx(value, rel=0.01)
    assert 0.0 < found.standard_error < 0.01 * value
    assert 0.1 < found.stopped_early < 0.9


def test_storage_on_an_exponential_ou_price() -> None:
    """Capacity 50, rate 1 a day, a year of daily decisions: converged value 64.0 to 64.2."""
    unit = StorageUnit(energy_mwh=50.0, charge_mwh=1.0, discharge_mwh=1.0)
    x = lattice_states(LAW, 151)
    chain = lattice_chain(
        LAW, x, dt=1 / 365, steps=365, price=np.exp, discount=float(np.exp(-0.1 / 365))
    )
    value = solve(chain, unit, cells=50).value_usd(75, 0.0)
    assert value == pytest.approx(64.17, rel=0.01)
    assert 63.9 < value < 64.3


def _paths(rng: np.random.Generator, paths: int, steps: int, dt: float) -> np.ndarray:
    mean, variance = LAW.transition(np.zeros(1), dt)
    normal = rng.standard_normal((paths, steps - 1)) * np.sqrt(variance)
    x = np.full((paths, steps), 3.0)
    for t in range(1, steps):
        x[:, t] = mean[0] + x[:, t - 1] * LAW.decay(dt) + normal[:, t - 1]
    return np.exp(x)


@pytest.mark.stat
def test_least_squares_and_dynamic_programming_agree() -> None:
    rng, steps, dt = np.random.default_rng(7), 20, 0.05
    unit = StorageUnit(energy_mwh=3.0, charge_mwh=1.0, discharge_mwh=1.0)
    x = lattice_states(LAW, 101)
    chain = lattice_chain(LAW, x, dt=dt, steps=steps, price=np.exp, discount=0.995)
    exact = solve(chain, unit, cells=3).value_usd(50, 0.0)
    fit, new = _paths(rng, 8_000, steps, dt), _paths(rng, 8_000, steps, dt)
    found = storage_value(fit, new, unit, discount=0.995, degree=4)
    assert found.value == pytest.approx(exact, abs=3.0 * found.standard_error + 0.01 * exact)
    assert found.value < exact + 3.0 * found.standard_error
    assert found.in_sample == pytest.approx(exact, rel=0.05)


def test_a_price_without_chance_is_valued_exactly() -> None:
    """A regression on equal prices is their mean, so that the policy is the optimum."""
    path = np.tile([10.0, 30.0, 5.0, 40.0, 20.0], (12, 1))
    unit = StorageUnit(energy_mwh=2.0, charge_mwh=1.0, discharge_mwh=2.0, wear_usd_per_mwh=1.0)
    found = storage_value(path, path, unit, discount=1.0)
    assert found.value == pytest.approx(2.0 * (40.0 - 1.0) - 10.0 - 5.0)


def test_impossible_simulations_are_refused() -> None:
    paths = np.ones((5, 3))
    uneven = StorageUnit(energy_mwh=1.0, charge_mwh=0.4, discharge_mwh=0.5)
    with pytest.raises(InvalidValue, match="multiples"):
        storage_value(paths, paths, uneven, discount=1.0)
    with pytest.raises(InvalidValue, match="steps to fit"):
        storage_value(paths, np.ones((5, 2)), uneven, discount=1.0)
    with pytest.raises(InvalidValue, match="one shape"):
        stopping_value(paths, np.ones((5, 2)), discount=1.0)
    with pytest.raises(InvalidValue, match="degree"):
        stopping_value(np.ones((3, 2)), np.ones((3, 2)), discount=1.0)
    with pytest.raises(InvalidValue, match="states"):
        lattice_states(LAW, 2)
    with pytest.raises(InvalidValue, match="too few"):
        lattice_chain(LAW, lattice_states(LAW, 21), dt=1 / 365, steps=2)


def test_where_all_paths_are_alike_stopping_is_by_the_mean() -> None:
    payoffs = np.array([[3.0, 1.0]] * 6 + [[0.0, 2.0]] * 2)
    found = stopping_value(payoffs, np.ones_like(payoffs), discount=0.9)
    assert found.value == pytest.approx((6 * 0.9 * 3.0 + 2 * 0.81 * 2.0) / 8)
    assert found.stopped_early == 0.75


def test_where_few_paths_pay_one_waits() -> None:
    payoffs = np.array([[9.0, 0.0]] + [[0.0, 1.0]] * 7)
    found = stopping_value(payoffs, payoffs, discount=1.0)
    assert found.stopped_early == 0.0
