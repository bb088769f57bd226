"""The table of a coalitional game refuses the impossible and names the unusual."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mara.errors import InvalidValue
from mara.games.cooperative.classic import airport, bankruptcy, gloves, weighted_voting
from mara.games.cooperative.game import CoalitionalGame, GameKind, tabulated
from mara.games.cooperative.subsets import incidence, maxima_with, members, sizes, sums, totals_with


def test_arrays_over_coalitions_agree_with_their_definitions() -> None:
    n, rng = 5, np.random.default_rng(1)
    payoffs, values = rng.normal(size=n), rng.normal(size=2**n)
    who = incidence(np.arange(2**n), n).astype(bool)
    assert sizes(n).tolist() == who.sum(axis=1).tolist()
    assert sums(payoffs) == pytest.approx(who @ payoffs)
    assert totals_with(values) == pytest.approx([values[who[:, i]].sum() for i in range(n)])
    assert maxima_with(values).tolist() == [values[who[:, i]].max() for i in range(n)]
    assert members(19, n) == (0, 1, 4)


def test_tabulated_asks_for_every_coalition() -> None:
    game = tabulated(("a", "b"), float, kind=GameKind.COST)
    assert game.values.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert game.worth.tolist() == [0.0, -1.0, -2.0, -3.0]
    assert game.sign == -1.0
    assert game.name(3) == "a,b"


def test_values_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        gloves(("l",), ("r",)).values[1] = 2.0


@pytest.mark.parametrize(
    ("players", "values", "message"),
    [
        ((), [0.0], "0 players"),
        (tuple(map(str, range(23))), [0.0], "23 players"),
        (("a", "a"), [0.0] * 4, "'a' is named twice"),
        (("a", ""), [0.0] * 4, "name is empty"),
        (("a", "b"), [0.0] * 3, "2 players make 4 coalitions"),
        (("a", "b"), [0.0, 0.0, math.nan, 0.0], r"\{b\} is nan"),
        (("a", "b"), [1.0, 0.0, 0.0, 0.0], "empty coalition has 1.0"),
    ],
)
def test_impossible_games_are_refused(
    players: tuple[str, ...], values: list[float], message: str
) -> None:
    with pytest.raises(InvalidValue, match=message):
        CoalitionalGame(players=players, values=np.array(values))


def test_notices_name_negative_figures_and_falls() -> None:
    game = CoalitionalGame(
        players=("a", "b", "c"), values=np.array([0.0, -1.0, 3.0, 2.0, 4.0, 0.0, 0.0, 9.0])
    )
    negative, falls = game.notices()
    assert negative == "the worth is below zero for {a}"
    assert falls == (
        "the game is not monotone: the worth falls when a player joins {} and {b} and {c}"
    )
    assert gloves(("l",), ("r",)).notices() == ()


def test_long_lists_of_coalitions_are_cut() -> None:
    game = CoalitionalGame(players=("a", "b", "c"), values=np.array([0.0, *[-1.0] * 7]))
    assert game.notices()[0] == "the worth is below zero for {a} and {b} and {a,b} and 4 more"


@pytest.mark.parametrize("quota", [0.0, 61.0, math.nan])
def test_voting_refuses_a_quota_out_of_reach(quota: float) -> None:
    with pytest.raises(InvalidValue, match="quota"):
        weighted_voting(quota, {"a": 40, "b": 20})


@pytest.mark.parametrize("estate", [-1.0, 61.0])
def test_bankruptcy_refuses_an_estate_beyond_the_claims(estate: float) -> None:
    with pytest.raises(InvalidValue, match="estate"):
        bankruptcy(estate, {"a": 40, "b": 20})


@pytest.mark.parametrize("cost", [-1.0, math.nan, math.inf])
def test_airport_refuses_impossible_costs(cost: float) -> None:
    with pytest.raises(InvalidValue, match="airport: b="):
        airport({"a": 1.0, "b": cost})
