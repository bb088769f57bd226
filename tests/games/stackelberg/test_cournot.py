"""Linear leadership: nobody gains by another quantity, and the textbook's figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.stackelberg.cournot import LinearMarket, cournot, stackelberg

COSTS = st.lists(st.floats(0.0, 120.0), max_size=3).map(tuple)
MARKETS = st.tuples(st.floats(1.0, 200.0), st.floats(0.1, 5.0), COSTS, COSTS).filter(
    lambda drawn: drawn[2] or drawn[3]
)


def market_of(
    a: float, b: float, leaders: tuple[float, ...], followers: tuple[float, ...]
) -> LinearMarket:
    return LinearMarket(a=a, b=b, leader_costs=leaders, follower_costs=followers)


def answers(market: LinearMarket, led: float) -> np.ndarray:
    """Followers' Cournot quantities by Gauss-Seidel, without any closed form."""
    costs, quantities = market.follower_costs, np.zeros(len(market.follower_costs))
    for _ in range(100):
        for j, cost in enumerate(costs):
            rest = led + quantities.sum() - quantities[j]
            quantities[j] = max(0.0, (market.a - market.b * rest - cost) / (2 * market.b))
    return quantities


@settings(max_examples=40)
@given(MARKETS)
def test_no_leader_gains_on_a_grid(
    drawn: tuple[float, float, tuple[float, ...], tuple[float, ...]],
) -> None:
    market = market_of(*drawn)
    found = stackelberg(market)
    size = market.a**2 / market.b
    assert found.converged
    assert found.followers == pytest.approx(answers(market, sum(found.leaders)), abs=1e-6)
    for i, cost in enumerate(market.leader_costs):
        others = sum(found.leaders) - found.leaders[i]
        for quantity in np.linspace(0.0, market.a / market.b, 13):
            total = others + quantity + answers(market, others + quantity).sum()
            profit = (market.price(total) - cost) * quantity
            assert profit <= found.leader_profits[i] + 1e-6 * size


@settings(max_examples=60)
@given(MARKETS)
def test_at_once_nobody_gains(
    drawn: tuple[float, float, tuple[float, ...], tuple[float, ...]],
) -> None:
    market = market_of(*drawn)
    found = cournot(market)
    quantities = np.array([*found.leaders, *found.followers])
    costs = np.array([*market.leader_costs, *market.follower_costs])
    for i, cost in enumerate(costs):
        rest = quantities.sum() - quantities[i]
        best = max(0.0, (market.a - market.b * rest - cost) / (2 * market.b))
        assert quantities[i] == pytest.approx(best, abs=1e-8 * market.a / market.b)
    assert found.converged
    earned = (found.price - costs) * quantities
    assert [*found.leader_profits, *found.follower_profits] == pytest.approx(earned)


# von Stackelberg's duopoly on P = 200 - 2 Q with unit cost 8, and Cournot's on the same market.
def test_duopoly() -> None:
    market = market_of(200, 2, (8,), (8,))
    found = stackelberg(market)
    assert (*found.leaders, *found.followers) == pytest.approx((48, 24), abs=1e-6)
    assert found.price == pytest.approx(56, abs=1e-6)
    assert (*found.leader_profits, *found.follower_profits) == pytest.approx((2304, 1152))
    assert found.method == "closed form"
    together = cournot(market)
    assert (*together.leaders, *together.followers) == pytest.approx((32, 32), abs=1e-6)
    assert together.price == pytest.approx(72)
    assert together.leader_profits == pytest.approx((2048,))


# q = (a - c) / (b (n + 1)); k leaders and m followers of equal cost: q_l = (a - c) / (b (k + 1)),
# q_f = q_l / (m + 1). Sherali, Operations Research 32, 1984.
@pytest.mark.parametrize(("k", "m"), [(1, 0), (3, 0), (0, 4), (2, 3), (4, 1)])
def test_equal_costs(k: int, m: int) -> None:
    found = stackelberg(market_of(100, 0.5, (10.0,) * k, (10.0,) * m))
    lead = 90 / (0.5 * (k + 1))
    assert found.leaders == pytest.approx((lead,) * k)
    assert found.followers == pytest.approx((lead / (m + 1),) * m)


def test_leaders_keep_a_dear_follower_out() -> None:
    """Both leaders against one would let him in, without him he would come: they price at 30."""
    found = stackelberg(market_of(100, 1, (0.0, 0.0), (30.0,)))
    assert found.method == "leaders' exact best responses in turn"
    assert found.price == pytest.approx(30.0)
    assert found.followers == pytest.approx((0.0,), abs=1e-9)
    assert found.converged


def test_what_has_not_settled_says_so() -> None:
    found = stackelberg(market_of(100, 1, (0.0, 0.0), (30.0,)), rounds=0)
    assert not found.converged
    assert found.regret > 1.0


@pytest.mark.parametrize("money", [1e-9, 1e-5, 1.0, 1e6])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_the_answer_does_not_hang_on_the_units(money: float, size: float) -> None:
    """A follower whose cost is just under the price alone is kept out, whatever money is called."""
    market = market_of(0.05 * money, money / size, (0.02 * money,), (0.049 * money,))
    found = stackelberg(market)
    assert found.converged
    assert found.leaders == pytest.approx((0.015 * size,))
    assert found.price == pytest.approx(0.035 * money)


def test_a_lead_pays_and_lowers_the_price() -> None:
    market = market_of(150, 1.5, (20.0,), (25.0, 15.0))
    led, together = stackelberg(market), cournot(market)
    assert led.leader_profits[0] > together.leader_profits[0]
    assert led.price < together.price


@pytest.mark.parametrize(
    ("a", "b", "leaders", "followers", "message"),
    [
        (math.nan, 1, (1,), (), "a=nan"),
        (10, 0, (1,), (), "b=0"),
        (10, 1, (-1.0,), (), "cost of leader 1"),
        (10, 1, (), (1.0, math.inf), "cost of follower 2"),
        (10, 1, (), (), "there is no firm"),
        (1e200, 1, (1.0,), (), "the scale of profits"),
    ],
)
def test_impossible_markets_are_refused(
    a: float, b: float, leaders: tuple[float, ...], followers: tuple[float, ...], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        market_of(a, b, leaders, followers)
