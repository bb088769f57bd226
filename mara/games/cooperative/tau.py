"""The tau-value: the efficient compromise between what players may hope for and can insist on."""

from __future__ import annotations

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.game import Allocation, CoalitionalGame
from mara.games.cooperative.subsets import Floats, maxima_with, sums

__all__ = ["tau_value"]

_TOLERANCE = 1e-9


def tau_value(game: CoalitionalGame) -> Allocation:
    """Tau = m + a (M - m), with a such that it shares out v(N).

    M[i] = v(N) - v(N - i), what i adds last, is the most to hope for; m[i], the most that is left
    of v(S) when S with i pays every other member his M, is what i can insist on. Source: Tijs,
    "Bounds for the core and the tau-value", in Game Theory and Mathematical Economics, 1981.

    Raises
    ------
    InvalidValue
        The game is not quasi-balanced: m <= M or sum(m) <= v(N) <= sum(M) fails.
    """
    worth, slack = game.worth, _TOLERANCE * game.scale
    most, least = _bounds(game)
    between = least.sum() - slack <= worth[-1] <= most.sum() + slack
    if (least > most + slack).any() or not between:
        raise InvalidValue(
            "tau_value: the game is not quasi-balanced (what players can insist on exceeds what "
            "they may hope for, or the total), so it has no tau-value; use the nucleolus"
        )
    room = float((most - least).sum())
    share = (worth[-1] - least.sum()) / room if room > slack else 0.0
    values = game.sign * (least + share * (most - least))
    residual = abs(float(values.sum() - game.values[-1]))
    return Allocation(
        players=game.players,
        values=tuple(values.tolist()),
        method="compromise of utopia and minimum rights",
        residual=residual,
        converged=residual <= game.count * slack,
    )


def _bounds(game: CoalitionalGame) -> tuple[Floats, Floats]:
    """Give M, the utopia payoffs, and m, the minimum rights."""
    worth = game.worth
    most = worth[-1] - worth[(len(worth) - 1) ^ (1 << np.arange(game.count))]
    return most, maxima_with(worth - sums(most)) + most
