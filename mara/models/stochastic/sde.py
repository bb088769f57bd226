"""General stochastic differential equations, ``dX = a(t, X) dt + b(t, X) dW``, by time steps.

Euler-Maruyama ``X' = X + a h + b dW`` is of strong order 1/2 and weak order 1; Milstein adds
``b b_x (dW^2 - h) / 2`` and is of strong order 1.

Source: Kloeden and Platen, Numerical Solution of Stochastic Differential Equations (1992),
sections 10.2 and 10.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.stochastic.blocks import simulate_blocks

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mara.models.stochastic.grid import Grid, Paths

__all__ = ["Coefficient", "Scheme", "StochasticEquation"]

Coefficient = Callable[[float, NDArray[np.floating[Any]]], "NDArray[np.floating[Any]] | float"]
"""A function of time and of the values of all paths of a block."""

_RELATIVE_STEP: Final = 1e-6


class Scheme(StrEnum):
    """How a step is taken."""

    EULER = "euler"
    MILSTEIN = "milstein"


@dataclass(frozen=True, slots=True, kw_only=True)
class StochasticEquation:
    """An equation and the scheme that steps it.

    Attributes
    ----------
    drift, diffusion
        ``a`` and ``b``. For several processes they must be functions of a module, not lambdas.
    slope
        ``b_x``, which Milstein's scheme needs; by central differences where it is not given.
    """

    drift: Coefficient
    diffusion: Coefficient
    slope: Coefficient | None = None
    scheme: Scheme = Scheme.EULER

    def simulate(
        self, rng: np.random.Generator, grid: Grid, *, executor: Executor | None = None
    ) -> Paths:
        """Simulate paths, shape (n_paths, n_steps + 1), as a law does.

        Raises
        ------
        InvalidValue
            A path left the finite numbers, or the answer would not fit in memory.
        """
        return simulate_blocks(self, rng, grid, executor=executor)

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Turn a block of standard normals into paths, in place."""
        del rng
        h, x = grid.dt, grid.starts.astype(block.dtype)
        block[:, 0] = x
        for step in range(1, grid.n_steps + 1):
            x = self._stepped((step - 1) * h, x, block[:, step] * np.sqrt(h), h)
            block[:, step] = x
        if not np.isfinite(x).all():
            raise InvalidValue(
                f"StochasticEquation: a path is no longer finite at dt={h:g}; "
                "give a smaller dt, or a drift that does not explode"
            )

    def _stepped(self, t: float, x: Paths, shock: Paths, h: float) -> Paths:
        with np.errstate(all="ignore"):
            spread = self.diffusion(t, x)
            moved: Paths = x + np.asarray(self.drift(t, x)) * h + spread * shock
            if self.scheme is Scheme.MILSTEIN:
                moved = moved + 0.5 * spread * self._slope(t, x) * (shock**2 - h)
        return moved

    def _slope(self, t: float, x: Paths) -> Paths:
        if self.slope is not None:
            return np.asarray(self.slope(t, x))
        gap = _RELATIVE_STEP * np.maximum(1.0, np.abs(x))
        rise = np.asarray(self.diffusion(t, x + gap)) - np.asarray(self.diffusion(t, x - gap))
        return np.asarray(rise / (2.0 * gap))
