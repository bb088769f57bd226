"""Supply functions, the curtailment pool and the shared feeder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.games.continuous.cournot import Seller
from mara.games.continuous.curtailment_pool import CurtailmentPool, pool_equilibrium
from mara.games.continuous.feeder import Draw, Feeder, feeder_equilibrium, filled
from mara.games.continuous.supply_function import SupplyMarket, supply_functions
from mara.games.continuous.variational import VariationalProblem, extragradient
from mara.games.judge import allocation_regret


def _sites(count: int, cost: float = 0.0, slope: float = 1.0) -> tuple[Seller, ...]:
    return tuple(Seller(name=f"s{i}", cost=cost, slope=slope) for i in range(count))


def test_equal_supply_functions_solve_their_quadratic() -> None:
    """Klemperer and Meyer 1989, linear case of two: d b^2 + g d b - g = 0 for slope b."""
    found = supply_functions(SupplyMarket(demand=10.0, response=0.5, sellers=_sites(2, 1.0, 2.0)))
    root = (-0.5 + np.sqrt(0.25 + 4.0 * 0.5 / 2.0)) / 2.0
    assert found.slopes == pytest.approx((root, root), abs=1e-12)
    assert sum(found.quantities) == pytest.approx(10.0 - 0.5 * found.price)
    assert found.regret < 1e-8


@pytest.mark.slow
@given(
    st.floats(5.0, 500.0),
    st.floats(0.05, 5.0),
    st.lists(st.floats(0.05, 5.0), min_size=1, max_size=6),
)
def test_supply_functions_lie_between_competition_and_monopoly(
    demand: float, response: float, slopes: list[float]
) -> None:
    sellers = tuple(Seller(name="s", cost=0.0, slope=d) for d in slopes)
    found = supply_functions(SupplyMarket(demand=demand, response=response, sellers=sellers))
    assert found.regret < 1e-8 * max(1.0, *found.profits)
    marginal = [d * q for d, q in zip(slopes, found.quantities, strict=True)]
    assert found.price > max(marginal)
    assert all(b < 1.0 / d for b, d in zip(found.slopes, slopes, strict=True))


def test_supply_markets_that_cannot_be() -> None:
    with pytest.raises(InvalidValue, match="sellers is empty"):
        SupplyMarket(demand=1.0, response=1.0, sellers=())
    with pytest.raises(InvalidValue, match=r"slope=0\.0 must be above zero"):
        SupplyMarket(demand=1.0, response=1.0, sellers=_sites(1, slope=0.0))
    capped = (Seller(name="x", cost=1.0, slope=1.0, capacity=3.0),)
    with pytest.raises(InvalidValue, match="straight supply functions know no capacity"):
        SupplyMarket(demand=1.0, response=1.0, sellers=capped)
    dear = (*_sites(1), Seller(name="dear", cost=900.0, slope=1.0))
    with pytest.raises(InvalidValue, match="seller dear has cost=900 above the price"):
        supply_functions(SupplyMarket(demand=10.0, response=1.0, sellers=dear))
    three = SupplyMarket(demand=10.0, response=1.0, sellers=_sites(3))
    with pytest.raises(SolverFailed, match=r"slopes still change by .* after 1 rounds"):
        supply_functions(three, rounds=1)


@pytest.mark.parametrize("count", [3, 4, 10, 100])
def test_price_of_equal_sites_in_the_pool(count: int) -> None:
    """Chen et al. 2010: p = C'(D/n) (n - 1) / (n - 2)."""
    found = pool_equilibrium(CurtailmentPool(wanted=12.0, sites=_sites(count, 5.0, 2.0)))
    marginal = 5.0 + 2.0 * 12.0 / count
    assert found.price == pytest.approx(marginal * (count - 1) / (count - 2), rel=1e-10)
    assert found.competitive_price == pytest.approx(marginal, rel=1e-10)
    assert found.curtailed == pytest.approx([12.0 / count] * count, rel=1e-10)
    assert found.efficiency == pytest.approx(1.0)
    assert found.regret < 1e-8


CURTAILERS = st.builds(
    Seller,
    name=st.just("s"),
    cost=st.floats(0.5, 50.0),
    slope=st.just(0.0) | st.floats(0.01, 10.0),
    capacity=st.none() | st.floats(6.0, 20.0),
)


@given(st.lists(CURTAILERS, min_size=3, max_size=8), st.floats(1.0, 11.0))
@settings(max_examples=40)
def test_pool_in_equilibrium(sites: list[Seller], wanted: float) -> None:
    found = pool_equilibrium(CurtailmentPool(wanted=wanted, sites=tuple(sites)))
    assert sum(found.curtailed) == pytest.approx(wanted, rel=1e-9)
    assert max(found.curtailed) <= wanted / 2.0
    assert found.price >= found.competitive_price * (1.0 - 1e-9)
    assert 0.0 < found.efficiency <= 1.0 + 1e-9
    assert min(found.profits) >= 0.0
    assert found.regret < 1e-8 * max(1.0, found.price * wanted)


def test_pools_that_cannot_be() -> None:
    with pytest.raises(InvalidValue, match="2 sites; with fewer than 3"):
        CurtailmentPool(wanted=1.0, sites=_sites(2))
    with pytest.raises(InvalidValue, match="curtailing must cost something"):
        CurtailmentPool(wanted=1.0, sites=_sites(3, slope=0.0))
    tight = tuple(Seller(name=f"s{i}", cost=1.0, capacity=4.0) for i in range(3))
    with pytest.raises(InvalidValue, match="without site s0 the others cannot curtail the 9 MWh"):
        CurtailmentPool(wanted=9.0, sites=tight)


def _feeder(draws: tuple[Draw, ...]) -> Feeder:
    return Feeder(
        alpha=(20.0, 35.0, 50.0, 25.0), beta=(2.0, 1.0, 0.5, 3.0), base=(1.0, 2.0, 0.0, 4.0),
        draws=draws,
    )  # fmt: skip


def test_two_routes_of_orda() -> None:
    """Equal users on parallel links share alike: x_t = (m - alpha_t) / (beta_t (n + 1))."""
    draws = tuple(Draw(name=f"d{i}", energy=6.0, limit=99.0) for i in range(2))
    feeder = Feeder(alpha=(1.0, 4.0), beta=(1.0, 2.0), base=(0.0, 0.0), draws=draws)
    found = feeder_equilibrium(feeder)
    level = (6.0 * 3.0 + 1.0 + 4.0 / 2.0) / (1.0 + 0.5)
    want = [(level - 1.0) / 3.0, (level - 4.0) / 6.0]
    np.testing.assert_allclose(found.draws, [want, want], atol=1e-10)
    assert found.converged


DRAWS = st.builds(Draw, name=st.just("d"), energy=st.floats(0.5, 12.0), limit=st.floats(3.0, 20.0))


@pytest.mark.slow
@given(st.lists(DRAWS, min_size=1, max_size=4).map(tuple))
@settings(max_examples=10)
def test_feeder_in_equilibrium(draws: tuple[Draw, ...]) -> None:
    feeder = _feeder(draws)
    found = feeder_equilibrium(feeder)
    assert found.converged
    assert found.regret < 1e-8
    assert found.anarchy >= 1.0 - 1e-9
    np.testing.assert_allclose(found.draws.sum(axis=1), [d.energy for d in draws], rtol=1e-10)
    np.testing.assert_allclose(_by_inequality(feeder), found.draws, atol=1e-5)


def _by_inequality(feeder: Feeder) -> np.ndarray:
    """The same equilibrium as a variational inequality, projected by bisection."""
    alpha, beta, base = (np.array(v) for v in (feeder.alpha, feeder.beta, feeder.base))
    shape = (len(feeder.draws), len(alpha))

    def marginal(flat: np.ndarray) -> np.ndarray:
        x = flat.reshape(shape)
        return (alpha + beta * (base + x.sum(axis=0) + x)).ravel()

    def project(flat: np.ndarray) -> np.ndarray:
        rows = zip(flat.reshape(shape), feeder.draws, strict=True)
        return np.concatenate([_onto(row, d.energy, d.limit) for row, d in rows])

    problem = VariationalProblem(marginal=marginal, project=project)
    return extragradient(problem, np.zeros(shape).ravel(), tolerance=1e-7).point.reshape(shape)


def _onto(row: np.ndarray, energy: float, limit: float) -> np.ndarray:
    values = row.tolist()
    low, high = min(values) - limit, max(values)
    for _ in range(80):
        middle = (low + high) / 2.0
        drawn = sum(min(max(value - middle, 0.0), limit) for value in values)
        low, high = (middle, high) if drawn > energy else (low, middle)
    return np.clip(row - high, 0, limit)


def test_a_single_site_plans_at_least_cost() -> None:
    found = feeder_equilibrium(_feeder((Draw(name="d", energy=9.0, limit=4.0),)))
    assert found.anarchy == pytest.approx(1.0)


def test_prices_that_pay_for_drawing_have_no_ratio() -> None:
    feeder = Feeder(
        alpha=(-50.0,), beta=(1.0,), base=(0.0,), draws=(Draw(name="d", energy=3.0, limit=4.0),)
    )
    assert feeder_equilibrium(feeder).anarchy == 1.0


def test_slots_fill_to_one_level() -> None:
    x = filled(np.array([1.0, 2.0]), np.array([0.0, 3.0]), 5.0, 10.0)
    np.testing.assert_allclose(x, [13.0 / 3.0, 2.0 / 3.0])
    full = filled(np.array([1.0, 2.0]), np.array([0.0, 3.0]), 20.0, 10.0)
    np.testing.assert_allclose(full, [10.0, 10.0])
    assert filled(np.array([1.0]), np.array([0.0]), 0.0, 1.0).tolist() == [0.0]


def test_judge_of_allocations_sees_a_cheaper_slot() -> None:
    marginal, amounts = np.array([[3.0, 1.0]]), np.array([[2.0, 1.0]])
    assert allocation_regret(marginal, amounts, np.array([2.0])) == pytest.approx(2.0)
    assert allocation_regret(marginal, np.array([[1.0, 2.0]]), np.array([2.0])) == 0.0


def test_feeders_that_cannot_be() -> None:
    draw = Draw(name="d", energy=9.0, limit=2.0)
    with pytest.raises(InvalidValue, match="d cannot draw energy=9 MWh in 4 slots of at most 2"):
        _feeder((draw,))
    with pytest.raises(InvalidValue, match="beta has 1 slots, alpha has 2"):
        Feeder(alpha=(1.0, 2.0), beta=(1.0,), base=(0.0, 0.0), draws=(draw,))
    for beta, draws in (((0.0,), (draw,)), ((1.0,), ())):
        with pytest.raises(InvalidValue, match="every beta above zero"):
            Feeder(alpha=(1.0,), beta=beta, base=(0.0,), draws=draws)
