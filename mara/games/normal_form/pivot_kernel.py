"""The path of Lemke and Howson as compiled loops; `lemke_howson.py` says what it does.

A tableau has one row a basic variable and one column a free one, the right side last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.games.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.games.normal_form.game import Floats

    Labels = NDArray[np.int64]

__all__ = ["path", "pure_label"]

_TIE = 1e-12
_LEAST_PIVOT = 1e-11


@compiled
def path(payoffs: Floats, label: int, pivots: int) -> tuple[int, Floats, Floats]:
    """Follow the path of `label` for at most `pivots`; the first answer is -1 where it is longer.

    Else it is the number of pivots, and the others are the two distributions.
    """
    rows, columns = payoffs.shape[1], payoffs.shape[2]
    ours, theirs = tableau(payoffs[1].T), tableau(payoffs[0])
    our_basic, our_free = np.arange(rows, rows + columns), np.arange(rows)
    their_basic, their_free = np.arange(rows), np.arange(rows, rows + columns)
    entering, first = label, label < rows
    for done in range(1, pivots + 1):
        if first:
            entering = enter(ours, our_basic, our_free, rows, entering)
        else:
            entering = enter(theirs, their_basic, their_free, 0, entering)
        if entering == label:
            return done, law(ours, our_basic, 0, rows), law(theirs, their_basic, rows, columns)
        first = not first
    return -1, np.zeros(rows), np.zeros(columns)


@compiled
def tableau(matrix: Floats) -> Floats:
    """Begin with all slack: the payoffs raised above zero, and a right side of ones."""
    rows, columns = matrix.shape
    table = np.ones((rows, columns + 1))
    table[:, :columns] += matrix
    return table


@compiled
def enter(table: Floats, basic: Labels, free: Labels, slack: int, label: int) -> int:
    """Bring `label` into the basis and say which label leaves; slack labels begin at `slack`."""
    column = 0
    while free[column] != label:
        column += 1
    row = leaving_row(table, basic, free, slack, column)
    leaving = basic[row]
    pivot(table, row, column)
    basic[row], free[column] = label, leaving
    return int(leaving)


@compiled
def leaving_row(table: Floats, basic: Labels, free: Labels, slack: int, column: int) -> int:
    """Row of the least ratio of right side to column; ties go to the lexico-least row."""
    tied = table[:, column] > _LEAST_PIVOT
    left = narrow(table, table[:, -1], column, tied)
    order = slack
    while left > 1:
        left = narrow(table, slack_column(table, basic, free, order), column, tied)
        order += 1
    return int(np.argmax(tied))


@compiled
def narrow(table: Floats, side: Floats, column: int, tied: NDArray[np.bool_]) -> int:
    """Keep of the rows `tied` those of least ratio of `side` to the column; count them."""
    least = np.inf
    for row in range(len(tied)):
        if tied[row]:
            least = min(least, side[row] / table[row, column])
    left = 0
    for row in range(len(tied)):
        tied[row] = tied[row] and side[row] / table[row, column] <= least + _TIE
        left += tied[row]
    return left


@compiled
def slack_column(table: Floats, basic: Labels, free: Labels, label: int) -> Floats:
    """Entries of a variable's column; that of a basic one is a unit vector."""
    for column in range(len(free)):
        if free[column] == label:
            return np.copy(table[:, column])
    unit = np.zeros(len(basic))
    unit[basic == label] = 1.0
    return unit


@compiled
def pivot(table: Floats, row: int, column: int) -> None:
    """Exchange the row's variable for the column's."""
    by = 1.0 / table[row, column]
    table[row] *= by
    table[row, column] = by
    for other in range(len(table)):
        if other != row:
            step = table[other, column]
            table[other, column] = 0.0
            for at in range(table.shape[1]):
                table[other, at] -= step * table[row, at]


@compiled
def law(table: Floats, basic: Labels, start: int, length: int) -> Floats:
    """Distribution over the variables `start`..`start + length` - 1."""
    level = np.zeros(length)
    for row in range(len(basic)):
        if start <= basic[row] < start + length:
            level[basic[row] - start] = max(table[row, -1], 0.0)
    level /= level.sum()
    return level


@compiled
def pure_label(payoffs: Floats) -> int:
    """Label of the first row that is part of a pure equilibrium; -1 where there is none."""
    rows, columns = payoffs.shape[1], payoffs.shape[2]
    best = np.full(columns, -np.inf)
    for row in range(rows):
        best = np.maximum(best, payoffs[0, row])
    for row in range(rows):
        answer = payoffs[1, row].max()
        for column in range(columns):
            if payoffs[0, row, column] == best[column] and payoffs[1, row, column] == answer:
                return row
    return -1
