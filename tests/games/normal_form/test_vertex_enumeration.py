"""All equilibria of bimatrix games: goldens, invariances, and a second way to find them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.normal_form.best_reply_region import vertices_of
from mara.games.normal_form.game import NormalFormGame, bimatrix
from mara.games.normal_form.vertex_enumeration import (
    extreme_equilibria,
    undominated,
    vertex_enumeration,
)


def _rows(game: NormalFormGame) -> np.ndarray:
    found = vertex_enumeration(game)
    assert found.complete
    assert all(e.regret <= found.tolerance for e in found.equilibria)
    return np.array([np.concatenate(e.strategies) for e in found.equilibria])


def _sorted(rows: np.ndarray) -> np.ndarray:
    return np.array(sorted(rows.tolist(), key=lambda r: [-round(v, 7) for v in r]))


def test_three_equilibria_of_von_stengel() -> None:
    """von Stengel, Algorithmic Game Theory, 2007, equation 3.6 and example below it."""
    game = bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]])
    want = [
        [1, 0, 0, 1, 0],
        [0.8, 0.2, 0, 2 / 3, 1 / 3],
        [0, 1 / 3, 2 / 3, 1 / 3, 2 / 3],
    ]
    np.testing.assert_allclose(_rows(game), want, atol=1e-12)
    assert vertex_enumeration(game).degenerate is False


def test_degenerate_game_of_von_stengel_is_named() -> None:
    """von Stengel 2007, equation 3.7: the game above with the last row's reply tied (3, 3)."""
    found = vertex_enumeration(bimatrix([[3, 3], [2, 5], [0, 6]], [[3, 3], [2, 6], [3, 1]]))
    assert found.degenerate
    assert "degenerate" in found.note
    rows = [np.concatenate(e.strategies).tolist() for e in found.equilibria]
    assert [1.0, 0.0, 0.0, 1.0, 0.0] in rows
    assert any(np.allclose(row, [1, 0, 0, 2 / 3, 1 / 3]) for row in rows)
    assert any(np.allclose(row, [0, 1 / 3, 2 / 3, 1 / 3, 2 / 3]) for row in rows)


@pytest.mark.parametrize("stake", [0.0, -1e3, -1.1e10, -1e300])
def test_a_forbidden_strategy_does_not_blur_the_others(stake: float) -> None:
    """Coordination beside a row that loses everything: its stake is at stake in no equilibrium."""
    game = bimatrix([[1, 0], [0, 1], [stake - 1, stake - 1]], [[1, 0], [0, 1], [0, 0]])
    found = vertex_enumeration(game)
    rows = [e.strategies[0].tolist() for e in found.equilibria]
    assert rows == [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]]
    assert max(e.regret for e in found.equilibria) <= found.tolerance == pytest.approx(1e-8)


@pytest.mark.parametrize("seed", range(20))
def test_no_equilibrium_plays_what_is_taken_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game = bimatrix(rng.integers(0, 5, (4, 4)), rng.integers(0, 5, (4, 4)))
    rows, columns = undominated(game.payoffs)
    whole, _ = extreme_equilibria(game.scaled())
    for x, y in whole:
        assert x[rows].sum() == pytest.approx(1.0)
        assert y[columns].sum() == pytest.approx(1.0)
    assert len(vertex_enumeration(game).equilibria) == len(whole)


def test_battle_of_the_sexes() -> None:
    rows = _rows(bimatrix([[3, 0], [0, 2]], [[2, 0], [0, 3]]))
    np.testing.assert_allclose(rows, [[1, 0, 1, 0], [0.6, 0.4, 0.4, 0.6], [0, 1, 0, 1]], atol=1e-12)


def test_coordination_of_size_k_has_two_to_the_k_less_one() -> None:
    """Quint and Shubik, A theorem on the number of Nash equilibria, 1997: the d x d identity."""
    for size in range(1, 7):
        assert len(_rows(bimatrix(np.eye(size), np.eye(size)))) == 2**size - 1


def test_rock_paper_scissors() -> None:
    rows = _rows(bimatrix([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]))
    np.testing.assert_allclose(rows, np.full((1, 6), 1 / 3), atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1)])
def test_a_player_of_one_strategy(shape: tuple[int, int]) -> None:
    table = np.arange(float(shape[0] * shape[1])).reshape(shape)
    rows = _rows(bimatrix(table, table))
    assert rows.tolist() == [
        [*np.eye(shape[0])[-1].tolist(), *np.eye(shape[1])[-1].tolist()],
    ]


def test_a_game_of_no_stake_lists_every_pure_profile() -> None:
    found = vertex_enumeration(bimatrix(np.zeros((2, 3)), np.full((2, 3), 4.0)))
    assert found.degenerate
    assert len(found.equilibria) == 6


def _by_supports(payoffs: np.ndarray) -> np.ndarray:
    """Equilibria of a non-degenerate game: equal supports, one linear system each."""
    (a, b), rows = payoffs, []
    for size in range(1, min(a.shape) + 1):
        for i, j in itertools.product(
            itertools.combinations(range(a.shape[0]), size),
            itertools.combinations(range(a.shape[1]), size),
        ):
            x, y = _levels(b[np.ix_(i, j)].T), _levels(a[np.ix_(i, j)])
            if x is None or y is None or min(x.min(), y.min()) <= 0:
                continue
            full_x, full_y = np.zeros(a.shape[0]), np.zeros(a.shape[1])
            full_x[list(i)], full_y[list(j)] = x, y
            gains = (
                (a @ full_y).max() - full_x @ a @ full_y,
                (full_x @ b).max() - full_x @ b @ full_y,
            )
            if max(gains) < 1e-9:
                rows.append(np.concatenate((full_x, full_y)))
    return np.array(rows)


def _levels(matrix: np.ndarray) -> np.ndarray | None:
    size = len(matrix)
    system = np.block([[matrix, -np.ones((size, 1))], [np.ones((1, size)), np.zeros((1, 1))]])
    if abs(np.linalg.det(system)) < 1e-12:
        return None
    return np.linalg.solve(system, np.eye(size + 1)[-1])[:-1]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_same_set_as_by_supports(seed: int, rows: int, columns: int) -> None:
    payoffs = np.random.default_rng(seed).normal(size=(2, rows, columns))
    found = _rows(bimatrix(*payoffs))
    assert len(found) % 2 == 1
    np.testing.assert_allclose(_sorted(found), _sorted(_by_supports(payoffs)), atol=1e-8)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_degenerate_games_keep_their_pure_equilibria(seed: int, rows: int, columns: int) -> None:
    payoffs = np.random.default_rng(seed).integers(0, 3, size=(2, rows, columns)).astype(float)
    game = bimatrix(*payoffs)
    found = _rows(game)
    assert len(found)
    stays = (payoffs[0] == payoffs[0].max(axis=0)) & (payoffs[1] == payoffs[1].max(axis=1)[:, None])
    pure = {tuple(r.tolist()) for r in found if r.max() == 1.0 and (r == 1.0).sum() == 2}
    assert len(pure) == stays.sum()
    if len(found) % 2 == 0:
        assert vertex_enumeration(game).degenerate


@given(st.integers(0, 2**32 - 1))
def test_relabelling_and_strategic_equivalence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    payoffs = rng.integers(-5, 6, size=(2, 4, 3)).astype(float)
    rows, columns = rng.permutation(4), rng.permutation(3)
    moved = payoffs[:, rows][:, :, columns] * 3.0
    moved[0] += rng.integers(-9, 9, size=3)
    moved[1] += rng.integers(-9, 9, size=(4, 1))
    plain = _rows(bimatrix(*payoffs))
    order = np.concatenate((rows, 4 + columns))
    np.testing.assert_allclose(
        _sorted(plain[:, order]), _sorted(_rows(bimatrix(*moved))), atol=1e-8
    )


def test_vertices_satisfy_their_inequalities() -> None:
    replies = np.random.default_rng(1).random((5, 4))
    region = vertices_of(replies)
    level = (region.points @ replies.T).max(axis=1, keepdims=True)
    assert not region.degenerate
    assert ((region.points == 0.0) == region.tight[:, :4]).all()
    np.testing.assert_array_equal(
        np.isclose(region.points @ replies.T, level, atol=1e-12), region.tight[:, 4:]
    )


def test_three_players_are_refused() -> None:
    game = NormalFormGame(payoffs=np.zeros((3, 2, 2, 2)))
    with pytest.raises(InvalidValue, match="the game has 3 players"):
        vertex_enumeration(game)
