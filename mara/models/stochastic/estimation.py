"""Maximum likelihood on transformed scales, with standard errors from the curvature.

The search runs on scales without bounds (the logarithm of what is positive, the logit of a share).
Standard errors come from the inverse of the Hessian of ``-ln L`` there, and go to the parameter's
own scale by the delta method; intervals are made on the scale of the search and mapped back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from mara.errors import InvalidValue, SolverFailed
from mara.models.stochastic.calibration import NORMAL_95, Estimate
from mara.models.stochastic.curvature import differences, gradient, steps_at, steps_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mara.models.stochastic.grid import Floats

__all__ = ["Found", "Scale", "Unknown", "maximise"]

_FLAT: Final = 1e-3
"""Gain in ln L of one more Newton step below which the search stops."""

_SLIGHT: Final = 0.05
"""Most that a search which finds no better step may leave unwon: a twentieth of what AIC asks of a
parameter, and a third of a standard error in any one direction."""

_ITERATIONS: Final = 500
_NEWTON_STEPS: Final = 25
_HALVINGS: Final = 12

_MOST_SPREAD: Final = 10.0
"""Standard error, in logarithms, from which on a parameter is as good as unknown."""

_FLATTEST: Final = 1e-6
"""Curvature from which a direction counts as flat: its standard error would be 1,000 units."""

_NOWHERE: Final = 1e300
"""Cost where there is no likelihood."""


class Scale(StrEnum):
    """Scale on which a parameter is searched."""

    REAL = "real"
    POSITIVE = "positive"
    SHARE = "share"

    def inward(self, value: float) -> float:
        """Go from the parameter's own scale to the search's."""
        match self:
            case Scale.REAL:
                return value
            case Scale.POSITIVE:
                return float(np.log(value))
            case _:
                return float(logit(value))

    def outward(self, value: float) -> float:
        """Go from the search's scale to the parameter's own."""
        match self:
            case Scale.REAL:
                return value
            case Scale.POSITIVE:
                return float(np.exp(np.clip(value, -700.0, 700.0)))
            case _:
                return float(expit(value))

    def slope(self, value: float) -> float:
        """Give the derivative of `outward`, at the parameter's own value."""
        match self:
            case Scale.REAL:
                return 1.0
            case Scale.POSITIVE:
                return value
            case _:
                return value * (1.0 - value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A parameter to be found: where the search starts, on which scale, in steps of which size.

    One that `may_stay_open` does no harm where the series does not tell its order of magnitude.
    """

    name: str
    start: float
    scale: Scale = Scale.REAL
    unit: float = 1.0
    may_stay_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The maximum: the parameters in their order, and what is known of each."""

    values: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    log_likelihood: float


def maximise(
    law: str, log_likelihood: Callable[[Sequence[float]], float], unknowns: Sequence[Unknown]
) -> Found:
    """Find the parameters of greatest likelihood near the starts.

    Raises
    ------
    SolverFailed
        The search ended elsewhere than at a maximum, or the maximum is flat in some direction.
    """
    units = np.array([u.unit if u.scale is Scale.REAL else 1.0 for u in unknowns])

    def outward(theta: Floats) -> list[float]:
        return [u.scale.outward(float(t)) for u, t in zip(unknowns, theta * units, strict=True)]

    def cost(theta: Floats) -> float:
        try:
            value = log_likelihood(outward(theta))
        except (InvalidValue, OverflowError, SolverFailed):
            return _NOWHERE  # A trial far off: no law has these parameters.
        return -value if np.isfinite(value) else _NOWHERE

    begin = np.array([u.scale.inward(u.start) for u in unknowns]) / units
    if cost(begin) >= _NOWHERE:
        raise SolverFailed(f"{law}: calibration failed: the series has no likelihood at the start")
    with np.errstate(all="ignore"):  # Trials far off may overflow; their cost says so.
        theta, covariance = _polished(law, cost, _near(cost, begin))
    error = np.sqrt(np.diag(covariance)) * units
    _refuse_unsaid(law, unknowns, error)
    return _found(unknowns, theta * units, error, -cost(theta))


def _refuse_unsaid(law: str, unknowns: Sequence[Unknown], error: Floats) -> None:
    """Refuse a maximum that leaves the order of magnitude of a parameter open."""
    for unknown, spread in zip(unknowns, error.tolist(), strict=True):
        bounded = unknown.scale is not Scale.REAL and not unknown.may_stay_open
        if bounded and spread > _MOST_SPREAD:
            raise SolverFailed(
                f"{law}: calibration did not converge: the series says nothing of {unknown.name}; "
                "give a longer series, or a simpler law"
            )


def _found(
    unknowns: Sequence[Unknown], theta: Floats, error: Floats, log_likelihood: float
) -> Found:
    estimates = []
    for unknown, at, spread in zip(unknowns, theta.tolist(), error.tolist(), strict=True):
        value = unknown.scale.outward(at)
        estimates.append(
            Estimate(
                name=unknown.name,
                value=value,
                standard_error=spread * unknown.scale.slope(value),
                low=unknown.scale.outward(at - NORMAL_95 * spread),
                high=unknown.scale.outward(at + NORMAL_95 * spread),
            )
        )
    return Found(
        values=tuple(e.value for e in estimates),
        estimates=tuple(estimates),
        log_likelihood=log_likelihood,
    )


def _near(cost: Callable[[Floats], float], begin: Floats) -> Floats:
    """Search by BFGS, each coordinate measured in its step at the start."""
    steps = steps_at(cost, begin)
    ones = np.ones(begin.size)

    def scaled(z: Floats) -> float:
        return cost(begin + steps * z)

    def with_slope(z: Floats) -> tuple[float, Floats]:
        return scaled(z), gradient(scaled, z, ones)

    near = minimize(
        with_slope,
        np.zeros(begin.size),
        jac=True,
        method="BFGS",
        options={"maxiter": _ITERATIONS, "gtol": 1e-3},
    )
    return np.asarray(begin + steps * near.x, dtype=np.float64)


def _polished(law: str, cost: Callable[[Floats], float], theta: Floats) -> tuple[Floats, Floats]:
    """Go on by damped Newton steps to the maximum; give it and the inverse of its Hessian."""
    steps, gain = steps_at(cost, theta), np.inf
    for _ in range(_NEWTON_STEPS):
        slope, hessian = differences(cost, theta, steps)
        sizes, axes = np.linalg.eigh(hessian)
        inverse = (axes / np.maximum(np.abs(sizes), _FLATTEST)) @ axes.T
        gain, peak = 0.5 * float(slope @ inverse @ slope), sizes[0] > _FLATTEST
        there = gain <= _FLAT and peak
        after = None if there else _downhill(cost, theta, inverse @ slope)
        if after is None and gain <= _SLIGHT and peak:
            return theta, inverse
        if after is None:
            break
        theta, steps = after, steps_for(np.diag(hessian))
    raise SolverFailed(
        f"{law}: calibration did not converge: the likelihood has no peak in all parameters, or "
        f"one more step would still gain {gain:.3g} in it; give a longer series, or a simpler law"
    )


def _downhill(cost: Callable[[Floats], float], theta: Floats, step: Floats) -> Floats | None:
    """Take the step, or the largest of its halves that lowers the cost; None where none does."""
    here, step = cost(theta), step / max(1.0, float(np.abs(step).max()))
    for _ in range(_HALVINGS):
        if cost(theta - step) < here:
            return theta - step
        step = 0.5 * step
    return None
