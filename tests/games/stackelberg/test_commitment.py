"""Commitment: against a fine grid, against minimax, and the published example."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mara.errors import InvalidValue
from mara.games.stackelberg.commitment import commitment

SEEDS = st.integers(0, 10**6)


def tables(seed: int, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    if seed % 2:
        return tuple(rng.integers(-3, 4, size=(2, rows, columns)).astype(float))  # type: ignore[return-value]
    return rng.normal(size=(rows, columns)), rng.normal(size=(rows, columns))


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 5))
def test_no_mixture_on_a_grid_is_better(seed: int, columns: int) -> None:
    a, b = tables(seed, 2, columns)
    found = commitment(a, b)
    for p in np.linspace(0.0, 1.0, 101):
        x = np.array([p, 1 - p])
        earned = x @ b
        best = (x @ a)[earned >= earned.max() - 1e-12].max()
        assert best <= found.leader_payoff + 1e-8


@settings(max_examples=60)
@given(SEEDS, st.integers(1, 4), st.integers(1, 4))
def test_answer_is_best_and_mixing_never_hurts(seed: int, rows: int, columns: int) -> None:
    a, b = tables(seed, rows, columns)
    found = commitment(a, b)
    x = np.array(found.strategy)
    assert found.converged
    assert x.min() >= 0.0
    assert x.sum() == pytest.approx(1.0)
    assert (x @ b)[found.answer] == pytest.approx((x @ b).max(), abs=1e-8)
    assert found.leader_payoff == pytest.approx((x @ a)[found.answer])
    assert found.follower_payoff == pytest.approx((x @ b)[found.answer])
    assert found.leader_payoff >= found.pure_payoff - 1e-8


@settings(max_examples=30)
@given(SEEDS)
def test_zero_sum_commitment_is_worth_the_value(seed: int) -> None:
    a, _ = tables(seed, 3, 4)
    rows = np.hstack((-a.T, np.ones((4, 1))))
    value = -linprog(
        [0, 0, 0, -1],
        A_ub=rows,
        b_ub=np.zeros(4),
        A_eq=[[1, 1, 1, 0]],
        b_eq=[1],
        bounds=[(0, 1)] * 3 + [(None, None)],
    ).fun
    assert commitment(a, -a).leader_payoff == pytest.approx(value, abs=1e-7)


# Conitzer and Sandholm (2006), Figure 1: 2 at the equilibrium, 3 by a pure commitment, 3.5 mixed.
def test_published_example() -> None:
    found = commitment(np.array([[2.0, 4.0], [1.0, 3.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert found.strategy == pytest.approx((0.5, 0.5), abs=1e-6)
    assert found.leader_payoff == pytest.approx(3.5, abs=1e-6)
    assert found.pure_payoff == pytest.approx(3.0)
    assert found.answer == 1


def test_answers_that_nothing_supports_are_left_out() -> None:
    """The follower's first action is dominated, whatever the leader would like."""
    found = commitment(np.array([[9.0, 1.0], [9.0, 2.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert found.answer == 1
    assert found.leader_payoff == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("leader", "follower", "message"),
    [
        (np.zeros((2, 2)), np.zeros((2, 3)), "one shape"),
        (np.zeros(2), np.zeros(2), "one shape"),
        (np.zeros((0, 2)), np.zeros((0, 2)), "one shape"),
        (np.zeros((1, 1)), np.array([[np.nan]]), "payoff of the follower"),
        (np.array([[np.inf]]), np.zeros((1, 1)), "payoff of the leader"),
    ],
)
def test_impossible_payoffs_are_refused(
    leader: np.ndarray, follower: np.ndarray, message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        commitment(leader, follower)
