"""Which coalitions form: the partition worth most, and whether anyone would leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.cuts import cheapest_cover
from mara.games.cooperative.subsets import Floats, Masks, members

if TYPE_CHECKING:
    from mara.games.cooperative.game import CoalitionalGame

__all__ = ["CoalitionStructure", "coalition_structure"]

_TOLERANCE = 1e-9
_MOST_PLAYERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class CoalitionStructure:
    """A partition of the players worth the most, and whether it is stable.

    Stable: `payoffs` share out each block's figure so that no coalition gains by leaving. Not
    stable: `payoffs` is None, no other partition is stable either, and `shortfall` is the least
    subsidy that would make one so.
    """

    players: tuple[str, ...]
    blocks: tuple[tuple[str, ...], ...]
    figure: float
    stable: bool
    payoffs: tuple[float, ...] | None
    shortfall: float
    method: str
    residual: float
    converged: bool


def coalition_structure(game: CoalitionalGame) -> CoalitionStructure:
    """Find the best partition and a payoff in its core.

    best(S) = max of v(T) + best(S - T) over the T in S with its first player. A payoff that no
    coalition betters costs min x(N), x(S) >= v(S) for every S; a stable partition exists exactly
    where this equals best(N), and then the payoff shares out each block by itself.

    Source: Aumann and Dreze, "Cooperative games with coalition structures", International
    Journal of Game Theory 3, 1974; the recursion of Yeh, BIT 26, 1986.

    Raises
    ------
    InvalidValue
        There are more than 16 players; the recursion takes 3**n steps.
    """
    if game.count > _MOST_PLAYERS:
        raise InvalidValue(
            f"coalition_structure: {game.count} players; the search takes 3**n steps, so give "
            f"{_MOST_PLAYERS} or fewer"
        )
    worth = game.worth / game.scale
    blocks, best = _best_partition(worth)
    every = np.ones(len(worth), dtype=np.bool_)
    every[0] = False
    cover = cheapest_cover("coalition structure", worth, every)
    shortfall = max(0.0, float(cover.payoffs.sum()) - best)
    stable = shortfall <= _TOLERANCE
    paid = [float(cover.payoffs[list(members(b, game.count))].sum() - worth[b]) for b in blocks]
    residual = max(map(abs, paid)) if stable else 0.0
    return CoalitionStructure(
        players=game.players,
        blocks=tuple(tuple(game.players[i] for i in members(b, game.count)) for b in blocks),
        figure=game.sign * best * game.scale,
        stable=stable,
        payoffs=tuple((cover.payoffs * game.sign * game.scale).tolist()) if stable else None,
        shortfall=0.0 if stable else shortfall * game.scale,
        method="best partition by subsets, cover by cutting planes",
        residual=residual * game.scale,
        converged=residual <= _TOLERANCE * game.count,
    )


def _best_partition(worth: Floats) -> tuple[list[int], float]:
    best, choice = np.zeros(len(worth)), np.zeros(len(worth), dtype=np.int64)
    for mask in range(1, len(worth)):
        first = mask & -mask
        blocks = _subsets(mask ^ first) | first
        totals = worth[blocks] + best[mask ^ blocks]
        at = int(np.argmax(totals))
        best[mask], choice[mask] = totals[at], blocks[at]
    return _blocks(choice), float(best[-1])


def _blocks(choice: Masks) -> list[int]:
    """Follow the choices from N down."""
    left, blocks = len(choice) - 1, []
    while left:
        blocks.append(int(choice[left]))
        left ^= blocks[-1]
    return blocks


def _subsets(mask: int) -> Masks:
    """Give all subsets of a coalition, the whole of it first: ties keep players together."""
    found = np.zeros(1, dtype=np.int64)
    while mask:
        bit = mask & -mask
        found = np.concatenate((found | bit, found))
        mask ^= bit
    return found
