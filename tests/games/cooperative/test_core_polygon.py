"""Corners of the core of three players: in the core, extreme, and in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from mara.errors import InvalidValue
from mara.games.cooperative.classic import gloves
from mara.games.cooperative.core import core, core_membership
from mara.games.cooperative.core_polygon import core_polygon
from mara.games.cooperative.game import CoalitionalGame, GameKind
from mara.games.cooperative.subsets import incidence
from tests.games.cooperative.published import LEMAIRE, game_of


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(GameKind))
def test_corners_are_the_extremes_of_the_core(seed: int, kind: GameKind) -> None:
    rng = np.random.default_rng(seed)
    values = np.array([0, *rng.integers(0, 6, size=6), rng.integers(5, 20)], dtype=float)
    sign = 1.0 if kind is GameKind.WORTH else -1.0
    game = CoalitionalGame(players=("a", "b", "c"), values=sign * values, kind=kind)
    corners = core_polygon(game)
    assert (not corners) == core(game).empty
    for corner in corners:
        assert core_membership(game, corner, tolerance=1e-8).belongs
    for direction in rng.normal(size=(4, 3)) if corners else ():
        best = linprog(
            -direction,
            A_ub=-incidence(np.arange(1, 7), 3),
            b_ub=-values[1:7],
            A_eq=np.ones((1, 3)),
            b_eq=values[7:],
            bounds=[(None, None)] * 3,
        )
        reached = max(float(direction @ (sign * np.array(corner))) for corner in corners)
        assert reached == pytest.approx(-best.fun, abs=1e-7)


def test_corners_go_around() -> None:
    """Every turn has the same sense."""
    corners = np.array(core_polygon(LEMAIRE))
    edges = np.roll(corners, -1, axis=0) - corners
    turns = np.cross(edges, np.roll(edges, -1, axis=0)).sum(axis=1)
    assert len(corners) == 6
    assert (np.sign(turns) == np.sign(turns[0])).all()


def test_a_core_may_be_a_point_or_nothing() -> None:
    point = core_polygon(gloves(("l",), ("r1", "r2")))
    assert len(point) == 1
    assert point[0] == pytest.approx((1.0, 0.0, 0.0))
    assert core_polygon(game_of({"12": 1, "13": 1, "23": 1, "123": 1})) == ()


def test_only_three_players_make_a_triangle() -> None:
    with pytest.raises(InvalidValue, match="2 players"):
        core_polygon(game_of({"1": 1, "2": 1, "12": 3}))
