"""The Shapley value by sampled orders of arrival, for games too large for a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.games.cooperative.subsets import Floats

__all__ = ["SampledShapley", "shapley_sampled"]

Worth = Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledShapley:
    """Estimates with the half widths of their confidence intervals, by player.

    `residual` is the greatest half width; `converged` says that it is within the tolerance asked.
    """

    players: tuple[str, ...]
    values: tuple[float, ...]
    half_widths: tuple[float, ...]
    confidence: float
    orders: int
    method: str
    residual: float
    converged: bool

    def interval(self, player: str) -> tuple[float, float]:
        """Confidence interval of one player's value."""
        at = self.players.index(player)
        value, half = self.values[at], self.half_widths[at]
        return value - half, value + half


def shapley_sampled(
    players: tuple[str, ...],
    worth: Worth,
    *,
    pairs: int,
    rng: np.random.Generator,
    tolerance: float,
    confidence: float = 0.95,
) -> SampledShapley:
    """Mean marginal contribution over `pairs` random orders and their reverses.

    A pair's mean is one independent observation; an order and its reverse err in opposite
    directions, which narrows the interval. Every order shares out v(N) exactly, so the estimate is
    efficient. `worth` takes a coalition's number (bit i for player i), which has no upper bound.

    Source: Castro, Gomez and Tejada, "Polynomial calculation of the Shapley value based on
    sampling", Computers and Operations Research 36, 2009.

    Raises
    ------
    InvalidValue
        Fewer than two pairs, or a confidence outside (0, 1).
    """
    if pairs < 2:
        raise InvalidValue(f"shapley_sampled: pairs={pairs!r}; an interval needs 2 or more")
    if not 0.0 < confidence < 1.0:
        raise InvalidValue(f"shapley_sampled: confidence={confidence!r} must lie within 0 and 1")
    seen = np.array([_pair(worth, rng.permutation(len(players))) for _ in range(pairs)])
    spread = seen.std(axis=0, ddof=1) / np.sqrt(pairs)
    half = float(student.ppf(0.5 + confidence / 2.0, pairs - 1)) * spread
    return SampledShapley(
        players=players,
        values=tuple(seen.mean(axis=0).tolist()),
        half_widths=tuple(half.tolist()),
        confidence=confidence,
        orders=2 * pairs,
        method="sampled orders in antithetic pairs",
        residual=float(half.max()),
        converged=bool(half.max() <= tolerance),
    )


def _pair(worth: Worth, order: np.ndarray) -> Floats:
    """Mean of the contributions in an order and in its reverse."""
    forward = _contributions(worth, order.tolist())
    return 0.5 * (forward + _contributions(worth, order[::-1].tolist()))


def _contributions(worth: Worth, order: list[int]) -> Floats:
    """v(before + i) - v(before) for each player i of an order of arrival."""
    gained, mask, before = np.empty(len(order)), 0, 0.0
    for player in order:
        mask |= 1 << player
        after = worth(mask)
        gained[player] = after - before
        before = after
    return gained
