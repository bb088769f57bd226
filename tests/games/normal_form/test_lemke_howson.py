"""One equilibrium by complementary pivoting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.games.normal_form.game import NormalFormGame, bimatrix
from mara.games.normal_form.lemke_howson import lemke_howson
from mara.games.normal_form.vertex_enumeration import vertex_enumeration


@pytest.mark.parametrize("label", range(5))
def test_every_label_of_von_stengel_ends_at_one_of_his_three(label: int) -> None:
    """von Stengel, Algorithmic Game Theory, 2007, equation 3.6."""
    game = bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]])
    (found,) = lemke_howson(game, label=label).equilibria
    assert found.regret < 1e-12
    known = [np.concatenate(e.strategies) for e in vertex_enumeration(game).equilibria]
    assert any(np.allclose(np.concatenate(found.strategies), row, atol=1e-12) for row in known)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 7),
    st.integers(1, 7),
    st.sampled_from(["whole", "normal"]),
)
def test_every_label_ends_at_an_equilibrium(seed: int, m: int, n: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    draw = rng.integers(-1, 2, size=(2, m, n)) if kind == "whole" else rng.normal(size=(2, m, n))
    game = bimatrix(*draw.astype(float))
    for label in (None, *range(m + n)):
        found = lemke_howson(game, label=label)
        assert found.equilibria[0].regret <= 1e-12
        assert not found.complete


def test_a_large_game_without_pure_equilibrium() -> None:
    draw = np.random.default_rng(5).normal(size=(60, 60))
    found = lemke_howson(bimatrix(draw - draw.T, draw.T - draw))
    assert found.equilibria[0].regret < 1e-10
    assert found.equilibria[0].payoffs == pytest.approx((0.0, 0.0), abs=1e-10)


def test_a_game_of_no_stake_ends() -> None:
    assert lemke_howson(bimatrix(np.ones((3, 3)), np.ones((3, 3)))).equilibria[0].regret == 0.0


def test_long_paths_are_given_up() -> None:
    draw = np.random.default_rng(5).normal(size=(30, 30))
    game = bimatrix(draw - draw.T, draw.T - draw)
    with pytest.raises(SolverFailed, match="no path of label 3 ended within 2 pivots"):
        lemke_howson(game, label=3, pivots=2)
    with pytest.raises(SolverFailed, match="no path of any label ended within 2 pivots"):
        lemke_howson(game, pivots=2)


def test_bad_calls_are_refused() -> None:
    with pytest.raises(InvalidValue, match="has 3 players"):
        lemke_howson(NormalFormGame(payoffs=np.zeros((3, 2, 2, 2))))
    with pytest.raises(InvalidValue, match="label=4 must lie between 0 and 3"):
        lemke_howson(bimatrix(np.eye(2)), label=4)
