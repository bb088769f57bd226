"""Run or curtail: against value iteration, and the band that switching costs open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.models.storage.switching import Machine, optimal_switching


def _persistent(states: int, stay: float) -> np.ndarray:
    moves = np.full((states, states), (1.0 - stay) / (states - 1))
    np.fill_diagonal(moves, stay)
    return moves


def _by_iteration(
    margins: np.ndarray, moves: np.ndarray, machine: Machine
) -> tuple[np.ndarray, np.ndarray]:
    running, idle = np.zeros(margins.size), np.zeros(margins.size)
    for _ in range(500):
        run = margins + machine.discount * moves @ running
        rest = machine.discount * moves @ idle
        running = np.maximum(run, rest - machine.stop_cost_usd)
        idle = np.maximum(rest, run - machine.start_cost_usd)
    return running, idle


@given(
    seed=st.integers(0, 10_000),
    start=st.floats(0.0, 30.0),
    stop=st.floats(0.0, 30.0),
    discount=st.floats(0.0, 0.95),
)
@settings(max_examples=12)
def test_it_equals_value_iteration(seed: int, start: float, stop: float, discount: float) -> None:
    rng = np.random.default_rng(seed)
    margins = rng.normal(0.0, 10.0, 5)
    moves = rng.random((5, 5)) + 0.01
    moves /= moves.sum(axis=1, keepdims=True)
    machine = Machine(start_cost_usd=start, stop_cost_usd=stop, discount=discount)
    found = optimal_switching(margins, moves, machine)
    running, idle = _by_iteration(margins, moves, machine)
    assert found.running_usd == pytest.approx(running, abs=1e-6)
    assert found.idle_usd == pytest.approx(idle, abs=1e-6)


def test_without_costs_it_is_the_strike_rule() -> None:
    margins = np.array([-30.0, -5.0, -0.1, 0.1, 8.0])
    free = Machine(start_cost_usd=0.0, stop_cost_usd=0.0, discount=0.95)
    found = optimal_switching(margins, _persistent(5, 0.6), free)
    assert found.starts.tolist() == (margins > 0).tolist()
    assert found.runs_on.tolist() == (margins > 0).tolist()


def test_costs_open_a_band_in_which_nothing_is_switched() -> None:
    margins = np.linspace(-20.0, 20.0, 21)
    dear = Machine(start_cost_usd=15.0, stop_cost_usd=10.0, discount=0.9)
    found = optimal_switching(margins, _persistent(21, 0.7), dear)
    band = found.runs_on & ~found.starts
    assert margins[band].min() < 0.0 < margins[band].max()
    assert not np.any(found.starts & ~found.runs_on)
    assert np.all(np.diff(found.starts.astype(int)) >= 0)


def test_impossible_machines_and_laws_are_refused() -> None:
    with pytest.raises(InvalidValue, match="discount"):
        Machine(start_cost_usd=0.0, stop_cost_usd=0.0, discount=1.0)
    machine = Machine(start_cost_usd=0.0, stop_cost_usd=0.0, discount=0.5)
    dear = Machine(start_cost_usd=50.0, stop_cost_usd=50.0, discount=0.9)
    with pytest.raises(SolverFailed, match="within 1"):
        optimal_switching([-1.0, 2.0], _persistent(2, 0.5), dear, most_policies=1)
    with pytest.raises(InvalidValue, match="square"):
        optimal_switching([1.0], np.ones((2, 2)) / 2, machine)
    with pytest.raises(InvalidValue, match="probabilities"):
        optimal_switching([1.0, 2.0], np.ones((2, 2)), machine)
