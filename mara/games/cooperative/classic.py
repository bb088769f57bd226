"""Families of games from the literature: voting, gloves, airports, bankruptcies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mara.errors import InvalidValue
from mara.games.cooperative.game import CoalitionalGame, GameKind
from mara.games.cooperative.subsets import Floats, sums

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["airport", "bankruptcy", "gloves", "weighted_voting"]


_ROUNDING = 1e-12  # Weights such as 0.1 and 0.2 reach a quota of 0.3.


def weighted_voting(quota: float, weights: Mapping[str, float]) -> CoalitionalGame:
    """Make v(S) = 1 where the weights of S reach the quota, else 0."""
    _check("weighted_voting", weights)
    if not 0.0 < quota <= sum(weights.values()):
        raise InvalidValue(
            f"weighted_voting: quota={quota!r} must lie above 0 and within the sum of the weights, "
            f"{sum(weights.values())}"
        )
    reached = sums(_array(weights)) >= quota * (1.0 - _ROUNDING)
    return CoalitionalGame(players=tuple(weights), values=reached.astype(np.float64))


def gloves(left: tuple[str, ...], right: tuple[str, ...]) -> CoalitionalGame:
    """Make v(S) = pairs that S can form of its members' left and right gloves."""
    holders = (*left, *right)
    lefts = sums(np.array([1.0] * len(left) + [0.0] * len(right)))
    rights = sums(np.array([0.0] * len(left) + [1.0] * len(right)))
    return CoalitionalGame(players=holders, values=np.minimum(lefts, rights))


def airport(costs: Mapping[str, float]) -> CoalitionalGame:
    """Make c(S) = greatest cost of a member: the runway that its largest aircraft needs.

    Source: Littlechild and Owen, "A simple expression for the Shapley value in a special case",
    Management Science 20, 1973.
    """
    _check("airport", costs)
    greatest = np.zeros(1)
    for cost in costs.values():
        greatest = np.concatenate((greatest, np.maximum(greatest, cost)))
    return CoalitionalGame(players=tuple(costs), values=greatest, kind=GameKind.COST)


def bankruptcy(estate: float, claims: Mapping[str, float]) -> CoalitionalGame:
    """Make v(S) = max(0, estate - claims of the others): what S is left with when they are paid.

    Source: O'Neill, "A problem of rights arbitration from the Talmud", Mathematical Social
    Sciences 2, 1982.
    """
    _check("bankruptcy", claims)
    total = sum(claims.values())
    if not 0.0 <= estate <= total:
        raise InvalidValue(
            f"bankruptcy: estate={estate!r} must lie between 0 and the claims together, {total}"
        )
    owed = sums(_array(claims))
    return CoalitionalGame(
        players=tuple(claims), values=np.maximum(0.0, estate - (owed[-1] - owed))
    )


def _array(figures: Mapping[str, float]) -> Floats:
    return np.array(list(figures.values()), dtype=np.float64)


def _check(owner: str, figures: Mapping[str, float]) -> None:
    for name, figure in figures.items():
        if not figure >= 0.0 or figure == float("inf"):
            raise InvalidValue(f"{owner}: {name}={figure!r} must be a finite number, 0 or above")
