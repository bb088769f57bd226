"""The best partition against enumeration, its stability against the definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.errors import InvalidValue
from mara.games.cooperative.game import CoalitionalGame, GameKind
from mara.games.cooperative.structure import coalition_structure
from mara.games.cooperative.subsets import sums
from tests.games.cooperative.published import game_of, random_game

if TYPE_CHECKING:
    from collections.abc import Iterator


def partitions(players: list[int]) -> Iterator[list[list[int]]]:
    if not players:
        yield []
        return
    first, rest = players[0], players[1:]
    for smaller in partitions(rest):
        yield [[first], *smaller]
        for i, block in enumerate(smaller):
            yield [*smaller[:i], [first, *block], *smaller[i + 1 :]]


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from(GameKind))
def test_partition_is_best_and_payoffs_hold_it(seed: int, kind: GameKind) -> None:
    game = random_game(np.random.default_rng(seed), 4, kind)
    found = coalition_structure(game)
    totals = [
        sum(game.worth[sum(1 << i for i in block)] for block in blocks)
        for blocks in partitions([0, 1, 2, 3])
    ]
    assert game.sign * found.figure == pytest.approx(max(totals))
    assert sorted(p for block in found.blocks for p in block) == sorted(game.players)
    assert found.converged
    assert found.stable == (found.shortfall == 0.0)
    if found.payoffs is None:
        return
    earned = game.sign * np.array(found.payoffs)
    assert (sums(earned) >= game.worth - 1e-8).all()
    paid = dict(zip(game.players, earned, strict=True))
    figure = {game.name(mask): game.worth[mask] for mask in range(16)}
    for block in found.blocks:
        assert sum(paid[p] for p in block) == pytest.approx(figure[",".join(block)], abs=1e-8)


def test_two_pairs_stand_by_themselves() -> None:
    game = game_of({"12": 4, "34": 6, "123": 4, "124": 4, "134": 6, "234": 6, "1234": 7})
    found = coalition_structure(game)
    assert found.blocks == (("1", "2"), ("3", "4"))
    assert found.figure == pytest.approx(10.0)
    assert found.stable


def test_majority_needs_a_subsidy() -> None:
    """Half a unit more would pay every pair: 3/2 is what covers them."""
    found = coalition_structure(game_of({"12": 1, "13": 1, "23": 1, "123": 1}))
    assert not found.stable
    assert found.payoffs is None
    assert found.blocks == (("1", "2", "3"),)
    assert found.shortfall == pytest.approx(0.5)


def test_too_many_players_are_refused() -> None:
    players = tuple(f"p{i}" for i in range(17))
    game = CoalitionalGame(players=players, values=np.zeros(2**17))
    with pytest.raises(InvalidValue, match="17 players"):
        coalition_structure(game)
