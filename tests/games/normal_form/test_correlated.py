"""Correlated and coarse correlated equilibria of greatest welfare."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.normal_form.correlated import coarse_correlated, correlated
from mara.games.normal_form.game import NormalFormGame, bimatrix
from mara.games.normal_form.vertex_enumeration import vertex_enumeration

CHICKEN = bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]])


def test_best_correlated_equilibrium_of_chicken() -> None:
    """Aumann 1974, example of chicken with these payoffs: welfare 10.5 at (1/2, 1/4, 1/4, 0)."""
    found = correlated(CHICKEN)
    assert found.welfare == pytest.approx(10.5, abs=1e-8)
    np.testing.assert_allclose(found.distribution, [[0.5, 0.25], [0.25, 0.0]], atol=1e-8)
    assert found.payoffs == pytest.approx((5.25, 5.25), abs=1e-8)
    assert found.regret < 1e-8


def test_weights_choose_a_corner() -> None:
    assert correlated(CHICKEN, weights=(1.0, 0.0)).welfare == pytest.approx(7.0, abs=1e-8)


def test_the_only_correlated_equilibrium_of_paper_scissors_stone_is_uniform() -> None:
    found = correlated(bimatrix([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]))
    np.testing.assert_allclose(found.distribution, np.full((3, 3), 1 / 9), atol=1e-8)


@given(
    st.sampled_from([(3, 3), (2, 4), (2, 2, 2), (2, 3, 2)]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-3, 1.0, 1e3]),
)
@settings(max_examples=40)
def test_sets_are_nested(shape: tuple[int, ...], seed: int, scale: float) -> None:
    payoffs = np.random.default_rng(seed).normal(size=(len(shape), *shape)) * scale
    game = NormalFormGame(payoffs=payoffs)
    fine, coarse = correlated(game), coarse_correlated(game)
    assert max(fine.regret, coarse.regret) < 1e-8 * game.spread
    assert coarse.welfare >= fine.welfare - 1e-8 * scale
    if len(shape) == 2:
        nash = max(sum(e.payoffs) for e in vertex_enumeration(game).equilibria)
        assert fine.welfare >= nash - 1e-8 * scale


def test_a_game_without_welfare() -> None:
    assert correlated(bimatrix([[0.0]], [[0.0]])).distribution.tolist() == [[1.0]]


def test_bad_weights_are_refused() -> None:
    for weights in ((1.0,), (1.0, float("inf"))):
        with pytest.raises(InvalidValue, match="must be 2 finite numbers"):
            correlated(CHICKEN, weights=weights)
    with pytest.raises(InvalidValue, match="at most 20000000 are solved"):
        coarse_correlated(bimatrix(np.zeros((300, 300))))
