"""Payoffs against mixed strategies, for any number of players.

Strategies of all players stand in one vector, player after player.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.game import Floats

__all__ = ["cross_effects", "gap", "replies", "reply", "seats", "split", "uniform"]


def uniform(shape: tuple[int, ...]) -> list[Floats]:
    """Give every strategy of a player the same weight."""
    return [np.full(count, 1.0 / count) for count in shape]


def split(vector: Floats, shape: tuple[int, ...]) -> list[Floats]:
    """Cut a vector over all strategies into one for each player."""
    return np.split(vector, np.cumsum(shape)[:-1])


def seats(shape: tuple[int, ...]) -> Floats:
    """Matrix of shape (all strategies, players): one where the strategy is the player's."""
    return np.repeat(np.eye(len(shape)), shape, axis=0)


def replies(payoffs: Floats, laws: Sequence[Floats]) -> list[Floats]:
    """Payoff u_i(a, x_-i) of every strategy a of every player i."""
    return [reply(table, laws, player) for player, table in enumerate(payoffs)]


def reply(table: Floats, laws: Sequence[Floats], player: int) -> Floats:
    """Payoff of every strategy of one player, whose payoffs are `table`."""
    return _kept(table, laws, (player,))


def cross_effects(payoffs: Floats, laws: Sequence[Floats]) -> Floats:
    """Differentiate all `replies` by all strategies' weights; zero within a player."""
    players = range(len(laws))
    return np.block([[_effect(payoffs[i], laws, i, k) for k in players] for i in players])


def gap(payoffs: Floats, laws: Sequence[Floats]) -> float:
    """Largest gain from deviating, as the solvers see it."""
    values = replies(payoffs, laws)
    return max(float(v.max() - v @ own) for v, own in zip(values, laws, strict=True))


def _effect(table: Floats, laws: Sequence[Floats], of: int, by: int) -> Floats:
    if of == by:
        return np.zeros((table.shape[of], table.shape[of]))
    kept = _kept(table, laws, (of, by))
    return kept if of < by else kept.T


def _kept(table: Floats, laws: Sequence[Floats], axes: tuple[int, ...]) -> Floats:
    """Average the payoffs over all players but those of `axes`."""
    for player in reversed(range(len(laws))):
        if player not in axes:
            table = np.tensordot(table, laws[player], axes=(player, 0))
    return table
