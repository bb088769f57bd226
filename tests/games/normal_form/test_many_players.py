"""Equilibria of games of any number of players: the logit path, and the search over supports."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue, SolverFailed
from mara.games.judge import regret
from mara.games.normal_form.game import NormalFormGame, bimatrix, symmetric
from mara.games.normal_form.indifference import on_supports
from mara.games.normal_form.logit import logit, traced
from mara.games.normal_form.mixed import cross_effects, replies, split, uniform
from mara.games.normal_form.nfg_reader import read_nfg
from mara.games.normal_form.support_enumeration import support_enumeration
from mara.games.normal_form.vertex_enumeration import vertex_enumeration

SHAPES = st.sampled_from([(3,), (3, 2), (2, 2, 2), (2, 3, 2), (2, 2, 2, 2)])

NINE = """NFG 1 R "McKelvey and McLennan" { "1" "2" "3" } { 2 2 2 }
9 8 12  0 0 0  0 0 0  9 8 2  0 0 0  3 4 6  3 4 6  0 0 0"""


def _anti_coordination(players: int, value: float) -> NormalFormGame:
    """One pays 1 for sure; the other pays `value` to him who alone takes it."""
    own = np.zeros((2,) * players)
    own[0] = 1.0
    own[1].flat[0] = value
    return symmetric(own)


@pytest.mark.parametrize("players", [2, 3, 4, 5])
def test_anti_coordination_of_many(players: int) -> None:
    """Symmetric mixed equilibrium p* = v^(-1/(N-1)), N-player anti-coordination, v = 2."""
    (found,) = logit(_anti_coordination(players, 2.0)).equilibria
    for law in found.strategies:
        assert law[0] == pytest.approx(2.0 ** (-1.0 / (players - 1)), abs=1e-10)


def test_nine_equilibria_of_three_players() -> None:
    """McKelvey and McLennan, Computation of equilibria in finite games, 1996: nine, two interior."""
    found = support_enumeration(read_nfg(NINE, name="2x2x2.nfg"))
    assert len(found.equilibria) == 9
    assert sum(min(map(np.min, e.strategies)) > 0.0 for e in found.equilibria) == 2
    assert all(e.regret < 1e-8 for e in found.equilibria)
    assert not found.complete


@pytest.mark.slow
@given(SHAPES, st.integers(0, 2**32 - 1), st.sampled_from(["normal", "whole"]))
@settings(max_examples=40)
def test_the_path_ends_at_an_equilibrium(shape: tuple[int, ...], seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    size = (len(shape), *shape)
    draw = rng.normal(size=size) if kind == "normal" else rng.integers(0, 3, size=size)
    game = NormalFormGame(payoffs=draw * 50.0)
    found = logit(game)
    assert found.equilibria[0].regret <= found.tolerance


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_of_two_players_the_search_finds_all(seed: int) -> None:
    game = bimatrix(*np.random.default_rng(seed).normal(size=(2, 3, 3)))
    rows = [np.concatenate(e.strategies) for e in support_enumeration(game).equilibria]
    want = [np.concatenate(e.strategies) for e in vertex_enumeration(game).equilibria]
    assert len(rows) == len(want)
    assert all(min(np.abs(row - other).max() for other in want) < 1e-7 for row in rows)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_search_finds_an_odd_number_for_three_players(seed: int) -> None:
    """Wilson, Computing equilibria of n-person games, 1971: almost every game has an odd number."""
    game = NormalFormGame(payoffs=np.random.default_rng(seed).normal(size=(3, 2, 2, 2)))
    found = support_enumeration(game)
    assert len(found.equilibria) % 2 == 1
    assert found.degenerate is None


def test_ties_are_named_degenerate() -> None:
    assert support_enumeration(NormalFormGame(payoffs=np.ones((3, 2, 2, 2)))).degenerate


@given(SHAPES, st.integers(0, 2**32 - 1))
def test_cross_effects_are_the_derivatives_of_replies(shape: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    payoffs = rng.normal(size=(len(shape), *shape))
    at, move = rng.random(sum(shape)), rng.normal(size=sum(shape))
    up, down = (
        np.concatenate(replies(payoffs, split(at + sign * 1e-5 * move, shape))) for sign in (1, -1)
    )
    slope = cross_effects(payoffs, split(at, shape)) @ move
    np.testing.assert_allclose((up - down) / 2e-5, slope, atol=1e-7)


def test_equal_payoffs_stay_uniform() -> None:
    for law in traced(np.zeros((2, 2, 3))):
        assert law == pytest.approx(np.full(len(law), 1.0 / len(law)))


def test_a_path_cut_short_says_so() -> None:
    payoffs = np.random.default_rng(1).normal(size=(3, 3, 3, 3))
    with pytest.raises(SolverFailed, match="no equilibrium within 3 steps of the path"):
        logit(NormalFormGame(payoffs=payoffs), steps=3)


def test_close_play_is_an_ending_of_its_own() -> None:
    # A tie that no support resolves: the path comes within 1e-9 of the payoffs' range.
    rng = np.random.default_rng(0)
    for _ in range(40):
        payoffs = rng.integers(0, 2, size=(3, 2, 2, 2)).astype(np.float64)
        assert regret(payoffs, traced(payoffs)) < 1e-8


def test_supports_without_solution_have_none() -> None:
    payoffs = bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]]).scaled()
    both = np.ones(4, dtype=np.bool_)
    twice = bimatrix([[3, 0], [5, 1]], [[3, 0], [5, 1]]).scaled()
    assert on_supports(payoffs, uniform((2, 2)), both) is not None
    assert on_supports(twice, uniform((2, 2)), both) is None
    first = np.array([True, False, True, False])
    assert on_supports(payoffs, uniform((2, 2)), first) is None
    nobody = np.array([False, False, True, False])
    assert on_supports(payoffs, uniform((2, 2)), nobody) is None


def test_large_games_are_sent_to_the_path() -> None:
    with pytest.raises(InvalidValue, match="29791 combinations of supports"):
        support_enumeration(NormalFormGame(payoffs=np.zeros((3, 5, 5, 5))))
