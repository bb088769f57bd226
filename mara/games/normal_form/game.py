"""A finite game in normal form."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["Floats", "NormalFormGame", "bimatrix", "symmetric"]

Floats = NDArray[np.float64]

_MOST_PLAYERS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormalFormGame:
    """Payoffs of n players for every combination of their strategies.

    `payoffs` has shape (n, s_1, ..., s_n): `payoffs[i, a_1, ..., a_n]` is what player i gets when
    player k plays strategy a_k. Names that are left out are numbers, counted from one.

    Raises
    ------
    InvalidValue
        The shape does not fit the number of players, a payoff is not finite, or the number of
        names differs from what they name.
    """

    payoffs: Floats
    title: str = ""
    players: tuple[str, ...] = ()
    strategies: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        payoffs = _checked(self.payoffs)
        players = self.players or _numbers(len(payoffs))
        strategies = self.strategies or tuple(_numbers(count) for count in payoffs.shape[1:])
        if len(players) != len(payoffs):
            raise InvalidValue(
                f"NormalFormGame: players={players!r} must name the {len(payoffs)} players"
            )
        if tuple(map(len, strategies)) != payoffs.shape[1:]:
            raise InvalidValue(
                f"NormalFormGame: strategies={strategies!r} must name {payoffs.shape[1:]} "
                "strategies, those of each player in turn"
            )
        object.__setattr__(self, "payoffs", payoffs)
        object.__setattr__(self, "players", players)
        object.__setattr__(self, "strategies", strategies)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of strategies of each player."""
        return self.payoffs.shape[1:]

    @property
    def spread(self) -> float:
        """Largest payoff less the smallest of any one player; one in a game of no stake."""
        flat = self.payoffs.reshape(len(self.payoffs), -1)
        return float((flat.max(axis=1) - flat.min(axis=1)).max()) or 1.0

    def scaled(self) -> Floats:
        """Payoffs of each player moved and stretched onto [0, 1], which keeps all equilibria.

        A player to whom nothing matters gets zeros.
        """
        flat = self.payoffs.reshape(len(self.payoffs), -1)
        low = flat.min(axis=1, keepdims=True)
        width = flat.max(axis=1, keepdims=True) - low
        width[width == 0.0] = 1.0
        scaled: Floats = (flat - low) / width
        return scaled.reshape(self.payoffs.shape)


def bimatrix(
    first: ArrayLike, second: ArrayLike | None = None, *, title: str = ""
) -> NormalFormGame:
    """Make a game of two from the payoff matrices of row and column player.

    Without `second` the game is zero-sum.

    >>> bimatrix([[1, -1], [-1, 1]]).shape
    (2, 2)
    """
    rows = _matrix("first", first)
    columns = -rows if second is None else _matrix("second", second)
    if rows.shape != columns.shape:
        raise InvalidValue(
            f"bimatrix: second has shape {columns.shape}, first has {rows.shape}; "
            "both need one entry for each pair of strategies"
        )
    return NormalFormGame(payoffs=np.stack([rows, columns]), title=title)


def symmetric(own: ArrayLike, *, title: str = "") -> NormalFormGame:
    """Make the symmetric game in which each player's payoff is `own[his strategy, others'...]`."""
    table = np.asarray(own, dtype=np.float64)
    if not table.ndim or len(set(table.shape)) != 1:
        raise InvalidValue(f"symmetric: own has shape {table.shape}; all axes must be equal")
    seats = [np.moveaxis(table, 0, seat) for seat in range(table.ndim)]
    return NormalFormGame(payoffs=np.stack(seats), title=title)


def _matrix(field: str, values: ArrayLike) -> Floats:
    try:
        matrix = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidValue(
            f"bimatrix: {field} must be a table of numbers with rows of one length"
        ) from None
    if matrix.ndim != 2:
        raise InvalidValue(f"bimatrix: {field} has {matrix.ndim} axes; a matrix has 2")
    return matrix


def _checked(values: ArrayLike) -> Floats:
    payoffs = np.array(values, dtype=np.float64)
    count = len(payoffs) if payoffs.ndim else 0
    if not 1 <= count <= _MOST_PLAYERS or payoffs.ndim != count + 1 or not payoffs.size:
        raise InvalidValue(
            f"NormalFormGame: payoffs has shape {payoffs.shape}; for n players (1 to "
            f"{_MOST_PLAYERS}) it must be (n, s_1, ..., s_n), each s at least 1"
        )
    if not np.isfinite(payoffs).all():
        at = tuple(int(k) for k in np.argwhere(~np.isfinite(payoffs))[0])
        raise InvalidValue(f"NormalFormGame: payoffs{list(at)}={payoffs[at]} must be finite")
    if not math.isfinite(float(np.ptp(payoffs.reshape(count, -1) / 2, axis=1).max()) * 2):
        raise InvalidValue(
            "NormalFormGame: the payoffs of a player lie further apart than a number can be; "
            "state them in a larger unit"
        )
    payoffs.setflags(write=False)
    return payoffs


@cache
def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, count + 1))
