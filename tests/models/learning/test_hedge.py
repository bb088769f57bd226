"""Hedge keeps its regret bound against any sequence, and finds the best expert."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.models.learning.hedge import Hedge

ROUNDS = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(st.floats(-3.0, 3.0), min_size=n, max_size=n), max_size=60)
)


def _through(gains: list[list[float]]) -> Hedge:
    hedge = Hedge.of(len(gains[0]) if gains else 2)
    for each in gains:
        hedge = hedge.update(each)
    return hedge


@given(ROUNDS)
def test_the_bound_holds_on_any_sequence(gains: list[list[float]]) -> None:
    hedge = _through(gains)
    assert hedge.loss_regret <= hedge.regret_bound + 1e-9
    assert sum(hedge.weights) == pytest.approx(1.0)
    assert all(0.0 <= w <= 1.0 for w in hedge.weights)


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=60))
def test_unclipped_regret_is_the_same_in_gains_and_losses(gains: list[tuple[float, ...]]) -> None:
    hedge = _through([list(g) for g in gains])
    assert hedge.clipped == 0
    assert hedge.regret == pytest.approx(hedge.loss_regret, abs=1e-9)


def test_the_bound_holds_against_an_adversary() -> None:
    """The adversary always lets the most trusted expert lose: regret grows, but as a root."""
    hedge = Hedge.of(3)
    for _ in range(2_000):
        trusted = int(np.argmax(hedge.weights))
        hedge = hedge.update([0.0 if i == trusted else 1.0 for i in range(3)])
    assert 5.0 < hedge.loss_regret <= hedge.regret_bound
    assert hedge.regret_bound == pytest.approx(
        2 * math.sqrt(1_000 * math.log(3)) + math.sqrt(math.log(3) / 8)
    )


@pytest.mark.stat
def test_the_best_expert_wins_the_trust() -> None:
    rng = np.random.default_rng(1)
    hedge = Hedge.of(4)
    for _ in range(1_000):
        hedge = hedge.update([*rng.uniform(0.0, 0.8, 3).tolist(), rng.uniform(0.2, 1.0)])
    assert hedge.weights[3] > 0.99
    assert hedge.regret < hedge.regret_bound


def test_weights_by_hand() -> None:
    hedge = Hedge.of(2).update([1.0, 0.5])
    ratio = math.exp(math.sqrt(8.0 * math.log(2.0) / 2.0) * 0.5)
    assert hedge.weights == pytest.approx((ratio / (1 + ratio), 1 / (1 + ratio)))
    assert hedge.earned == pytest.approx(0.75)
    assert hedge.regret == pytest.approx(0.25)


@given(st.floats(-1e6, 1e6))
def test_only_differences_matter(shift: float) -> None:
    plain = Hedge.of(2).update([0.25, 0.75])
    moved = Hedge.of(2).update([0.25 + shift, 0.75 + shift])
    assert moved.weights == pytest.approx(plain.weights)


def test_permuting_the_experts_permutes_the_weights() -> None:
    one = Hedge.of(3).update([0.1, 0.9, 0.4]).update([0.3, 0.2, 0.4]).weights
    other = Hedge.of(3).update([0.4, 0.1, 0.9]).update([0.4, 0.3, 0.2]).weights
    assert other == pytest.approx((one[2], one[0], one[1]))


def test_one_round_that_is_too_large_is_clipped_and_counted() -> None:
    hedge = Hedge.of(2).update([10.0, 0.0])
    assert hedge.losses == (0.0, 1.0)
    assert hedge.clipped == 1
    assert hedge.totals == (10.0, 0.0)


def test_one_expert_has_all_the_trust() -> None:
    hedge = Hedge.of(1).update([-5.0])
    assert (hedge.weights, hedge.regret, hedge.regret_bound) == ((1.0,), 0.0, 0.0)


def test_after_a_million_rounds_weights_are_still_numbers() -> None:
    hedge = Hedge(losses=(0.0, 1e6), totals=(1e6, 0.0), rounds=1_000_000)
    assert hedge.weights == (1.0, 0.0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidValue, match="at least one expert"):
        Hedge.of(0)
    with pytest.raises(InvalidValue, match="got 1 gains for 2"):
        Hedge.of(2).update([1.0])
    with pytest.raises(InvalidValue, match="gain"):
        Hedge.of(2).update([1.0, float("nan")])
