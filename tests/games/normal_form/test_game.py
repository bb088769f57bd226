"""The game value and the two ways to make one."""

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.games.normal_form.game import NormalFormGame, bimatrix, symmetric


def test_names_that_are_left_out_are_numbers() -> None:
    game = bimatrix([[1, 2, 3], [4, 5, 6]])
    assert game.players == ("1", "2")
    assert game.strategies == (("1", "2"), ("1", "2", "3"))
    assert game.shape == (2, 3)


def test_payoffs_are_copied_and_cannot_be_written() -> None:
    table = np.eye(2)
    game = bimatrix(table, table)
    table[0, 0] = 9.0
    assert game.payoffs[0, 0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0, 0, 0] = 2.0


def test_scaling_moves_each_player_onto_the_unit_interval() -> None:
    scaled = bimatrix([[-10.0, 30.0]], [[7.0, 7.0]]).scaled()
    assert scaled.tolist() == [[[0.0, 1.0]], [[0.0, 0.0]]]


def test_spread_of_a_game_without_stake_is_one() -> None:
    assert bimatrix([[2.0]], [[5.0]]).spread == 1.0
    assert bimatrix([[2.0, 6.0]], [[5.0, 5.0]]).spread == 4.0


def test_seats_of_a_symmetric_game_see_the_same_table() -> None:
    own = np.arange(8.0).reshape(2, 2, 2)
    game = symmetric(own)
    for a, b, c in np.ndindex(2, 2, 2):
        assert game.payoffs[0, a, b, c] == own[a, b, c]
        assert game.payoffs[1, a, b, c] == own[b, a, c]
        assert game.payoffs[2, a, b, c] == own[c, a, b]


@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (3, 2, 2), (2, 0, 2), (17, *[1] * 17)])
def test_payoffs_of_wrong_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValue, match=r"payoffs has shape .* must be \(n, s_1, ..., s_n\)"):
        NormalFormGame(payoffs=np.zeros(shape))


def test_a_payoff_that_is_not_finite_is_named() -> None:
    with pytest.raises(InvalidValue, match=r"payoffs\[1, 0, 1\]=nan must be finite"):
        bimatrix([[1, 2]], [[1, float("nan")]])


def test_payoffs_further_apart_than_numbers_reach_are_refused() -> None:
    with pytest.raises(InvalidValue, match="further apart than a number can be"):
        bimatrix([[1e308, -1e308], [-1e308, 1e308]])


def test_names_must_fit() -> None:
    with pytest.raises(InvalidValue, match=r"players=\('a',\) must name the 2 players"):
        NormalFormGame(payoffs=np.zeros((2, 2, 2)), players=("a",))
    with pytest.raises(InvalidValue, match=r"strategies=.* must name \(2, 2\) strategies"):
        NormalFormGame(payoffs=np.zeros((2, 2, 2)), strategies=(("a",), ("b", "c")))


def test_matrices_must_be_tables_of_one_shape() -> None:
    with pytest.raises(InvalidValue, match=r"second has shape \(1, 1\), first has \(1, 2\)"):
        bimatrix([[1, 2]], [[1]])
    with pytest.raises(InvalidValue, match="first has 1 axes"):
        bimatrix([1, 2])
    with pytest.raises(InvalidValue, match="rows of one length"):
        bimatrix([[1, 2], [3]])
    with pytest.raises(InvalidValue, match="all axes must be equal"):
        symmetric([[1, 2]])
    with pytest.raises(InvalidValue, match="all axes must be equal"):
        symmetric(1.0)
