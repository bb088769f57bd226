"""The core of a game of three players, as the corners of a polygon."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.games.cooperative.game import CoalitionalGame
    from mara.games.cooperative.subsets import Floats

__all__ = ["core_polygon"]

_TOLERANCE = 1e-9


def core_polygon(game: CoalitionalGame) -> tuple[tuple[float, float, float], ...]:
    """Give the corners of the core in order around it; one or two where it is no area, none if empty.

    With three players x(S) >= v(S) bounds every payoff on both sides: v(i) <= x[i] <=
    v(N) - v(N - i). A corner has two payoffs on a bound and the third takes the rest.

    Raises
    ------
    InvalidValue
        The game has not three players.
    """
    if game.count != 3:
        raise InvalidValue(f"core_polygon: {game.count} players; the triangle is that of three")
    single = 1 << np.arange(3)
    bounds = np.column_stack((game.worth[single], game.worth[-1] - game.worth[7 ^ single]))
    slack = _TOLERANCE * game.scale
    corners: list[Floats] = []
    for (i, j), low_i, low_j in itertools.product(((0, 1), (0, 2), (1, 2)), (0, 1), (0, 1)):
        payoffs = np.full(3, game.worth[-1])
        payoffs[i], payoffs[j] = bounds[i, low_i], bounds[j, low_j]
        payoffs[3 - i - j] -= payoffs[i] + payoffs[j]
        inside = (payoffs >= bounds[:, 0] - slack).all() and (payoffs <= bounds[:, 1] + slack).all()
        if inside and not any(np.abs(payoffs - other).max() <= slack for other in corners):
            corners.append(payoffs)
    return tuple(_payoffs(game, corner) for corner in _around(corners))


def _around(corners: list[Floats]) -> list[Floats]:
    """Order by the angle around the middle, in the plane of equal sums."""
    if not corners:
        return []
    middle = np.mean(corners, axis=0)

    def angle(corner: Floats) -> float:
        away = corner - middle
        return float(np.arctan2(np.sqrt(3.0) * (away[1] - away[2]), 3.0 * away[0]))

    return sorted(corners, key=angle)


def _payoffs(game: CoalitionalGame, corner: Floats) -> tuple[float, float, float]:
    first, second, third = (game.sign * corner).tolist()
    return first, second, third
