"""Quantile regression averaging: quantiles as linear laws of the members' forecasts.

Law: for each level the coefficients b minimise the pinball loss of y - X b. Found by majorising
the loss with quadratics, (|r| + e)^-1 r^2 / 4 + (level - 1/2) r, each step a weighted least
squares. Sources: Nowotarski and Weron, Computing electricity spot price prediction intervals using
quantile regression and forecast averaging, Computational Statistics 30 (2015); Hunter and Lange,
Quantile regression via an MM algorithm, Journal of Computational and Graphical Statistics 9 (2000).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from mara.models.forecasting.past import Floats

__all__ = ["quantile_lines", "quantiles_at"]

_STEPS: Final = 40
_RIDGE: Final = 1e-6
_SOFTENING: Final = 1e-3


def quantile_lines(x: Floats, y: Floats, levels: tuple[float, ...]) -> Floats:
    """Coefficients, shape (levels, 1 + k), the constant first, of `x`, (n, k), and `y`, (n,)."""
    design = np.column_stack([np.ones(len(x)), x])
    pull = design.sum(axis=0)
    ridge = _RIDGE * np.trace(design.T @ design) / design.shape[1] * np.eye(design.shape[1])
    first = np.linalg.solve(design.T @ design + ridge, design.T @ y)
    softening = _SOFTENING * (np.abs(y - design @ first).mean() + np.finfo(np.float64).tiny)
    lines = np.empty((len(levels), design.shape[1]))
    for i, level in enumerate(levels):
        b = first
        for _ in range(_STEPS):
            weight = 1.0 / (np.abs(y - design @ b) + softening)
            weighted = design.T * weight
            b = np.linalg.solve(
                weighted @ design + ridge, weighted @ y + (2.0 * level - 1.0) * pull
            )
        lines[i] = b
    return lines


def quantiles_at(lines: Floats, x: Floats) -> Floats:
    """Quantiles, shape (n, levels), in rising order, at the members' forecasts `x`, (n, k)."""
    return np.sort(lines[:, 0] + x @ lines[:, 1:].T, axis=1)
