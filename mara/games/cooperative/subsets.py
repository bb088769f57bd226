"""Coalitions of n players as whole numbers: player i is a member where bit i is set.

An array over all coalitions has shape (2**n,) and is read at the coalition's number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Floats", "Masks", "incidence", "maxima_with", "members", "sizes", "sums", "totals_with"]

Floats = NDArray[np.float64]
Masks = NDArray[np.int64]


def sizes(n: int) -> NDArray[np.int64]:
    """|S| for every coalition S.

    >>> sizes(2).tolist()
    [0, 1, 1, 2]
    """
    counts = np.zeros(1, dtype=np.int64)
    for _ in range(n):
        counts = np.concatenate((counts, counts + 1))
    return counts


def sums(payoffs: Floats) -> Floats:
    """x(S) = sum of x[i] over i in S, for every coalition S.

    >>> sums(np.array([1.0, 10.0])).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    totals = np.zeros(1)
    for payoff in payoffs:
        totals = np.concatenate((totals, totals + payoff))
    return totals


def totals_with(values: Floats) -> Floats:
    """Sum of u(S) over the coalitions S with player i, for every i; O(2**n) by halving.

    The upper half of the array holds the coalitions with the last player; folding it onto the
    lower half leaves the same question for one player fewer.
    """
    n = len(values).bit_length() - 1
    totals = np.empty(n)
    for player in reversed(range(n)):
        half = len(values) // 2
        totals[player] = values[half:].sum()
        values = values[:half] + values[half:]
    return totals


def maxima_with(values: Floats) -> Floats:
    """Greatest u(S) over the coalitions S with player i, for every i; by the same halving."""
    n = len(values).bit_length() - 1
    greatest = np.empty(n)
    for player in reversed(range(n)):
        half = len(values) // 2
        greatest[player] = values[half:].max()
        values = np.maximum(values[:half], values[half:])
    return greatest


def incidence(masks: Masks, n: int) -> Floats:
    """One row for each coalition, 1 where the player is a member; shape (len(masks), n)."""
    return ((masks[:, None] >> np.arange(n)) & 1).astype(np.float64)


def members(mask: int, n: int) -> tuple[int, ...]:
    """Players of one coalition.

    >>> members(0b101, 3)
    (0, 2)
    """
    return tuple(i for i in range(n) if mask >> i & 1)
