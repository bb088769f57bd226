"""The Shapley value, exactly, from the table of worths."""

from __future__ import annotations

import numpy as np

from mara.games.cooperative.game import Allocation, CoalitionalGame
from mara.games.cooperative.subsets import Floats, sizes, totals_with

__all__ = ["shapley", "shapley_values"]

_TOLERANCE = 1e-9


def shapley(game: CoalitionalGame) -> Allocation:
    """Shapley value: each player's contribution, averaged over all orders of arrival.

    phi[i] = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S)).

    The residual is |sum(phi) - v(N)|. Source: Shapley, "A value for n-person games",
    Contributions to the Theory of Games II, 1953.
    """
    values = shapley_values(game.values)
    residual = abs(float(values.sum() - game.values[-1]))
    return Allocation(
        players=game.players,
        values=tuple(values.tolist()),
        method="exact, by subsets",
        residual=residual,
        converged=residual <= _TOLERANCE * game.scale,
    )


def shapley_values(values: Floats) -> Floats:
    """Shapley value of a table of 2**n figures, shape (n,); O(2**n).

    With w(s) = s! (n - s - 1)! / n!, phi[i] is the sum of w(|S| - 1) v(S) over the S with i, less
    that of w(|S|) v(S) over the S without i; the latter is the total less the S with i.
    """
    n = len(values).bit_length() - 1
    weights = _weights(n)
    size = sizes(n)
    leaving = np.append(weights, 0.0)[size] * values
    joining = np.insert(weights, 0, 0.0)[size] * values
    return totals_with(joining + leaving) - float(leaving.sum())


def _weights(n: int) -> Floats:
    """w(s) = s! (n - s - 1)! / n! for s = 0 .. n - 1, by w(s) = w(s - 1) s / (n - s)."""
    weights = np.empty(n)
    weights[0] = 1.0 / n
    for s in range(1, n):
        weights[s] = weights[s - 1] * s / (n - s)
    return weights
