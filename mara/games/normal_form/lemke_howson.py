"""One equilibrium of a bimatrix game by complementary pivoting.

Two systems hold the best replies: ``B'x + s = 1`` and ``A y + r = 1``, all variables >= 0. From
the artificial start (all slack) one label is dropped; each pivot takes up the label that the other
system let go, until the first one returns. Ties of the ratio test are broken lexicographically,
which ends in degenerate games too.

Sources: Lemke and Howson, Equilibrium points of bimatrix games, 1964; von Stengel, Algorithmic
Game Theory, 2007, algorithm 3.6 and section 3.6 (lexico-minimum ratio).
"""

from __future__ import annotations

from itertools import count, repeat
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue, SolverFailed
from mara.games import compiled
from mara.games.normal_form.solution import solution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mara.games.normal_form.game import Floats, NormalFormGame
    from mara.games.normal_form.solution import Solution

__all__ = ["METHOD", "lemke_howson", "pivoted"]

METHOD = "lemke-howson"

_TIE = 1e-12
_LEAST_PIVOT = 1e-11
_MOST_PIVOTS = 1_000_000
_SHORT = 16


def lemke_howson(
    game: NormalFormGame, *, label: int | None = None, pivots: int = _MOST_PIVOTS
) -> Solution:
    """One equilibrium of a game of two, reached by dropping `label` first.

    Labels 0..m-1 are the row player's strategies, m..m+n-1 the column player's. Without `label`
    one with a short path is looked for: that of a pure equilibrium, else labels in turn, each
    given up after a number of pivots that follows the ruler sequence. Lengths of the paths have
    a heavy tail, so this is far quicker than any one label.

    Raises
    ------
    InvalidValue
        The game has not two players, or there is no such label.
    SolverFailed
        No path ended within `pivots` in all; a path can be exponentially long in the size.
    """
    if len(game.shape) != 2:
        raise InvalidValue(f"{METHOD}: the game has {len(game.shape)} players, it must have 2")
    if label is not None and not 0 <= label < sum(game.shape):
        raise InvalidValue(f"{METHOD}: label={label} must lie between 0 and {sum(game.shape) - 1}")
    note = "One equilibrium; there may be others."
    profile = pivoted(game.scaled(), label, pivots)
    return solution(game, METHOD, [profile], complete=False, degenerate=None, note=note)


def pivoted(
    payoffs: Floats, label: int | None = None, pivots: int = _MOST_PIVOTS
) -> tuple[Floats, Floats]:
    """Solve payoffs of shape (2, m, n) in [0, 1]."""
    attempts = _attempts(payoffs) if label is None else repeat((label, pivots))
    left = pivots
    while left > 0:
        dropped, budget = next(attempts)
        found = _path(payoffs, dropped, min(budget, left))
        if found is not None:
            return found
        left -= budget
    raise SolverFailed(
        f"{METHOD}: no path of {'any label' if label is None else f'label {label}'} ended within {pivots} "
        "pivots; drop another label or allow more"
    )


def _attempts(payoffs: Floats) -> Iterator[tuple[int, int]]:
    """Labels to drop and pivots to spend on each: 16 times 1, 2, 1, 4, 1, 2, 1, 8, ...

    Source: Luby, Sinclair and Zuckerman, Optimal speedup of Las Vegas algorithms, 1993.
    """
    pure = _pure_label(payoffs)
    if pure >= 0:
        yield pure, _MOST_PIVOTS
    labels = sum(payoffs.shape[1:])
    yield from (((turn - 1) % labels, _SHORT * (turn & -turn)) for turn in count(1))


def _pure_label(payoffs: Floats) -> int:
    """Label of the first row that is part of a pure equilibrium; -1 where there is none."""
    if compiled.loaded():
        from mara.games.normal_form.pivot_kernel import pure_label  # noqa: PLC0415

        return pure_label(payoffs)
    tops = [table == table.max(axis=axis, keepdims=True) for axis, table in enumerate(payoffs)]
    pure = (tops[0] & tops[1]).any(axis=1)
    return int(pure.argmax()) if pure.any() else -1


def _path(payoffs: Floats, label: int, pivots: int) -> tuple[Floats, Floats] | None:
    """Follow the path of `label`; None where it is longer than `pivots`."""
    if compiled.loaded():
        from mara.games.normal_form.pivot_kernel import path  # noqa: PLC0415

        done, first, second = path(payoffs, label, pivots)
        return (first, second) if done > 0 else None
    return _by_arrays(payoffs, label, pivots)


def _by_arrays(payoffs: Floats, label: int, pivots: int) -> tuple[Floats, Floats] | None:
    """Follow the path in whole arrays."""
    rows, columns = payoffs.shape[1:]
    first, second = payoffs + 1.0
    ours = _Tableau(second.T, basic=np.arange(rows, rows + columns), free=np.arange(rows))
    theirs = _Tableau(first, basic=np.arange(rows), free=np.arange(rows, rows + columns))
    turn, other = (ours, theirs) if label < rows else (theirs, ours)
    entering = label
    for _ in range(pivots):
        entering = turn.enter(entering)
        if entering == label:
            return ours.values(0, rows), theirs.values(rows, columns)
        turn, other = other, turn
    return None


class _Tableau:
    """A condensed simplex tableau: basic variables by row, free ones and the right side by column.

    A variable and its complement share a label and stand in different systems, so a label names
    one variable here.
    """

    __slots__ = ("_basic", "_free", "_slack", "_table")

    def __init__(self, matrix: Floats, *, basic: NDArray[np.intp], free: NDArray[np.intp]) -> None:
        self._table = np.column_stack((matrix, np.ones(len(matrix))))
        self._basic = basic.copy()
        self._free = free.copy()
        self._slack = basic

    def enter(self, label: int) -> int:
        """Bring `label` into the basis and say which label leaves."""
        column = int((self._free == label).argmax())
        row = self._leaving_row(column)
        leaving = int(self._basic[row])
        self._pivot(row, column)
        self._basic[row], self._free[column] = label, leaving
        return leaving

    def values(self, start: int, length: int) -> Floats:
        """Distribution over the variables `start`..`start + length` - 1."""
        level = np.zeros(length)
        chosen = (self._basic >= start) & (self._basic < start + length)
        level[self._basic[chosen] - start] = self._table[chosen, -1]
        level = np.maximum(level, 0.0)
        return np.asarray(level / level.sum(), dtype=np.float64)

    def _leaving_row(self, column: int) -> int:
        """Row of the least ratio of right side to column; ties go to the lexico-least row."""
        step = self._table[:, column]
        rows = (step > _LEAST_PIVOT).nonzero()[0]
        ratios = self._table[rows, -1] / step[rows]
        least = rows[ratios <= ratios.min() + _TIE]
        return int(least[0]) if len(least) == 1 else self._lexico_least(least, column)

    def _lexico_least(self, rows: NDArray[np.intp], column: int) -> int:
        """Compare the columns of the start's slack variables, one after the other."""
        slack = iter(self._slack)
        while len(rows) > 1:
            ratios = self._column(int(next(slack)), rows) / self._table[rows, column]
            rows = rows[ratios <= ratios.min() + _TIE]
        return int(rows[0])

    def _column(self, label: int, rows: NDArray[np.intp]) -> Floats:
        """Entries of a variable's column; that of a basic one is a unit vector."""
        if label in self._free:
            return np.asarray(self._table[rows, int((self._free == label).argmax())])
        return np.asarray(self._basic[rows] == label, dtype=np.float64)

    def _pivot(self, row: int, column: int) -> None:
        table = self._table
        by = 1.0 / table[row, column]
        line = table[row] * by
        line[column] = by
        step = table[:, column].copy()
        step[row] = 0.0
        table[:, column] = 0.0
        table -= step[:, None] * line
        table[row] = line
