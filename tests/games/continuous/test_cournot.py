"""Cournot competition: goldens, three ways to the same point, and the conditions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.continuous.best_response import best_responses
from mara.games.continuous.conditions import conditions_of
from mara.games.continuous.cournot import CournotMarket, Seller, cournot, cournot_path
from mara.games.continuous.variational import VariationalProblem, extragradient, onto_box


def _market(count: int = 2, **kind: float) -> CournotMarket:
    sellers = tuple(Seller(name=f"s{i}", **({"cost": 8.0} | kind)) for i in range(count))
    return CournotMarket(a=200.0, b=2.0, sellers=sellers)


SELLERS = st.builds(
    Seller,
    name=st.just("s"),
    cost=st.floats(0.0, 120.0),
    slope=st.floats(0.0, 5.0),
    capacity=st.none() | st.floats(0.5, 50.0),
)
MARKETS = st.builds(
    CournotMarket,
    a=st.floats(50.0, 200.0),
    b=st.floats(0.2, 4.0),
    sellers=st.lists(SELLERS, min_size=1, max_size=5).map(tuple),
)


def test_duopoly() -> None:
    """P = 200 - 2Q, marginal cost 8: 32 each, price 72, profit 2,048."""
    found = cournot(_market())
    assert found.quantities == pytest.approx((32.0, 32.0), abs=1e-9)
    assert found.price == pytest.approx(72.0, abs=1e-9)
    assert found.profits == pytest.approx((2048.0, 2048.0), abs=1e-6)
    assert found.regret < 1e-8


@pytest.mark.parametrize("count", [1, 2, 3, 10, 50])
def test_n_equal_firms(count: int) -> None:
    """q = (a - c) / (b (n + 1))."""
    found = cournot(_market(count))
    assert found.quantities == pytest.approx([192.0 / (2.0 * (count + 1))] * count, abs=1e-9)


@given(MARKETS)
@settings(max_examples=40)
def test_three_ways_lead_to_one_point(market: CournotMarket) -> None:
    found = cournot(market)
    assert found.conditions.unique
    assert found.conditions.in_turn
    assert found.regret < 1e-8
    path = cournot_path(market)
    assert path.converged
    assert path.last == pytest.approx(found.quantities, abs=1e-7)
    point = extragradient(market.variational(), np.zeros(len(market.sellers)), tolerance=1e-9)
    assert point.converged
    assert point.point == pytest.approx(found.quantities, abs=1e-6)


def test_who_cannot_earn_does_not_sell() -> None:
    market = CournotMarket(
        a=50.0, b=1.0, sellers=(Seller(name="dear", cost=60.0), Seller(name="cheap", cost=10.0))
    )
    assert cournot(market).quantities == pytest.approx((0.0, 20.0), abs=1e-10)
    nobody = CournotMarket(a=5.0, b=1.0, sellers=(Seller(name="dear", cost=60.0),))
    assert cournot(nobody).quantities == (0.0,)


def test_responses_walk_the_textbook_path() -> None:
    path = cournot_path(_market(), rounds=3, start=(0.0, 0.0))
    np.testing.assert_allclose(path.points[1], [48.0, 24.0])
    np.testing.assert_allclose(path.points[2], [36.0, 30.0])
    assert not path.converged


def test_conditions_of_cournot() -> None:
    """Theocharis, On the stability of the Cournot solution, 1960: at three firms all-at-once fails."""
    two, three = _market(2).conditions(), _market(3).conditions()
    assert two.contraction == pytest.approx(0.5)
    assert two.simultaneous
    assert "contraction 0.5 below 1" in two.words
    assert three.contraction == pytest.approx(1.0)
    assert not three.simultaneous
    assert three.in_turn
    assert "climb one concave potential" in three.words


def test_conditions_that_prove_nothing() -> None:
    wild = conditions_of(np.array([[-1.0, 3.0], [3.0, -1.0]]))
    assert not wild.unique
    assert not wild.in_turn
    assert "perhaps more than one" in wild.words
    assert "not proven" in wild.words
    turning = conditions_of(np.array([[-1.0, 3.0], [-3.0, -1.0]]))
    assert turning.unique
    assert not turning.in_turn


def test_extragradient_turns_where_plain_steps_spiral_out() -> None:
    """Korpelevich 1976: the bilinear saddle, F(x, y) = (y, -x)."""
    problem = VariationalProblem(
        marginal=lambda x: np.array([x[1], -x[0]]), project=onto_box([-1, -1], [1, 1])
    )
    found = extragradient(problem, np.array([0.9, 0.4]))
    assert found.converged
    np.testing.assert_allclose(found.point, [0.0, 0.0], atol=1e-9)
    short = extragradient(problem, np.array([0.9, 0.4]), steps=3)
    assert not short.converged
    assert short.steps == 3


def test_bad_values_are_refused() -> None:
    with pytest.raises(InvalidValue, match="sellers is empty"):
        CournotMarket(a=1.0, b=1.0, sellers=())
    with pytest.raises(InvalidValue, match=r"b=0\.0 must be above zero"):
        CournotMarket(a=1.0, b=0.0, sellers=(Seller(name="x", cost=1.0),))
    with pytest.raises(InvalidValue, match="cost=nan must be a finite"):
        Seller(name="x", cost=float("nan"))
    with pytest.raises(InvalidValue, match=r"capacity=0\.0 must be above zero"):
        Seller(name="x", cost=1.0, capacity=0.0)
    with pytest.raises(InvalidValue, match="must not lie above"):
        onto_box([1.0], [0.0])
    with pytest.raises(InvalidValue, match="it must be square"):
        conditions_of(np.zeros((2, 3)))
    with pytest.raises(InvalidValue, match="not concave in his own quantity"):
        conditions_of(np.array([[-1.0, 0.0], [0.0, 0.5]]))
    with pytest.raises(InvalidValue, match="rounds=0 must be 1 or more"):
        best_responses(lambda _, q: float(q[0]), [0.0], rounds=0)
