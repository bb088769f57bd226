"""Learning dynamics: laws, known limits, and Kuhn's poker."""

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.games.normal_form.correlated import coarse_correlated
from mara.games.normal_form.fictitious_play import fictitious_play
from mara.games.normal_form.game import bimatrix
from mara.games.normal_form.path import Path
from mara.games.normal_form.presets import PRESETS, anti_coordination, kuhn_poker
from mara.games.normal_form.regret_matching import regret_matching, weights_of
from mara.games.normal_form.regret_matching_plus import regret_matching_plus
from mara.games.normal_form.replicator import replicator

PENNIES = bimatrix([[1, -1], [-1, 1]])
DILEMMA = bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
SHAPLEY = PRESETS["Shapley 1964, where play circles"]()


def _paths(game: object) -> list[Path]:
    rng = np.random.default_rng(0)
    return [
        fictitious_play(game, rounds=300),
        replicator(game, rounds=300),
        regret_matching(game, rng, rounds=300).path,
        regret_matching_plus(game, rounds=300),
    ]


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("game", [PENNIES, DILEMMA, anti_coordination(3)])
def test_every_point_of_every_path_is_a_distribution(which: int, game: object) -> None:
    path = _paths(game)[which]
    assert len(path.rounds) == len(path.regrets) <= 201
    assert (np.diff(path.rounds) > 0).all()
    for law in path.laws:
        assert law.shape[0] == len(path.rounds)
        assert law.min() >= 0.0
        np.testing.assert_allclose(law.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("which", range(4))
def test_all_learn_to_defect(which: int) -> None:
    path = _paths(DILEMMA)[which]
    assert path.converged or path.regrets[-1] < 0.05
    assert all(law[1] > 0.95 for law in path.last)


def test_kuhn_by_regret_matching_plus() -> None:
    """Kuhn, A simplified two-person poker, 1950: the value is -1/18."""
    path = regret_matching_plus(kuhn_poker(), rounds=1_000)
    assert path.payoffs[0] == pytest.approx(-1.0 / 18.0, abs=1e-3)
    assert path.converged
    assert path.regrets[-1] < 1e-3


def test_kuhn_by_linear_programming() -> None:
    found = coarse_correlated(kuhn_poker())
    assert found.payoffs[0] == pytest.approx(-1.0 / 18.0, abs=1e-8)


def test_fictitious_play_of_a_zero_sum_game_slows_as_its_root() -> None:
    """Robinson 1951: frequencies converge; here at about 1 / sqrt(rounds)."""
    path = fictitious_play(PENNIES, rounds=5_000, start=[[1.0, 0.0], [1.0, 0.0]], tolerance=0.05)
    assert path.converged
    assert path.last[0] == pytest.approx([0.5, 0.5], abs=0.02)


def test_fictitious_play_circles_in_shapleys_game() -> None:
    """Shapley, Some topics in two-person games, 1964: frequencies do not converge."""
    path = fictitious_play(SHAPLEY, rounds=6_000, start=[[1, 0, 0], [1, 0, 0]])
    late = path.laws[0][path.rounds > 300]
    assert np.ptp(late, axis=0).max() > 0.2
    assert not path.converged


def test_first_rounds_of_fictitious_play() -> None:
    path = fictitious_play(PENNIES, rounds=2, start=[[1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(path.laws[0], [[1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(path.laws[1], [[0.5, 0.5], [1 / 3, 2 / 3]])


def test_replicator_keeps_its_constant_in_pennies() -> None:
    """Hofbauer and Sigmund 1998, section 11.1: the product of weights is a constant of motion."""
    path = replicator(PENNIES, start=[[0.8, 0.2], [0.5, 0.5]], rounds=4_000, step=0.05)
    level = path.laws[0].prod(axis=1) * path.laws[1].prod(axis=1)
    np.testing.assert_allclose(level, 0.04, rtol=1e-7)
    assert path.regrets.min() > 0.05


def test_replicator_is_of_fourth_order() -> None:
    def end(step: float) -> np.ndarray:
        start = [[0.7, 0.3], [0.4, 0.6]]
        path = replicator(PENNIES, start=start, rounds=round(4 / step), step=step)
        return np.concatenate(path.last)

    exact = end(0.005)
    errors = [np.abs(end(step) - exact).max() for step in (0.4, 0.2)]
    assert 12.0 < errors[0] / errors[1] < 20.0


def test_what_has_no_weight_stays_out() -> None:
    path = replicator(DILEMMA, start=[[1.0, 0.0], [1.0, 0.0]], rounds=50)
    assert path.last[0].tolist() == [1.0, 0.0]
    assert not path.converged


@pytest.mark.parametrize("game", [SHAPLEY, DILEMMA, anti_coordination(3)])
def test_joint_play_comes_close_to_coarse_equilibrium(game: object) -> None:
    """Hart and Mas-Colell 2000: regret falls as 1 / sqrt(rounds)."""
    found = regret_matching(game, np.random.default_rng(3), rounds=5_000)
    assert found.coarse_regret < 3.0 / np.sqrt(5_000)
    assert found.distribution.sum() == pytest.approx(1.0)


def test_same_seed_same_play() -> None:
    first, second = (
        regret_matching(SHAPLEY, np.random.default_rng(7), rounds=100) for _ in range(2)
    )
    np.testing.assert_array_equal(first.distribution, second.distribution)


def test_weights_are_uniform_without_regret() -> None:
    assert weights_of(np.array([-1.0, 0.0])).tolist() == [0.5, 0.5]
    assert weights_of(np.array([-1.0, 2.0, 6.0])).tolist() == [0.0, 0.25, 0.75]


def test_presets_are_games_with_titles() -> None:
    assert kuhn_poker().shape == (27, 64)
    for make in PRESETS.values():
        assert make().title


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InvalidValue, match="fictitious-play: rounds=0 must lie between 1"):
        fictitious_play(PENNIES, rounds=0)
    for start in ([[1.0, 0.0]], [[1.0, 0.0], [0.5, 0.6]], [[1.5, -0.5], [1.0, 0.0]]):
        with pytest.raises(InvalidValue, match="must be one distribution for each player"):
            fictitious_play(PENNIES, start=start)
    with pytest.raises(InvalidValue, match=r"step=0\.0 must lie above 0"):
        replicator(PENNIES, step=0.0)
