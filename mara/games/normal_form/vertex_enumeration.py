"""All equilibria of a bimatrix game by vertex enumeration.

A pair of vertices (x, y) of the two best-reply regions is an equilibrium when every strategy of
either player is unplayed or a best reply. A game of full rank has no others; in a degenerate game
these are the extreme equilibria, and every other one mixes some of them.

Source: von Stengel, Equilibrium computation for two-player games, Algorithmic Game Theory, 2007,
algorithm 3.5; Mangasarian, Equilibrium points of bimatrix games, 1964.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.games import compiled
from mara.games.normal_form.best_reply_region import Vertices, vertices_of
from mara.games.normal_form.game import NormalFormGame
from mara.games.normal_form.solution import TOLERANCE, solution

if TYPE_CHECKING:
    from mara.games.normal_form.best_reply_region import Floats
    from mara.games.normal_form.solution import Solution

__all__ = ["METHOD", "extreme_equilibria", "undominated", "vertex_enumeration"]

METHOD = "vertex-enumeration"

Places = NDArray[np.intp]

_DEGENERATE = (
    "The game is degenerate: some strategy has more best replies than it mixes. The equilibria "
    "listed are the extreme ones; mixtures of some of them are equilibria too."
)


def vertex_enumeration(game: NormalFormGame) -> Solution:
    """All equilibria of a game of two, sorted by the row player's strategy, largest first.

    Strategies that another one beats whatever the opponent does are taken out first, in turn: no
    equilibrium plays them, and a stake or a tie that only they have does not blur the others.
    Slack under 1e-10 of the payoffs' range counts as none: games nearer to degeneracy than that
    are named degenerate.

    Raises
    ------
    InvalidValue
        The game has not two players.
    """
    if len(game.shape) != 2:
        raise InvalidValue(
            f"{METHOD}: the game has {len(game.shape)} players; use logit or support-enumeration "
            "for games that have not two"
        )
    rows, columns = undominated(game.payoffs)
    kept = NormalFormGame(payoffs=game.payoffs[:, rows][:, :, columns])
    pairs, degenerate = extreme_equilibria(kept.scaled())
    found = solution(
        game,
        METHOD,
        [(_within(x, rows, game.shape[0]), _within(y, columns, game.shape[1])) for x, y in pairs],
        complete=True,
        degenerate=degenerate,
        note=_DEGENERATE if degenerate else "",
    )
    return replace(found, tolerance=TOLERANCE * kept.spread)


def undominated(payoffs: Floats) -> tuple[Places, Places]:
    """Rows and columns left when strictly dominated ones (by a pure one) are taken out in turn."""
    rows, columns = (np.arange(count) for count in payoffs.shape[1:])
    while True:
        ours = payoffs[0][np.ix_(rows, columns)]
        theirs = payoffs[1][np.ix_(rows, columns)].T
        keep, held = ~_dominated(ours), ~_dominated(theirs)
        if keep.all() and held.all():
            return rows, columns
        rows, columns = rows[keep], columns[held]


def _dominated(own: Floats) -> NDArray[np.bool_]:
    """Mark the rows that some other row exceeds in every column."""
    beats = (own[:, None, :] > own[None, :, :]).all(axis=2)
    return np.asarray(beats.any(axis=0), dtype=np.bool_)


def _within(mixed: Floats, places: Places, count: int) -> Floats:
    whole = np.zeros(count)
    whole[places] = mixed
    return whole


def extreme_equilibria(payoffs: Floats) -> tuple[list[tuple[Floats, Floats]], bool]:
    """Extreme equilibria for payoffs of shape (2, m, n) in [0, 1], and whether it is degenerate."""
    ours = vertices_of(payoffs[1].T)
    theirs = vertices_of(payoffs[0])
    found = [(ours.points[a], theirs.points[b]) for a, b in _complete(ours, theirs)]
    found.sort(key=lambda pair: tuple(-np.concatenate(pair)))
    return found, ours.degenerate or theirs.degenerate


def _complete(ours: Vertices, theirs: Vertices) -> list[tuple[int, int]]:
    """Pairs of vertices whose equations together cover every strategy of both players."""
    if compiled.loaded():
        from mara.games.normal_form.region_kernel import MOST_EQUATIONS, covering  # noqa: PLC0415

        if ours.tight.shape[1] <= MOST_EQUATIONS:
            found = covering(ours.tight, theirs.tight, ours.points.shape[1])
            return [(int(a), int(b)) for a, b in found]
    return _by_arrays(ours, theirs)


def _by_arrays(ours: Vertices, theirs: Vertices) -> list[tuple[int, int]]:
    """Compare all pairs in one product, whatever the size."""
    rows = ours.points.shape[1]
    missing = (~ours.tight).astype(np.float32)
    other = np.roll(~theirs.tight, rows, axis=1).astype(np.float32)
    return [(int(a), int(b)) for a, b in np.argwhere(missing @ other.T == 0.0)]
