"""Optimal stopping by least squares Monte Carlo.

Law: with payoffs h_t on simulated paths and a discount a step, exercise where h_t is above the
regression of what was realised later on the state,

``tau = min{t : h_t > 0 and h_t >= E^[discount^{tau' - t} h_{tau'} | x_t]}``,

backwards over the paths in the money. Source: Longstaff and Schwartz, Review of Financial Studies
14 (2001), section 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import within
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from mara.models.storage.unit import Floats

__all__ = ["StoppingValue", "fitted_polynomial", "stopping_value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingValue:
    """Value of the right to stop, its standard error, and the share of paths that stop early."""

    value: float
    standard_error: float
    stopped_early: float


def stopping_value(
    payoffs: Floats, states: Floats, *, discount: float, degree: int = 3
) -> StoppingValue:
    """Value the right to take `payoffs` once, at any of the steps 1, 2, ...

    `payoffs` and `states`: shape (paths, steps), of the steps at which one may stop; the value is
    that one step before the first. `degree` is that of the polynomial in the state.

    Raises
    ------
    InvalidValue
        The shapes differ, or there are fewer paths than regressors.
    """
    within("stopping_value", "discount", discount, 0.0, 1.0)
    paths = _checked(payoffs, states, degree)
    cash, late = payoffs[:, -1].copy(), np.ones(paths, dtype=bool)
    for t in range(payoffs.shape[1] - 2, -1, -1):
        cash *= discount
        inside = np.flatnonzero(payoffs[:, t] > 0.0)
        if inside.size <= degree + 1:
            continue
        later = fitted_polynomial(states[inside, t], cash[inside], degree)
        stop = inside[payoffs[inside, t] >= later]
        cash[stop], late[stop] = payoffs[stop, t], False
    worth = discount * cash
    return StoppingValue(
        value=float(worth.mean()),
        standard_error=float(worth.std(ddof=1) / np.sqrt(paths)),
        stopped_early=1.0 - float(late.mean()),
    )


def _checked(payoffs: Floats, states: Floats, degree: int) -> int:
    if payoffs.ndim != 2 or payoffs.shape != states.shape:
        raise InvalidValue(
            f"stopping_value: payoffs {payoffs.shape} and states {states.shape} must be two-"
            "dimensional and of one shape, a row a path"
        )
    if payoffs.shape[0] <= degree + 1:
        raise InvalidValue(
            f"stopping_value: {payoffs.shape[0]} paths cannot carry a polynomial of degree {degree}"
        )
    return int(payoffs.shape[0])


def fitted_polynomial(x: Floats, y: Floats, degree: int) -> Floats:
    """Fit y by Chebyshev polynomials in the scaled x by least squares, at the same x."""
    low, high = float(x.min()), float(x.max())
    if high <= low:
        return np.full_like(y, y.mean(axis=0))
    scaled = 2.0 * (x - low) / (high - low) - 1.0
    basis = np.polynomial.chebyshev.chebvander(scaled, degree)
    fitted: Floats = basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
    return fitted
