"""Shapley and Banzhaf values: axioms, published answers, and the law of the sampled one."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.cooperative.banzhaf import banzhaf, banzhaf_index
from mara.games.cooperative.classic import airport, bankruptcy, gloves, weighted_voting
from mara.games.cooperative.game import CoalitionalGame, GameKind
from mara.games.cooperative.shapley import shapley, shapley_values
from mara.games.cooperative.shapley_sampling import shapley_sampled
from mara.games.cooperative.subsets import sums
from tests.games.cooperative.published import LEMAIRE, MOBILE, random_game

SEEDS = st.integers(0, 10**6)
SIZES = st.integers(1, 7)


def by_orders(game: CoalitionalGame) -> np.ndarray:
    """The definition: the mean contribution over all orders."""
    total = np.zeros(game.count)
    for order in itertools.permutations(range(game.count)):
        mask = 0
        for player in order:
            total[player] += game.values[mask | 1 << player] - game.values[mask]
            mask |= 1 << player
    return total / math.factorial(game.count)


@given(SEEDS, st.integers(1, 5))
def test_shapley_is_the_mean_over_orders(seed: int, n: int) -> None:
    game = random_game(np.random.default_rng(seed), n)
    assert shapley(game).values == pytest.approx(by_orders(game), abs=1e-9)


@given(SEEDS, SIZES)
def test_efficiency(seed: int, n: int) -> None:
    game = random_game(np.random.default_rng(seed), n)
    answer = shapley(game)
    assert sum(answer.values) == pytest.approx(game.values[-1], abs=1e-9)
    assert answer.converged
    assert answer.residual < 1e-9


@given(SEEDS, SIZES)
def test_additivity(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    one, other = random_game(rng, n).values, random_game(rng, n).values
    together = shapley_values(one) + shapley_values(other)
    assert shapley_values(one + other) == pytest.approx(together, abs=1e-9)


@given(SEEDS, SIZES)
def test_dummy_gets_what_it_adds(seed: int, n: int) -> None:
    """A last player who adds 3 to every coalition gets 3, and the others what they had."""
    without = random_game(np.random.default_rng(seed), n).values
    values = shapley_values(np.concatenate((without, without + 3.0)))
    assert values == pytest.approx([*shapley_values(without), 3.0], abs=1e-9)


@given(SEEDS)
def test_symmetric_players_get_the_same(seed: int) -> None:
    """v depends on players 0 and 1 only by how many of them are in."""
    table = np.random.default_rng(seed).normal(size=(4, 3))
    table[0, 0] = 0.0
    values = [table[mask >> 2, (mask & 1) + (mask >> 1 & 1)] for mask in range(16)]
    answer = shapley_values(np.array(values))
    assert answer[0] == pytest.approx(answer[1], abs=1e-12)


@given(SEEDS, st.permutations(range(5)))
def test_relabelling_and_strategic_equivalence(seed: int, order: list[int]) -> None:
    rng = np.random.default_rng(seed)
    values, shift = random_game(rng, 5).values, rng.normal(size=5)
    renamed = [values[sum(1 << order[i] for i in range(5) if m >> i & 1)] for m in range(32)]
    assert shapley_values(np.array(renamed)) == pytest.approx(shapley_values(values)[order])
    moved = shapley_values(2.0 * values + sums(shift))
    assert moved == pytest.approx(2.0 * shapley_values(values) + shift, abs=1e-9)


# Guajardo and Jornsten (2015).
def test_lemaire_and_mobile() -> None:
    assert shapley(LEMAIRE).values == pytest.approx((51750, 25875, 12375), abs=1e-6)
    expected = (6.25, 5 / 12, 4 + 1 / 12, 9.25)
    assert shapley(MOBILE).values == pytest.approx(expected, abs=1e-6)


# Aumann and Maschler, Journal of Economic Theory 36, 1985.
def test_talmud() -> None:
    claims = {"a": 100.0, "b": 200.0, "c": 300.0}
    values = shapley(bankruptcy(200, claims)).values
    assert values == pytest.approx((100 / 3, 250 / 3, 250 / 3), abs=1e-6)


def test_gloves() -> None:
    assert shapley(gloves(("l",), ("r1", "r2"))).by_player() == pytest.approx(
        {"l": 2 / 3, "r1": 1 / 6, "r2": 1 / 6}, abs=1e-9
    )


# Shapley and Shubik, American Political Science Review 48, 1954: the index of [51; 40, 30, 20, 10].
def test_voting() -> None:
    game = weighted_voting(51, {"a": 40, "b": 30, "c": 20, "d": 10})
    assert shapley(game).values == pytest.approx([5 / 12, 3 / 12, 3 / 12, 1 / 12], abs=1e-9)
    assert banzhaf(game).values == pytest.approx([5 / 8, 3 / 8, 3 / 8, 1 / 8])
    assert banzhaf_index(game).values == pytest.approx([5 / 12, 3 / 12, 3 / 12, 1 / 12])


# Littlechild and Owen, Management Science 20, 1973.
def test_airport() -> None:
    game = airport({"a": 8, "b": 11, "c": 13, "d": 18})
    assert game.kind is GameKind.COST
    assert shapley(game).values == pytest.approx((2, 3, 4, 9), abs=1e-9)


@given(SEEDS, st.integers(1, 6))
def test_banzhaf_is_the_mean_over_coalitions(seed: int, n: int) -> None:
    game = random_game(np.random.default_rng(seed), n)
    v = game.values
    for i, value in enumerate(banzhaf(game).values):
        gains = [v[m | 1 << i] - v[m] for m in range(2**n) if not m >> i & 1]
        assert value == pytest.approx(np.mean(gains), abs=1e-9)


def test_banzhaf_index_needs_a_sum() -> None:
    game = CoalitionalGame(players=("a", "b"), values=np.array([0.0, 1.0, -1.0, 0.0]))
    with pytest.raises(InvalidValue, match="sum to 0"):
        banzhaf_index(game)


def test_twenty_players() -> None:
    weights = np.random.default_rng(3).uniform(size=20)
    values = sums(weights) ** 2
    answer = shapley_values(values)
    assert answer == pytest.approx(weights * weights.sum(), rel=1e-9)


def square(weights: np.ndarray, mask: int) -> float:
    return float(sum(w for i, w in enumerate(weights) if mask >> i & 1) ** 2)


def test_sampling_is_exact_where_contributions_are_linear_in_place() -> None:
    """v = (sum of weights)**2: an order and its reverse give w * sum(w) together."""
    weights = np.arange(1.0, 31.0)
    names = tuple(f"p{i}" for i in range(30))
    answer = shapley_sampled(
        names,
        lambda mask: square(weights, mask),
        pairs=3,
        rng=np.random.default_rng(0),
        tolerance=1e-6,
    )
    assert answer.values == pytest.approx(weights * weights.sum())
    assert answer.converged
    assert answer.orders == 6


@pytest.mark.stat
def test_intervals_cover_as_often_as_they_say() -> None:
    game = random_game(np.random.default_rng(4), 6)
    truth = shapley(game).values
    covered = 0
    for seed in range(300):
        answer = shapley_sampled(
            game.players,
            lambda mask: float(game.values[mask]),
            pairs=40,
            rng=np.random.default_rng(seed),
            tolerance=1e-9,
            confidence=0.9,
        )
        low, high = answer.interval("p2")
        covered += low <= truth[2] <= high
        assert sum(answer.values) == pytest.approx(game.values[-1])
        assert not answer.converged
    # 300 draws at 0.9 have a standard deviation of 0.017.
    assert covered / 300 == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(("pairs", "confidence"), [(1, 0.9), (2, 1.0), (2, 0.0)])
def test_sampling_refuses(pairs: int, confidence: float) -> None:
    with pytest.raises(InvalidValue, match="shapley_sampled"):
        shapley_sampled(
            ("a",),
            float,
            pairs=pairs,
            rng=np.random.default_rng(0),
            tolerance=1.0,
            confidence=confidence,
        )
