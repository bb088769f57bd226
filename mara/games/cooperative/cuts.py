"""Programmes with one row for each coalition, solved by adding the violated rows only.

Most of the 2**n rows never bind. A pool starts with single players and their complements; each
round solves the pool and adds the coalitions that its point violates most, until none is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mara.games.cooperative.subsets import Floats, Masks, incidence, sums
from mara.games.programme import Minimum, Rows, minimise

__all__ = ["Cut", "Face", "cheapest_cover", "least_excess"]

_VIOLATION = 1e-11
_BATCH = 24
_POSITIVE = 1e-8

Chosen = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Face:
    """Payoffs x with rows @ x = sides and x >= lower (minus infinity: free)."""

    rows: Floats
    sides: Floats
    lower: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """An optimum: payoffs, the excess allowed, and the duals that prove it.

    `weights` are the positive duals by coalition; `floors` the players whose lower bound has one.
    """

    payoffs: Floats
    excess: float
    weights: dict[int, float]
    floors: tuple[int, ...]


def least_excess(owner: str, worth: Floats, eligible: Chosen, face: Face) -> Cut:
    """Minimise e over the face, subject to x(S) + e >= v(S) for each eligible S."""
    n = len(face.lower)
    cost = np.append(np.zeros(n), 1.0)
    bounds = np.full((n + 1, 2), (-np.inf, np.inf))
    bounds[:n, 0] = face.lower
    equal = Rows(matrix=np.pad(face.rows, ((0, 0), (0, 1))), sides=face.sides)
    return _solve(owner, worth, eligible, cost, bounds=bounds, equal=equal)


def cheapest_cover(owner: str, worth: Floats, eligible: Chosen) -> Cut:
    """Minimise x(N) subject to x(S) >= v(S) for each eligible S; the duals balance the players."""
    n = len(worth).bit_length() - 1
    cost = np.append(np.ones(n), 0.0)
    bounds = np.full((n + 1, 2), (-np.inf, np.inf))
    bounds[n] = 0.0
    return _solve(owner, worth, eligible, cost, bounds=bounds, equal=None)


def _solve(
    owner: str,
    worth: Floats,
    eligible: Chosen,
    cost: Floats,
    *,
    bounds: Floats,
    equal: Rows | None,
) -> Cut:
    pool = _start(eligible)
    while True:
        found = minimise(
            owner, cost, bounds=bounds, at_most=_pool_rows(worth, pool, len(cost)), equal=equal
        )
        added = _violated(worth, found, eligible, pool)
        if not len(added):
            return _as_cut(found, pool)
        pool = np.concatenate((pool, added))


def _start(eligible: Chosen) -> Masks:
    """Give the single players and their complements that are eligible."""
    every = len(eligible) - 1
    single = 1 << np.arange(every.bit_length())
    start = np.unique(np.concatenate((single, every ^ single)))
    return np.asarray(start[eligible[start]], dtype=np.int64)


def _pool_rows(worth: Floats, pool: Masks, columns: int) -> Rows:
    """x(S) + e >= v(S), as rows at most."""
    matrix = np.ones((len(pool), columns))
    matrix[:, :-1] = incidence(pool, columns - 1)
    return Rows(matrix=-matrix, sides=-worth[pool])


def _violated(worth: Floats, found: Minimum, eligible: Chosen, pool: Masks) -> Masks:
    short = np.where(eligible, worth - sums(found.values[:-1]) - found.values[-1], -np.inf)
    short[pool] = -np.inf
    worst = np.argsort(-short, kind="stable")[:_BATCH]
    return worst[short[worst] > _VIOLATION]


def _as_cut(found: Minimum, pool: Masks) -> Cut:
    duals = -found.row_duals
    binding = np.flatnonzero(duals > _POSITIVE)
    return Cut(
        payoffs=found.values[:-1],
        excess=float(found.values[-1]),
        weights={int(pool[i]): float(duals[i]) for i in binding},
        floors=tuple(np.flatnonzero(found.lower_duals[:-1] > _POSITIVE).tolist()),
    )
