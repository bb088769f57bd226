"""AdaHedge against its theorems (de Rooij, van Erven, Grünwald, Koolen, JMLR 15, 2014)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.models.learning.adahedge import AdaHedge

GAINS = st.integers(1, 5).flatmap(
    lambda k: st.lists(
        st.lists(st.floats(-1e4, 1e4), min_size=k, max_size=k), min_size=1, max_size=60
    )
)


def played(rounds: list[list[float]]) -> AdaHedge:
    learner = AdaHedge.of(len(rounds[0]))
    for gains in rounds:
        learner = learner.update(gains)
    return learner


@given(GAINS)
def test_regret_stays_below_twice_the_gap(rounds: list[list[float]]) -> None:
    learner = played(rounds)
    scale = max(abs(g) for gains in rounds for g in gains) + 1.0
    assert learner.regret <= learner.regret_bound + 1e-9 * scale * len(rounds)


@given(GAINS)
def test_weights_are_a_distribution(rounds: list[list[float]]) -> None:
    weights = played(rounds).weights
    assert math.isclose(sum(weights), 1.0)
    assert min(weights) >= 0.0


@pytest.mark.parametrize("seed", range(5))
def test_bound_of_theorem_8_on_adversarial_gains(seed: int) -> None:
    """R <= 2 sqrt(V ln K) + S (4/3 ln K + 2), V the summed variance under the weights."""
    rng = np.random.default_rng(seed)
    learner, variance, spread = AdaHedge.of(4), 0.0, 0.0
    for _ in range(400):
        weights = np.array(learner.weights)
        gains = np.where(weights == weights.max(), -1.0, rng.uniform(-1, 1, 4))
        variance += float(weights @ (gains - weights @ gains) ** 2)
        spread = max(spread, float(np.ptp(gains)))
        learner = learner.update(gains.tolist())
    bound = 2 * math.sqrt(variance * math.log(4)) + spread * (4 / 3 * math.log(4) + 2)
    assert learner.regret <= bound


def test_scale_and_shift_change_no_weight() -> None:
    rng = np.random.default_rng(3)
    rounds = rng.normal(size=(50, 3))
    plain = played(rounds.tolist()).weights
    moved = played((1000.0 * rounds + rng.normal(size=(50, 1)) * 7.0).tolist()).weights
    np.testing.assert_allclose(plain, moved, rtol=1e-6)


def test_a_steady_leader_gets_nearly_all_weight_soon() -> None:
    rng = np.random.default_rng(4)
    rounds = rng.normal(0.0, 1.0, size=(300, 1)) + np.array([0.3, 0.0, -0.5])
    assert played(rounds.tolist()).weights[0] > 0.99


def test_of_one_expert_there_is_no_regret() -> None:
    learner = played([[1.0], [-2.0]])
    assert learner.weights == (1.0,)
    assert learner.regret == learner.regret_bound == 0.0


@pytest.mark.parametrize("gains", [[1.0], [1.0, float("nan")], [1.0, 2.0, 3.0]])
def test_refuses_gains_that_do_not_fit(gains: list[float]) -> None:
    with pytest.raises(InvalidValue, match="AdaHedge"):
        AdaHedge.of(2).update(gains)


def test_refuses_no_experts() -> None:
    with pytest.raises(InvalidValue, match="at least one expert"):
        AdaHedge(totals=())
