"""Run or curtail: optimal switching of a machine with costs of starting and of stopping.

Law: in price state s a running machine earns m_s a step and an idle one nothing; with costs a of a
start and b of a stop and a discount a step below one,

``R(s) = max(m_s + discount E[R(s')|s],  -b + I(s))``,    ``I(s) = max(discount E[I(s')|s], R(s) - a)``

(a switch takes effect in the step it is made in). Where it costs to switch, there is a band of prices
in which a running machine runs on and an idle one stays idle; without costs the rule is the strike
rule. Solved by policy iteration, which ends after finitely many policies. Source: Brekke and Oksendal,
Optimal switching in an economic activity under uncertainty, SIAM Journal on Control and
Optimization 32 (1994).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import non_negative
from mara.errors import InvalidValue, SolverFailed
from mara.models.storage.unit import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Machine", "Switching", "optimal_switching"]

Mask = NDArray[np.bool_]

_CLOSE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What switching is about: USD of a start and of a stop, and the worth of a step later."""

    start_cost_usd: float
    stop_cost_usd: float
    discount: float

    def __post_init__(self) -> None:
        non_negative("Machine", "start_cost_usd", self.start_cost_usd)
        non_negative("Machine", "stop_cost_usd", self.stop_cost_usd)
        if not 0.0 <= self.discount < 1.0:
            raise InvalidValue(f"Machine: discount={self.discount} must be at least 0 and below 1")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Switching:
    """By price state, shape (S,): values USD of running and of idle, whether each runs this step."""

    running_usd: Floats
    idle_usd: Floats
    runs_on: Mask
    starts: Mask
    policies: int


def optimal_switching(
    margins: Sequence[float] | Floats,
    transitions: Floats,
    machine: Machine,
    *,
    most_policies: int = 1_000,
) -> Switching:
    """Find when to stop a running machine and when to start an idle one.

    `margins`: USD of a step run in each state, shape (S,); `transitions`: shape (S, S), rows
    summing to 1.

    Raises
    ------
    InvalidValue
        The shapes do not fit, or a row is no probability.
    SolverFailed
        No policy repeats within `most_policies`.
    """
    earned = np.asarray(margins, dtype=np.float64)
    _check(earned, transitions)
    runs_on = starts = earned > 0.0
    for tried in range(1, most_policies + 1):
        running, idle = _values(earned, transitions, machine, (runs_on, starts))
        run = earned + machine.discount * transitions @ running
        rest = machine.discount * transitions @ idle
        keep = run >= rest - machine.stop_cost_usd - _CLOSE * (1.0 + np.abs(rest))
        begin = run - machine.start_cost_usd > rest + _CLOSE * (1.0 + np.abs(rest))
        if np.array_equal(keep, runs_on) and np.array_equal(begin, starts):
            return Switching(
                running_usd=running, idle_usd=idle, runs_on=keep, starts=begin, policies=tried
            )
        runs_on, starts = keep, begin
    raise SolverFailed(f"optimal_switching: no policy repeated within {most_policies}")


def _check(earned: Floats, transitions: Floats) -> None:
    states = earned.size
    if earned.ndim != 1 or transitions.shape != (states, states) or not np.isfinite(earned).all():
        raise InvalidValue(
            f"optimal_switching: margins {earned.shape} must be finite, and transitions "
            f"{transitions.shape} square of their size"
        )
    if transitions.min() < 0.0 or np.abs(transitions.sum(axis=1) - 1.0).max() > _CLOSE:
        raise InvalidValue("optimal_switching: rows of transitions must be probabilities")


def _values(
    earned: Floats, transitions: Floats, machine: Machine, policy: tuple[Mask, Mask]
) -> tuple[Floats, Floats]:
    """Solve the linear equations of a policy for the values of running and of idle."""
    runs_on, starts = policy
    states = earned.size
    ran = np.concatenate([runs_on, starts])
    switched = np.concatenate([~runs_on, starts])
    cost = np.repeat([machine.stop_cost_usd, machine.start_cost_usd], states)
    reward = np.where(ran, np.tile(earned, 2), 0.0) - np.where(switched, cost, 0.0)
    moves = np.tile(transitions, (2, 1))
    to_run, to_rest = moves * ran[:, None], moves * ~ran[:, None]
    matrix = np.eye(2 * states) - machine.discount * np.hstack([to_run, to_rest])
    values = np.linalg.solve(matrix, reward)
    return values[:states], values[states:]
