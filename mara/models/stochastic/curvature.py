"""Gradient and Hessian by central differences, in steps that a statistician would take.

A step too small measures the rounding of the function, one too large its higher terms. The natural
length is the standard error: over a fifth of it a log-likelihood of any law falls by about 0.02,
which is far above its rounding and still well described by a parabola.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.stochastic.grid import Floats

    Cost = Callable[[Floats], float]

__all__ = ["differences", "gradient", "steps_at", "steps_for"]

_BEND: Final = 0.02
"""What the curvature shall add to the cost over one step: a fifth of a standard error."""

_LEAST: Final = 1e-5
_MOST: Final = 0.2
"""Bounds of a step on the scale of the search, where a unit is a factor e."""

_LOOKS: Final = 4
_REACH: Final = 10.0
"""Most that one look may lengthen or shorten a step."""


def steps_at(cost: Cost, theta: Floats) -> Floats:
    """Find a step for each coordinate, from long to short: a short look would see the rounding."""
    centre, steps = cost(theta), np.full(theta.size, _MOST)
    for _ in range(_LOOKS):
        up, down = _beside(cost, theta, steps)
        wanted = steps_for((up - 2.0 * centre + down) / steps**2)
        after = np.clip(wanted, steps / _REACH, steps * _REACH)
        if np.all(after == steps):
            break
        steps = after
    return steps


def steps_for(bends: Floats) -> Floats:
    """Give the steps over which second derivatives `bends` add `_BEND`, ``h = sqrt(2 b / |f''|)``."""
    return np.clip(np.sqrt(2.0 * _BEND / np.maximum(np.abs(bends), 1e-12)), _LEAST, _MOST)


def gradient(cost: Cost, theta: Floats, steps: Floats) -> Floats:
    """Central differences, shape (n,)."""
    up, down = _beside(cost, theta, steps)
    return (up - down) / (2.0 * steps)


def differences(cost: Cost, theta: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """Gradient, shape (n,), and Hessian, shape (n, n), by central differences."""
    up, down = _beside(cost, theta, steps)
    centre, moves = cost(theta), np.diag(steps)
    hessian = np.diag(up - 2.0 * centre + down)
    for i in range(theta.size):
        for j in range(i):
            both = cost(theta + moves[i] + moves[j]) + cost(theta - moves[i] - moves[j])
            hessian[i, j] = hessian[j, i] = (
                both - up[i] - down[i] - up[j] - down[j] + 2.0 * centre
            ) / 2.0
    return (up - down) / (2.0 * steps), hessian / np.outer(steps, steps)


def _beside(cost: Cost, theta: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """Costs one step up and one step down each coordinate."""
    moves = np.diag(steps)
    return np.array([cost(theta + m) for m in moves]), np.array([cost(theta - m) for m in moves])
