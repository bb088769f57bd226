"""Correlated and coarse correlated equilibria of greatest welfare, by linear programming.

A distribution p over profiles is a correlated equilibrium when no player gains by answering a
recommendation a with another strategy b,
``sum over s_-i of p(a, s_-i) (u_i(b, s_-i) - u_i(a, s_-i)) <= 0``,
and a coarse one when no player gains by committing to b before it is heard (the sum of these rows
over a). Both sets are polytopes that hold all Nash equilibria.

Sources: Aumann, Subjectivity and correlation in randomized strategies, 1974; Moulin and Vial,
Strategically zero-sum games, 1978.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from mara.errors import InvalidValue
from mara.games import judge
from mara.games.normal_form.game import Floats
from mara.games.programme import Rows, minimise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.normal_form.game import NormalFormGame

__all__ = ["CorrelatedEquilibrium", "coarse_correlated", "correlated"]

_MOST_ENTRIES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrelatedEquilibrium:
    """A distribution over profiles, what each player expects of it, and the judge's regret."""

    method: str
    distribution: Floats
    payoffs: tuple[float, ...]
    welfare: float
    regret: float


def correlated(
    game: NormalFormGame, *, weights: Sequence[float] | None = None
) -> CorrelatedEquilibrium:
    """Find the correlated equilibrium with the greatest sum of payoffs, each times its weight.

    Raises
    ------
    InvalidValue
        `weights` are not one finite number for each player, or the game is too large.
    SolverFailed
        The linear program was not solved.
    """
    rows = [_leaving(table, player) for player, table in enumerate(game.scaled())]
    found = _best(game, rows, weights, "correlated")
    regret = judge.correlated_regret(game.payoffs, found)
    return _answer(game, "correlated", found, weights, regret)


def coarse_correlated(
    game: NormalFormGame, *, weights: Sequence[float] | None = None
) -> CorrelatedEquilibrium:
    """Find the coarse correlated equilibrium with the greatest weighted sum of payoffs.

    Raises
    ------
    InvalidValue, SolverFailed
        As `correlated`.
    """
    rows = [_committing(table, player) for player, table in enumerate(game.scaled())]
    found = _best(game, rows, weights, "coarse-correlated")
    regret = judge.coarse_regret(game.payoffs, found)
    return _answer(game, "coarse-correlated", found, weights, regret)


def _committing(table: Floats, player: int) -> csr_array:
    """Gain of each strategy over the profile's own, one column for each profile."""
    best = [np.take(table, [b], axis=player) - table for b in range(table.shape[player])]
    return csr_array(np.array([gain.ravel() for gain in best]))


def _leaving(table: Floats, player: int) -> csr_array:
    """Gain of b when a is recommended: a row for each pair, zero in profiles without a."""
    gains = _committing(table, player)
    told = np.broadcast_to(
        np.arange(table.shape[player]).reshape(
            [-1 if axis == player else 1 for axis in range(table.ndim)]
        ),
        table.shape,
    ).ravel()
    parts = [gains * (told == a).astype(np.float64) for a in range(table.shape[player])]
    return csr_array(vstack(parts))


def _best(
    game: NormalFormGame, rows: list[csr_array], weights: Sequence[float] | None, method: str
) -> Floats:
    welfare = np.tensordot(_weights(game, weights), game.payoffs, axes=1)
    scale = float(np.abs(welfare).max()) or 1.0
    matrix = csr_array(vstack(rows))
    least = minimise(
        method,
        -welfare.ravel() / scale,
        bounds=np.tile([0.0, np.inf], (welfare.size, 1)),
        at_most=Rows(matrix=matrix, sides=np.zeros(matrix.shape[0])),
        equal=Rows(matrix=np.ones((1, welfare.size)), sides=np.ones(1)),
    )
    odds = np.maximum(least.values, 0.0)
    return np.asarray(odds / odds.sum(), dtype=np.float64).reshape(game.shape)


def _weights(game: NormalFormGame, weights: Sequence[float] | None) -> Floats:
    count = len(game.shape)
    entries = int(np.prod(game.shape)) * sum(k * k for k in game.shape)
    if entries > _MOST_ENTRIES:
        raise InvalidValue(
            f"correlated: {game.shape} strategies make a program of {entries} entries; "
            f"at most {_MOST_ENTRIES} are solved"
        )
    chosen = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    if chosen.shape != (count,) or not np.isfinite(chosen).all():
        raise InvalidValue(
            f"correlated: weights={weights!r} must be {count} finite numbers, one for each player"
        )
    return chosen


def _answer(
    game: NormalFormGame,
    method: str,
    found: Floats,
    weights: Sequence[float] | None,
    regret: float,
) -> CorrelatedEquilibrium:
    paid = tuple(float((table * found).sum()) for table in game.payoffs)
    return CorrelatedEquilibrium(
        method=method,
        distribution=found,
        payoffs=paid,
        welfare=float(_weights(game, weights) @ np.array(paid)),
        regret=regret,
    )
