"""The judge: how much a player could gain by deviating, computed apart from every solver.

Solvers work in double precision on scaled payoffs with their own routines; the judge sums the
given payoffs again in extended precision. It imports no solver.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

__all__ = [
    "DISTRIBUTION_TOLERANCE",
    "allocation_regret",
    "coarse_regret",
    "continuous_regret",
    "correlated_regret",
    "expected",
    "regret",
    "regrets",
    "weighed",
]

Floats = NDArray[np.float64]
Extended = NDArray[np.longdouble]

DISTRIBUTION_TOLERANCE = 1e-9
"""How far below zero a probability, and from one their sum, may lie."""

_GRID = 257
_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0


def regrets(payoffs: Floats, strategies: Sequence[ArrayLike]) -> tuple[float, ...]:
    """Gain of each player's best pure deviation: max_a u_i(a, x_-i) - u_i(x), never below zero.

    Parameters
    ----------
    payoffs
        Shape (n, s_1, ..., s_n), as in `NormalFormGame`.
    strategies
        One distribution over strategies for each player.

    Raises
    ------
    InvalidValue
        A strategy has the wrong length or is no distribution.
    """
    mixed = _profile(payoffs, strategies)
    gains = []
    for player, own in enumerate(mixed):
        values = _against(payoffs[player], mixed, player)
        gains.append(max(float(values.max() - values @ own), 0.0))
    return tuple(gains)


def regret(payoffs: Floats, strategies: Sequence[ArrayLike]) -> float:
    """Largest gain of any player from deviating; zero in a Nash equilibrium."""
    return max(regrets(payoffs, strategies))


def expected(payoffs: Floats, strategies: Sequence[ArrayLike]) -> tuple[float, ...]:
    """Weigh the payoffs of each player by the odds of all profiles."""
    mixed = _profile(payoffs, strategies)
    return tuple(float(_against(table, mixed, 0) @ mixed[0]) for table in payoffs)


def weighed(
    payoffs: Floats, profiles: Sequence[Sequence[ArrayLike]]
) -> list[tuple[tuple[float, ...], float]]:
    """Give expected payoffs and regret of each profile, those of a game of two all at once.

    Raises
    ------
    InvalidValue
        As `regrets`.
    """
    if len(payoffs) != 2 or not profiles:
        return [(expected(payoffs, mixed), regret(payoffs, mixed)) for mixed in profiles]
    mixed = [_profiles(payoffs, profiles, player) for player in (0, 1)]
    first, second = payoffs.astype(np.longdouble)
    values = [mixed[1] @ first.T, mixed[0] @ second]
    paid = [(v * own).sum(axis=1) for v, own in zip(values, mixed, strict=True)]
    gains = [v.max(axis=1) - p for v, p in zip(values, paid, strict=True)]
    worst = np.maximum(np.maximum(*gains), 0.0).astype(np.float64)
    each = np.column_stack(paid).astype(np.float64)
    return [(tuple(p), gain) for p, gain in zip(each.tolist(), worst.tolist(), strict=True)]


def correlated_regret(payoffs: Floats, distribution: ArrayLike) -> float:
    """Largest gain from answering one recommended strategy by another, weighted by its odds.

    max over i, a, b of sum over s_-i of p(a, s_-i) (u_i(b, s_-i) - u_i(a, s_-i)).
    Source: Aumann, Correlated equilibrium as an expression of Bayesian rationality, 1987.
    """
    gains = [_switching(table, p) for table, p in _seats(payoffs, distribution)]
    return max(0.0, *(float(gain.max()) for gain in gains))


def coarse_regret(payoffs: Floats, distribution: ArrayLike) -> float:
    """Largest gain from one strategy fixed before any recommendation is heard.

    max over i, b of sum over s of p(s) (u_i(b, s_-i) - u_i(s)).
    Source: Moulin and Vial, Strategically zero-sum games, 1978.
    """
    gains = [_switching(table, p).sum(axis=0) for table, p in _seats(payoffs, distribution)]
    return max(0.0, *(float(gain.max()) for gain in gains))


def continuous_regret(
    profit: Callable[[int, Floats], float],
    point: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
) -> float:
    """Largest gain of a player who moves his own number alone, within his bounds.

    A grid of 257 points is searched, then the best cell by golden section: exact for profits with
    one peak, and no worse than the grid for others.
    """
    at, low, high = (np.asarray(v, dtype=np.float64) for v in (point, lower, upper))
    worst = 0.0
    for player in range(len(at)):

        def own(value: float, player: int = player) -> float:
            moved = at.copy()
            moved[player] = value
            return profit(player, moved)

        best = _highest(own, float(low[player]), float(high[player]))
        worst = max(worst, best - own(float(at[player])))
    return worst


def allocation_regret(marginal: Floats, amounts: Floats, limits: Floats) -> float:
    """Bound what a player gains by spreading his amount otherwise over the slots.

    For costs that are convex in one's own amounts x the gain is at most ``m . (x - y)``, m the
    marginal costs at x and y the cheapest spread at these: slots in order of m, each up to the
    limit. `marginal` and `amounts` have shape (players, slots); zero in equilibrium.
    Source: Frank and Wolfe, An algorithm for quadratic programming, 1956 (the gap).
    """
    worst = 0.0
    for m, x, limit in zip(marginal, amounts, limits, strict=True):
        order = np.argsort(m, kind="stable")
        before = np.arange(len(m)) * float(limit)
        cheapest = np.clip(math.fsum(x) - before, 0.0, float(limit))
        worst = max(worst, math.fsum(m * x) - math.fsum(m[order] * cheapest))
    return worst


def _highest(of: Callable[[float], float], low: float, high: float) -> float:
    grid = np.linspace(low, high, _GRID)
    values = [of(float(v)) for v in grid]
    top = int(np.argmax(values))
    a, b = float(grid[max(top - 1, 0)]), float(grid[min(top + 1, _GRID - 1)])
    for _ in range(60):
        c, d = b - _GOLDEN * (b - a), a + _GOLDEN * (b - a)
        a, b = (a, d) if of(c) > of(d) else (c, b)
    return max(values[top], of((a + b) / 2.0))


def _profiles(payoffs: Floats, profiles: Sequence[Sequence[ArrayLike]], player: int) -> Extended:
    """One player's distributions in all profiles, a row each."""
    mixed = [np.asarray(profile[player], dtype=np.longdouble) for profile in profiles]
    count = payoffs.shape[1 + player]
    wrong = next((len(law) for law in mixed if len(law) != count), None)
    if wrong is not None:
        raise InvalidValue(f"judge: a strategy has length {wrong}; the game has {count}")
    stacked = np.array(mixed)
    totals = stacked.sum(axis=1)
    _check(float(stacked.min()), float(totals[np.abs(totals - 1.0).argmax()]))
    return stacked


def _profile(payoffs: Floats, strategies: Sequence[ArrayLike]) -> list[Extended]:
    mixed = [np.asarray(s, dtype=np.longdouble) for s in strategies]
    if tuple(len(s) for s in mixed) != payoffs.shape[1:]:
        raise InvalidValue(
            f"judge: strategies have lengths {[len(s) for s in mixed]}; "
            f"the game has {list(payoffs.shape[1:])} strategies"
        )
    return [_distribution(s) for s in mixed]


def _distribution(values: NDArray[Any]) -> Extended:
    _check(float(values.min()), float(values.sum()))
    return np.asarray(values, dtype=np.longdouble)


def _check(low: float, total: float) -> None:
    """Refuse what is no distribution, from its least entry and its sum."""
    if not (low >= -DISTRIBUTION_TOLERANCE and abs(total - 1.0) <= DISTRIBUTION_TOLERANCE):
        raise InvalidValue(
            f"judge: probabilities must not be negative and must sum to 1; the least is {low:g}, "
            f"their sum {total:g}"
        )


def _against(table: Floats, mixed: Sequence[Extended], player: int) -> Extended:
    """Payoff of each strategy of `player` against the others' mixed ones."""
    values: Extended = table.astype(np.longdouble)
    for other in reversed(range(len(mixed))):
        if other != player:
            values = np.asarray(np.moveaxis(values, other, -1) @ mixed[other])
    return values


def _seats(payoffs: Floats, distribution: ArrayLike) -> list[tuple[Extended, Extended]]:
    """Payoff and distribution of each player as (own strategies, the others' profiles)."""
    joint = np.asarray(distribution, dtype=np.longdouble)
    if joint.shape != payoffs.shape[1:]:
        raise InvalidValue(
            f"judge: distribution has shape {joint.shape}, the game has {payoffs.shape[1:]}"
        )
    joint = _distribution(joint)
    seats = []
    for player, table in enumerate(payoffs):
        rows = table.shape[player]
        own = np.moveaxis(table.astype(np.longdouble), player, 0).reshape(rows, -1)
        seats.append((own, np.moveaxis(joint, player, 0).reshape(rows, -1)))
    return seats


def _switching(own: Extended, odds: Extended) -> Extended:
    """Gain of playing b whenever a is recommended, at [a, b]."""
    earned = (odds * own).sum(axis=1)
    return np.asarray(odds @ own.T - earned[:, None])
