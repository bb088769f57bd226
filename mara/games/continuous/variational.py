"""Variational inequalities: find x in K with ``F(x) . (y - x) >= 0`` for every y in K.

An equilibrium of concave games solves the one whose F stacks the players' marginal losses. The
extragradient method looks ahead once before each step and shrinks the step until
``step |F(x) - F(ahead)| <= 0.7 |x - ahead|``; it converges for every monotone F.

Sources: Korpelevich, The extragradient method for finding saddle points and other problems, 1976;
Khobotov, Modification of the extra-gradient method, 1987 (the step).
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

__all__ = ["Floats", "VariationalPoint", "VariationalProblem", "extragradient", "onto_box"]

Floats = NDArray[np.float64]
Map = Callable[[Floats], Floats]

_SAFE = 0.7
_GROWTH = 1.5
_MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationalProblem:
    """The map F, and the projection onto the convex set K."""

    marginal: Map
    project: Map

    def residual(self, point: Floats) -> float:
        """Largest entry of x - P(x - F(x)); zero just at a solution."""
        moved = self.project(point - self.marginal(point))
        return float(np.abs(point - moved).max())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VariationalPoint:
    """Where the method stopped, with its residual and the number of steps."""

    point: Floats
    residual: float
    steps: int
    converged: bool


def extragradient(
    problem: VariationalProblem,
    start: Floats,
    *,
    tolerance: float = 1e-10,
    steps: int = _MOST_STEPS,
) -> VariationalPoint:
    """Solve from `start` until the residual is below `tolerance` or `steps` are spent."""
    point, length, done = problem.project(start), 1.0, 0
    residual = problem.residual(point)
    while residual > tolerance and done < steps:
        here = problem.marginal(point)
        ahead, length = _ahead(problem, point, here, length * _GROWTH)
        point = problem.project(point - length * problem.marginal(ahead))
        residual = problem.residual(point)
        done += 1
    return VariationalPoint(
        point=point, residual=residual, steps=done, converged=residual <= tolerance
    )


def onto_box(lower: ArrayLike, upper: ArrayLike) -> Map:
    """Projection that cuts every number at its bounds.

    Raises
    ------
    InvalidValue
        A lower bound lies above its upper one.
    """
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    if not (low <= high).all():
        raise InvalidValue(f"onto_box: lower={lower!r} must not lie above upper={upper!r}")
    return lambda point: np.asarray(np.minimum(np.maximum(point, low), high))


def _ahead(
    problem: VariationalProblem, point: Floats, here: Floats, length: float
) -> tuple[Floats, float]:
    """Look one step ahead, halving it until F changes little enough."""
    while True:
        ahead = problem.project(point - length * here)
        change = float(np.linalg.norm(problem.marginal(ahead) - here))
        if length * change <= _SAFE * float(np.linalg.norm(ahead - point)):
            return ahead, length
        length /= 2.0
