"""Best responses in turn: each player in order answers what the others do now.

Source: Cournot, Recherches sur les principes mathematiques de la theorie des richesses, 1838.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ResponsePath", "best_responses"]

Floats = NDArray[np.float64]
Answer = Callable[[int, Floats], float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponsePath:
    """`points` of shape (rounds + 1, players), from the start on; `change` is the last one's."""

    points: Floats
    change: float
    converged: bool

    @property
    def last(self) -> Floats:
        """Where it ended."""
        return np.asarray(self.points[-1])


def best_responses(
    answer: Answer, start: ArrayLike, *, tolerance: float = 1e-12, rounds: int = 10_000
) -> ResponsePath:
    """Let every player answer in turn until a round changes nothing by more than `tolerance`.

    `answer(i, q)` is player i's best quantity when the others choose q. The tolerance is a share
    of the largest quantity.
    """
    point = np.array(start, dtype=np.float64)
    if rounds < 1 or point.ndim != 1:
        raise InvalidValue(
            f"best_responses: rounds={rounds} must be 1 or more, and start one number a player"
        )
    points = [point.copy()]
    change = np.inf
    while change > tolerance and len(points) <= rounds:
        for player in range(len(point)):
            point[player] = answer(player, point)
        change = float(np.abs(point - points[-1]).max() / max(1.0, np.abs(point).max()))
        points.append(point.copy())
    return ResponsePath(points=np.array(points), change=change, converged=change <= tolerance)
