"""The least core: payoffs whose worst-off coalition is best off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.cuts import Face, least_excess
from mara.games.cooperative.subsets import sums

if TYPE_CHECKING:
    from mara.games.cooperative.game import CoalitionalGame

__all__ = ["LeastCore", "least_core"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCore:
    """The least excess that every coalition can be held to, with one payoff that does it.

    `epsilon` is above zero exactly where the core is empty. `binding` are coalitions whose excess
    is `epsilon` at every payoff of the least core; other payoffs may do as well as this one.
    """

    players: tuple[str, ...]
    epsilon: float
    payoffs: tuple[float, ...]
    binding: tuple[str, ...]
    method: str
    residual: float
    converged: bool


def least_core(game: CoalitionalGame) -> LeastCore:
    """Minimise e subject to x(N) = v(N) and x(S) + e >= v(S) for every proper coalition S.

    Source: Maschler, Peleg and Shapley, "Geometric properties of the kernel, nucleolus, and
    related solution concepts", Mathematics of Operations Research 4, 1979.

    Raises
    ------
    InvalidValue
        The game has one player, so no proper coalition.
    """
    if game.count == 1:
        raise InvalidValue("least_core: one player has no proper coalition; give two or more")
    worth = game.worth / game.scale
    proper = np.ones(len(worth), dtype=np.bool_)
    proper[[0, -1]] = False
    n = game.count
    whole = Face(rows=np.ones((1, n)), sides=worth[-1:], lower=np.full(n, -np.inf))
    found = least_excess("least core", worth, proper, whole)
    over = float((worth - sums(found.payoffs))[proper].max()) - found.excess
    residual = max(abs(over), abs(float(found.payoffs.sum() - worth[-1])))
    return LeastCore(
        players=game.players,
        epsilon=found.excess * game.scale,
        payoffs=tuple((found.payoffs * game.sign * game.scale).tolist()),
        binding=tuple(game.name(mask) for mask in sorted(found.weights)),
        method="least excess by cutting planes",
        residual=residual * game.scale,
        converged=residual <= _TOLERANCE,
    )
