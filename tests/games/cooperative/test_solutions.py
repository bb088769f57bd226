"""Core, least core, nucleolus and tau-value: properties first, then published answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.cooperative.classic import airport, bankruptcy, gloves, weighted_voting
from mara.games.cooperative.core import core, core_membership
from mara.games.cooperative.game import CoalitionalGame, GameKind
from mara.games.cooperative.least_core import least_core
from mara.games.cooperative.nucleolus import Over, nucleolus
from mara.games.cooperative.subsets import sums
from mara.games.cooperative.tau import tau_value
from tests.games.cooperative.judge import is_nucleolus
from tests.games.cooperative.published import LEMAIRE, MOBILE, game_of, random_game

SEEDS = st.integers(0, 10**6)
MAJORITY = game_of({"12": 1, "13": 1, "23": 1, "123": 1})
TALMUD = {"a": 100.0, "b": 200.0, "c": 300.0}


def drawn(seed: int, n: int) -> CoalitionalGame:
    """Half the games with many ties, half without; the core is empty in some."""
    rng = np.random.default_rng(seed)
    game = random_game(rng, n)
    values = np.array(game.values)
    if seed % 2:
        values = rng.integers(0, 4, size=2**n).astype(float)
        values[0] = 0.0
    values[-1] = max(values[-1], sums(values[1 << np.arange(n)])[-1]) + rng.integers(0, 12)
    return replace(game, values=values)


def as_cost(game: CoalitionalGame) -> CoalitionalGame:
    return replace(game, values=-game.values, kind=GameKind.COST)


@pytest.mark.slow
@settings(max_examples=60)
@given(SEEDS, st.integers(2, 5))
def test_kohlberg_agrees(seed: int, n: int) -> None:
    game = drawn(seed, n)
    found = nucleolus(game).allocation
    assert found.converged
    assert is_nucleolus(game, found.values, imputations=True)
    before = nucleolus(game, over=Over.PREIMPUTATIONS).allocation
    assert is_nucleolus(game, before.values, imputations=False)


def test_the_judge_can_refuse() -> None:
    assert not is_nucleolus(LEMAIRE, (52687.0, 24469.25, 12843.75), imputations=True)
    assert not is_nucleolus(LEMAIRE, (40000.0, 30000.0, 20000.0), imputations=True)


@settings(max_examples=60)
@given(SEEDS, st.integers(2, 5))
def test_nucleolus_is_in_the_core_unless_that_is_empty(seed: int, n: int) -> None:
    game = drawn(seed, n)
    found, payoffs = core(game), nucleolus(game).allocation.values
    assert found.converged
    assert core_membership(game, payoffs, tolerance=1e-8).belongs is not found.empty
    if found.payoffs is not None:
        assert core_membership(game, found.payoffs, tolerance=1e-8).belongs


@settings(max_examples=60)
@given(SEEDS, st.integers(2, 5))
def test_certificate_is_balanced_and_beats_the_whole(seed: int, n: int) -> None:
    game = drawn(seed, n)
    found = core(game)
    for player in game.players:
        held = [b.weight for b in found.certificate if player in b.coalition]
        assert sum(held) == pytest.approx(1.0, abs=1e-9)
    assert min(b.weight for b in found.certificate) > 0.0
    number = {game.name(mask): mask for mask in range(2**n)}
    figure = sum(b.weight * game.values[number[",".join(b.coalition)]] for b in found.certificate)
    assert found.balanced_figure == pytest.approx(figure)
    assert found.empty == (figure > game.values[-1] + 1e-8)


@settings(max_examples=40)
@given(SEEDS, st.integers(2, 5))
def test_least_core_is_below_zero_where_the_core_is_not_empty(seed: int, n: int) -> None:
    game = drawn(seed, n)
    found = least_core(game)
    assert found.converged
    assert (found.epsilon > 1e-8) == core(game).empty
    reached = core_membership(game, found.payoffs)
    assert reached.excess == pytest.approx(found.epsilon, abs=1e-8)
    assert reached.gap == pytest.approx(0.0, abs=1e-8)
    pre = nucleolus(game, over=Over.PREIMPUTATIONS)
    assert pre.levels[0].excess == pytest.approx(found.epsilon, abs=1e-8)


@settings(max_examples=40)
@given(SEEDS, st.permutations(range(4)))
def test_relabelling_and_strategic_equivalence(seed: int, order: list[int]) -> None:
    game, shift = drawn(seed, 4), np.random.default_rng(seed).normal(size=4) * 1e3
    payoffs = np.array(nucleolus(game).allocation.values)
    renamed = [game.values[sum(1 << order[i] for i in range(4) if m >> i & 1)] for m in range(16)]
    again = nucleolus(replace(game, values=np.array(renamed))).allocation.values
    assert again == pytest.approx(payoffs[order], abs=1e-7)
    moved = nucleolus(replace(game, values=7.0 * game.values + sums(shift))).allocation.values
    assert moved == pytest.approx(7.0 * payoffs + shift, abs=1e-6)


@settings(max_examples=30)
@given(SEEDS)
def test_costs_are_worths_with_the_other_sign(seed: int) -> None:
    game = drawn(seed, 4)
    mirrored = as_cost(game)
    negative = [-x for x in nucleolus(game).allocation.values]
    assert nucleolus(mirrored).allocation.values == pytest.approx(negative, abs=1e-9)
    assert core(mirrored).empty == core(game).empty
    assert core(mirrored).balanced_figure == pytest.approx(-core(game).balanced_figure)
    assert least_core(mirrored).epsilon == pytest.approx(least_core(game).epsilon)


# Guajardo and Jornsten (2015).
def test_lemaire_and_mobile() -> None:
    found = nucleolus(LEMAIRE)
    assert found.allocation.values == pytest.approx((52687.5, 24468.75, 12843.75), abs=1e-6)
    assert found.levels[0].excess == pytest.approx(-6562.5, abs=1e-6)
    assert least_core(LEMAIRE).epsilon == pytest.approx(-6562.5, abs=1e-6)
    assert nucleolus(MOBILE).allocation.values == pytest.approx((7.5, 0.5, 1.5, 10.5), abs=1e-6)


# Aumann and Maschler (1985): the Talmud's three estates.
@pytest.mark.parametrize(
    ("estate", "awards"),
    [(100, (100 / 3,) * 3), (200, (50, 75, 75)), (300, (50, 100, 150))],
)
def test_talmud(estate: float, awards: tuple[float, ...]) -> None:
    values = nucleolus(bankruptcy(estate, TALMUD)).allocation.values
    assert values == pytest.approx(awards, abs=1e-6)


def test_gloves_leave_all_to_the_short_side() -> None:
    game = gloves(("l",), ("r1", "r2"))
    assert nucleolus(game).allocation.values == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)
    assert core(game).payoffs == pytest.approx((1.0, 0.0, 0.0), abs=1e-9)


# von Neumann and Morgenstern's three-person majority.
def test_majority_has_an_empty_core() -> None:
    found = core(MAJORITY)
    assert found.empty
    assert found.payoffs is None
    assert {b.coalition: b.weight for b in found.certificate} == pytest.approx(
        {("1", "2"): 0.5, ("1", "3"): 0.5, ("2", "3"): 0.5}
    )
    assert least_core(MAJORITY).epsilon == pytest.approx(1 / 3, abs=1e-9)
    assert set(least_core(MAJORITY).binding) == {"1,2", "1,3", "2,3"}
    assert nucleolus(MAJORITY).allocation.values == pytest.approx((1 / 3,) * 3, abs=1e-9)


def test_voting() -> None:
    game = weighted_voting(51, {"a": 40, "b": 30, "c": 20, "d": 10})
    assert nucleolus(game).allocation.values == pytest.approx((1 / 3, 1 / 3, 1 / 3, 0), abs=1e-6)
    assert core(game).empty


# Littlechild and Owen: the airport's nucleolus.
def test_airport() -> None:
    game = airport({"a": 8, "b": 11, "c": 13, "d": 18})
    expected = (3.25, 3.25, 3.25, 8.25)
    assert nucleolus(game).allocation.values == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [10, 12])
def test_many_players(n: int) -> None:
    """A bankruptcy's nucleolus has a closed form: half the claims bind below half their sum."""
    claims = {f"p{i}": 10.0 * (i + 1) for i in range(n)}
    values = nucleolus(bankruptcy(sum(claims.values()) / 2, claims)).allocation.values
    assert values == pytest.approx([c / 2 for c in claims.values()], abs=1e-6)


def test_one_player_takes_all() -> None:
    game = CoalitionalGame(players=("a",), values=np.array([0.0, 7.0]))
    assert nucleolus(game).allocation.values == (7.0,)
    assert core(game).payoffs == (7.0,)
    assert core_membership(game, (7.0,)).belongs
    assert not core_membership(game, (6.0,)).belongs
    assert core_membership(game, (7.0,)).excess is None
    with pytest.raises(InvalidValue, match="one player"):
        least_core(game)


def test_the_residual_is_that_of_the_figures_as_given() -> None:
    """Gains of some units beside figures of 1e15 are none for the programmes: it is said."""
    gains = {"12": 1, "13": 2, "23": 4, "123": 9}
    figures = {"1": 1e15, "2": 1e15, "3": 1e15}
    game = game_of(figures | {k: len(k) * 1e15 + g for k, g in gains.items()})
    allocation = nucleolus(game).allocation
    assert allocation.residual == pytest.approx(9.0)
    assert not allocation.converged
    rounded = game_of({"1": 0.1, "2": 0.2, "12": 0.1 + 0.2})
    assert nucleolus(rounded).allocation.converged


def test_without_imputations_the_prenucleolus_stands() -> None:
    game = game_of({"1": 3, "2": 3, "12": 4})
    with pytest.raises(InvalidValue, match="together earn 4, alone they earn 6 in sum"):
        nucleolus(game)
    with pytest.raises(InvalidValue, match="together pay 4, alone they pay 2 in sum"):
        nucleolus(replace(game_of({"1": 1, "2": 1, "12": 4}), kind=GameKind.COST))
    pre = nucleolus(game, over=Over.PREIMPUTATIONS).allocation
    assert pre.values == pytest.approx((2.0, 2.0))


def test_membership_names_the_coalition_that_objects() -> None:
    found = core_membership(LEMAIRE, (40000.0, 30000.0, 20000.0))
    assert not found.belongs
    assert found.coalition == ("1",)
    assert found.excess == pytest.approx(6125.0)
    assert core_membership(LEMAIRE, (52687.5, 24468.75, 12843.75)).belongs
    assert core_membership(MOBILE, (7.5, 0.5, 1.5, 10.5)).gap == 0.0


@pytest.mark.parametrize("payoffs", [(1.0, 2.0), (1.0, 2.0, float("nan"))])
def test_membership_refuses_what_is_no_payoff(payoffs: tuple[float, ...]) -> None:
    with pytest.raises(InvalidValue, match="one finite number for each of the 3 players"):
        core_membership(LEMAIRE, payoffs)


# Driessen, "Cooperative Games, Solutions and Applications", 1988: for convex games of two
# players, and for gloves, the tau-value is known: halves of the gain, and (1, 0, 0).
def test_tau_value() -> None:
    assert tau_value(game_of({"1": 2, "2": 4, "12": 10})).values == pytest.approx((4.0, 6.0))
    assert tau_value(gloves(("l",), ("r1", "r2"))).values == pytest.approx((1.0, 0.0, 0.0))
    with pytest.raises(InvalidValue, match="not quasi-balanced"):
        tau_value(MAJORITY)


@settings(max_examples=40)
@given(SEEDS)
def test_tau_value_is_efficient_between_its_bounds_and_covariant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = dict(zip("abcd", rng.uniform(1, 9, size=4).tolist(), strict=True))
    game, shift = airport(costs), rng.normal(size=4)
    found = tau_value(game)
    assert found.converged
    assert core_membership(game, found.values).gap == pytest.approx(0.0, abs=1e-9)
    most = [game.values[-1] - game.values[15 ^ (1 << i)] for i in range(4)]
    for value, utopia, alone in zip(found.values, most, costs.values(), strict=True):
        assert utopia - 1e-9 <= value <= alone + 1e-9
    moved = replace(game, values=2.0 * game.values + sums(shift))
    expected = 2.0 * np.array(found.values) + shift
    assert tau_value(moved).values == pytest.approx(expected, abs=1e-8)
