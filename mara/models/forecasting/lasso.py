"""The LASSO of many targets over the same rows, by coordinate descent on their Gram matrix.

Law: b = argmin 1/(2 n) |y - X b|^2 + penalty |b|_1 for each column y of the targets. With
G = X'X / n and c = X'y / n the update of one coordinate is b_j = S(c_j - G_j b + G_jj b_j, penalty)
/ G_jj, S(u, p) = sign(u) max(|u| - p, 0), and costs nothing while b_j stays zero.
Source: Friedman, Hastie and Tibshirani, Regularization paths for generalized linear models via
coordinate descent, Journal of Statistical Software 33 (2010), section 2.2 (covariance updates).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.models.forecasting.past import Floats

__all__ = ["descend", "lasso"]

TOLERANCE: Final = 1e-3
"""Largest move of a coefficient, in units of its own scale, at which a descent ends."""
MOST_SWEEPS: Final = 200


def lasso(gram: Floats, cross: Floats, penalty: float, start: Floats) -> Floats:
    """Coefficients, shape (targets, p), from `gram` (p, p), `cross` (targets, p) and a start."""
    coefficients = start.copy()
    _compiled()(gram, cross, penalty, coefficients, TOLERANCE, MOST_SWEEPS)
    return coefficients


def descend(
    gram: Floats,
    cross: Floats,
    penalty: float,
    coefficients: Floats,
    tolerance: float,
    sweeps: int,
) -> None:
    """Descend in place, target by target: a sweep over all, then over those that are not zero."""
    features = gram.shape[0]
    for target in range(cross.shape[0]):
        b = coefficients[target]
        gradient = cross[target] - gram @ b
        for sweep in range(sweeps):
            largest = 0.0
            for j in range(features):
                scale = gram[j, j]
                if scale <= 0.0 or (sweep % 8 != 0 and b[j] == 0.0):
                    continue
                pull = gradient[j] + scale * b[j]
                new = np.sign(pull) * max(abs(pull) - penalty, 0.0) / scale
                move = new - b[j]
                if move != 0.0:
                    b[j] = new
                    for i in range(features):
                        gradient[i] -= move * gram[j, i]
                    largest = max(largest, abs(move) * np.sqrt(scale))
            if sweep % 8 == 0 and largest < tolerance:
                break


@lru_cache(maxsize=1)
def _compiled() -> Callable[..., None]:
    from numba import njit  # noqa: PLC0415

    return njit(cache=True, fastmath=True)(descend)
