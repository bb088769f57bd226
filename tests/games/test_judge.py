"""The judge against sums written out by hand, profile by profile."""

import itertools

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.games import judge
from mara.games.judge import (
    coarse_regret,
    continuous_regret,
    correlated_regret,
    expected,
    regret,
    regrets,
)
from mara.games.normal_form.game import bimatrix


def _by_hand(payoffs: np.ndarray, laws: list[np.ndarray], player: int) -> float:
    profiles = itertools.product(*map(range, payoffs.shape[1:]))
    return sum(
        payoffs[(player, *s)] * np.prod([law[a] for law, a in zip(laws, s, strict=True)])
        for s in profiles
    )


@pytest.mark.parametrize("shape", [(2,), (3, 2), (2, 3, 4), (2, 2, 2, 2)])
def test_gain_is_the_best_pure_deviation_less_the_payoff(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    payoffs = rng.normal(size=(len(shape), *shape))
    laws = [rng.dirichlet(np.ones(count)) for count in shape]
    paid = [_by_hand(payoffs, laws, player) for player in range(len(shape))]
    assert expected(payoffs, laws) == pytest.approx(paid, abs=1e-14)
    for player, count in enumerate(shape):
        best = max(
            _by_hand(payoffs, [*laws[:player], np.eye(count)[a], *laws[player + 1 :]], player)
            for a in range(count)
        )
        assert regrets(payoffs, laws)[player] == pytest.approx(best - paid[player], abs=1e-14)


def test_dilemma_is_judged() -> None:
    game = bimatrix([[3, 0], [5, 1]], [[3, 5], [0, 1]])
    assert regret(game.payoffs, [[0, 1], [0, 1]]) == 0.0
    assert regret(game.payoffs, [[1, 0], [1, 0]]) == 2.0


# Aumann's game of chicken, 1974: the fair mix of three cells is correlated but not Nash.
CHICKEN = bimatrix([[6, 2], [7, 0]], [[6, 7], [2, 0]]).payoffs


def test_a_correlated_equilibrium_has_no_regret() -> None:
    thirds = np.array([[1, 1], [1, 0]]) / 3.0
    assert correlated_regret(CHICKEN, thirds) == pytest.approx(0.0, abs=1e-15)
    assert coarse_regret(CHICKEN, thirds) == 0.0


def test_what_is_coarse_need_not_be_correlated() -> None:
    # Rock, paper, scissors drawn alike: no fixed choice gains, but to beat what is told does.
    payoffs = bimatrix([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]).payoffs
    alike = np.eye(3) / 3.0
    assert coarse_regret(payoffs, alike) == 0.0
    assert correlated_regret(payoffs, alike) == pytest.approx(1.0 / 3.0)


def test_gains_from_leaving_a_recommendation() -> None:
    # Told to meet at the corners of chicken: (3 + 3) / 2 against 4 for always yielding.
    assert coarse_regret(CHICKEN, np.eye(2) / 2.0) == pytest.approx(1.0)
    assert correlated_regret(CHICKEN, np.eye(2) / 2.0) == pytest.approx(1.0)
    payoffs = bimatrix([[0, 4], [1, 1]], [[1, 0], [0, 1]]).payoffs
    assert correlated_regret(payoffs, np.eye(2) / 2.0) == pytest.approx(1.5)


def test_a_product_law_is_judged_alike_by_all_three() -> None:
    rng = np.random.default_rng(9)
    payoffs = rng.normal(size=(3, 2, 3, 2))
    laws = [rng.dirichlet(np.ones(count)) for count in (2, 3, 2)]
    joint = np.einsum("a,b,c->abc", *laws)
    assert coarse_regret(payoffs, joint) == pytest.approx(regret(payoffs, laws), abs=1e-14)


def test_continuous_deviation_finds_the_peak() -> None:
    def profit(player: int, at: np.ndarray) -> float:
        return float(-((at[player] - 0.3) ** 2) - at[1 - player])

    assert continuous_regret(profit, [0.3, 0.3], [0, 0], [1, 1]) == pytest.approx(0.0, abs=1e-14)
    assert continuous_regret(profit, [0.3, 0.8], [0, 0], [1, 1]) == pytest.approx(0.25, abs=1e-12)


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_continuous_deviation_finds_a_peak_at_the_bounds(edge: float) -> None:
    found = continuous_regret(lambda _, at: abs(float(at[0]) - 1.0 + edge), [0.5], [0.0], [1.0])
    assert found == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ([0.5, 0.6], "their sum 1.1"),
        ([1.5, -0.5], "the least is -0.5"),
        ([float("nan"), 1.0], "the least is nan"),
    ],
)
def test_what_is_no_distribution_is_refused(law: list[float], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        regret(CHICKEN, [law, [1.0, 0.0]])


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(InvalidValue, match=r"lengths \[1, 2\]; the game has \[2, 2\]"):
        regret(CHICKEN, [[1.0], [1.0, 0.0]])
    with pytest.raises(InvalidValue, match=r"shape \(2,\), the game has \(2, 2\)"):
        correlated_regret(CHICKEN, [0.5, 0.5])


def test_profiles_judged_together_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(4)
    payoffs = rng.normal(size=(2, 3, 4))
    profiles = [(rng.dirichlet(np.ones(3)), rng.dirichlet(np.ones(4))) for _ in range(5)]
    together = judge.weighed(payoffs, profiles)
    for profile, (paid, worst) in zip(profiles, together, strict=True):
        assert paid == pytest.approx(judge.expected(payoffs, profile), abs=1e-15)
        assert worst == pytest.approx(judge.regret(payoffs, profile), abs=1e-15)
    three = rng.normal(size=(3, 2, 2, 2))
    mixed = [tuple(rng.dirichlet(np.ones(2)) for _ in range(3))]
    assert judge.weighed(three, mixed)[0][1] == judge.regret(three, mixed[0])
    assert judge.weighed(payoffs, []) == []


def test_one_profile_that_is_none_is_refused_among_many() -> None:
    payoffs = np.zeros((2, 2, 2))
    good, bad = ([0.5, 0.5], [0.5, 0.5]), ([0.5, 0.5], [0.7, 0.5])
    with pytest.raises(InvalidValue, match="sum to 1"):
        judge.weighed(payoffs, [good, bad])
    with pytest.raises(InvalidValue, match="length 3"):
        judge.weighed(payoffs, [good, ([0.5, 0.5], [0.5, 0.25, 0.25])])
