"""All equilibria of 1,000 random games against the vertex enumeration of two other packages."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.games import compiled
from mara.games.normal_form.game import bimatrix
from mara.games.normal_form.vertex_enumeration import undominated, vertex_enumeration

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.games.normal_form.solution import Solution

SHARDS = 20
GAMES_A_SHARD = 50


def _quantecon(payoffs: np.ndarray) -> list[np.ndarray]:
    theory = pytest.importorskip("quantecon.game_theory")
    first, second = payoffs
    seats = (theory.Player(first), theory.Player(np.ascontiguousarray(second.T)))
    return [np.concatenate(e) for e in theory.vertex_enumeration(theory.NormalFormGame(seats))]


def _nashpy(payoffs: np.ndarray) -> list[np.ndarray]:
    game = pytest.importorskip("nashpy").Game(*payoffs)
    return [np.concatenate(e) for e in game.vertex_enumeration()]


def _draw(rng: np.random.Generator, turn: int) -> np.ndarray:
    shape = (2, *rng.integers(2, 9, size=2))
    if turn % 2:
        return rng.normal(size=shape)
    return rng.integers(-50, 51, size=shape).astype(np.float64)


def _tied(payoffs: np.ndarray, found: Solution) -> bool:
    """Whether a mixture listed, or an undominated strategy, has more best replies than it mixes."""
    rows, columns = undominated(payoffs)
    first, second = payoffs
    laws = [(e.strategies[0], second.T) for e in found.equilibria]
    laws += [(e.strategies[1], first) for e in found.equilibria]
    laws += [(row, second.T) for row in np.eye(len(first))[rows]]
    laws += [(row, first) for row in np.eye(first.shape[1])[columns]]
    values = [(law, table @ law) for law, table in laws]
    return any((v > v.max() - 1e-9).sum() > (law > 1e-9).sum() for law, v in values)


def _same(ours: np.ndarray, theirs: np.ndarray) -> bool:
    gaps = np.abs(ours[:, None] - theirs[None]).max(axis=2)
    return bool((gaps.min(axis=1) < 1e-6).all() and (gaps.min(axis=0) < 1e-6).all())


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_sets_equal_those_of_quantecon(shard: int) -> None:
    _compare(_quantecon, shard)


@pytest.mark.soak
@pytest.mark.parametrize("shard", range(SHARDS))
def test_sets_equal_those_of_nashpy(shard: int) -> None:
    _compare(_nashpy, shard)


def _compare(peer: Callable[[np.ndarray], list[np.ndarray]], shard: int) -> None:
    compiled.load()
    rng = np.random.default_rng([2024, shard])
    named = 0
    for turn in range(GAMES_A_SHARD):
        payoffs = _draw(rng, turn)
        found = vertex_enumeration(bimatrix(*payoffs))
        assert all(e.regret < 1e-8 for e in found.equilibria)
        if found.degenerate:
            named += 1
            continue
        assert not _tied(payoffs, found)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = np.array(peer(payoffs))
        assert _same(np.array([np.concatenate(e.strategies) for e in found.equilibria]), theirs)
    assert named < GAMES_A_SHARD / 2
