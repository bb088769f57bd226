"""The nucleolus: the payoff whose sorted complaints are lexicographically least."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.linalg import null_space

from mara.errors import InvalidValue
from mara.games.cooperative.cuts import Chosen, Cut, Face, least_excess
from mara.games.cooperative.game import Allocation, CoalitionalGame
from mara.games.cooperative.subsets import Floats, incidence, sums

__all__ = ["Level", "Nucleolus", "Over", "nucleolus"]

_TOLERANCE = 1e-8
_ROUNDING = 1e-12
_EXACT = 4.0 * float(np.finfo(np.float64).eps)
_INDEPENDENT = 1e-7


class Over(StrEnum):
    """The payoffs to choose from."""

    IMPUTATIONS = "imputations"
    """Nobody gets less than alone: the nucleolus."""

    PREIMPUTATIONS = "preimputations"
    """All that share out v(N): the prenucleolus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One programme of the sequence: the excess reached, and the coalitions that it settles."""

    excess: float
    coalitions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nucleolus:
    """The allocation, and the levels of excess from the greatest down."""

    allocation: Allocation
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """Settled rows, coalitions still free, and the excess that each coalition was held to."""

    face: Face
    free: Chosen
    limits: Floats
    levels: tuple[Level, ...]


def nucleolus(game: CoalitionalGame, *, over: Over = Over.IMPUTATIONS) -> Nucleolus:
    """Solve min e, x(S) + e >= v(S), then again among its optima, until one payoff is left.

    After each programme the coalitions with a positive dual have the same excess at every
    optimum: they become equations, and whatever depends linearly on these is settled too. At
    least one independent equation comes with each programme, so there are fewer than n of them.
    The game is first moved so that single players have 0, and divided by its largest figure.
    The residual is the largest excess above the level that held it, in the unit of the game, for
    the figures as given: gains under 1e-12 of the largest figure are none for the programmes.

    Source: Schmeidler, SIAM Journal on Applied Mathematics 17, 1969; the sequence of Maschler,
    Peleg and Shapley, Mathematics of Operations Research 4, 1979, with the dual test of
    Guajardo and Jornsten, European Journal of Operational Research 241, 2015.

    Raises
    ------
    InvalidValue
        Imputations are asked for and there are none.
    """
    moved, worth, alone, scale = _normalised(game)
    _check_imputations(game, worth, over)
    lower = 0.0 if over is Over.IMPUTATIONS else -np.inf
    state = _begin(worth, lower)
    while len(state.face.rows) < game.count:
        state = _next(game, worth, state, scale)
    payoffs: Floats = np.linalg.solve(state.face.rows, state.face.sides).astype(np.float64)
    residual = _residual(moved / scale, payoffs, state) * scale
    enough = max(_TOLERANCE * float(np.abs(moved).max()), _EXACT * game.scale)
    allocation = Allocation(
        players=game.players,
        values=tuple((game.sign * (payoffs * scale + alone)).tolist()),
        method=f"lexicographic programmes over {over}",
        residual=residual,
        converged=residual <= enough,
    )
    return Nucleolus(allocation=allocation, levels=state.levels)


def _normalised(game: CoalitionalGame) -> tuple[Floats, Floats, Floats, float]:
    """Give worths with single players at 0, these with 1 as the greatest, what went off, the scale."""
    alone = game.worth[1 << np.arange(game.count)]
    moved = game.worth - sums(alone)
    clear = np.where(np.abs(moved) <= _ROUNDING * game.scale, 0.0, moved)
    scale = float(np.abs(clear).max()) or 1.0
    return moved, clear / scale, alone, scale


def _check_imputations(game: CoalitionalGame, worth: Floats, over: Over) -> None:
    if over is Over.IMPUTATIONS and worth[-1] < 0.0:
        what = "earn" if game.sign > 0 else "pay"
        raise InvalidValue(
            f"nucleolus: all players together {what} {game.values[-1]:g}, alone they {what} "
            f"{game.values[1 << np.arange(game.count)].sum():g} in sum, so no sharing suits each; "
            "use the prenucleolus (over preimputations)"
        )


def _begin(worth: Floats, lower: float) -> _State:
    n = len(worth).bit_length() - 1
    proper = np.ones(len(worth), dtype=np.bool_)
    proper[[0, -1]] = False
    face = Face(rows=np.ones((1, n)), sides=worth[-1:], lower=np.full(n, lower))
    return _State(face=face, free=proper, limits=np.full(len(worth), np.inf), levels=())


def _next(game: CoalitionalGame, worth: Floats, state: _State, scale: float) -> _State:
    found = least_excess("nucleolus", worth, state.free, state.face)
    face = _settled(worth, state.face, found)
    free = state.free & _undetermined(face.rows)
    settled = np.flatnonzero(state.free & ~free)
    level = Level(
        excess=found.excess * scale,
        coalitions=tuple(game.name(int(mask)) for mask in settled if int(mask) in found.weights),
    )
    limits = np.where(state.free, found.excess, state.limits)
    return _State(face=face, free=free, limits=limits, levels=(*state.levels, level))


def _settled(worth: Floats, face: Face, found: Cut) -> Face:
    """Add the equations that hold at every optimum, as far as they are independent."""
    n = len(face.lower)
    masks = np.array(list(found.weights), dtype=np.int64)
    candidates = [
        *zip(incidence(masks, n), worth[masks] - found.excess, strict=True),
        *((np.eye(n)[i], face.lower[i]) for i in found.floors),
    ]
    rows, sides = face.rows, face.sides
    for row, side in candidates:
        if np.linalg.norm(row @ null_space(rows)) > _INDEPENDENT:
            rows, sides = np.vstack((rows, row)), np.append(sides, side)
    return Face(rows=rows, sides=sides, lower=face.lower)


def _undetermined(rows: Floats) -> Chosen:
    """Mark the coalitions whose payoff the rows leave open: those outside the rows' span."""
    open_directions = null_space(rows).T
    moves = np.zeros(2 ** rows.shape[1])
    for direction in open_directions:
        moves = np.maximum(moves, np.abs(sums(direction)))
    return moves > _INDEPENDENT


def _residual(worth: Floats, payoffs: Floats, state: _State) -> float:
    over = (worth - sums(payoffs) - state.limits).max()
    below = (state.face.lower - payoffs).max()
    return float(max(over, below, abs(payoffs.sum() - worth[-1])))
