"""The exact form: every count whole in every interval, the battery in one direction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mara.models.dispatch.diagnosis import infeasible
from mara.models.dispatch.forced import Forced, forced_figures
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Figures, Model
from mara.models.dispatch.planning import Found, Solved, plan_of
from mara.models.dispatch.rounding import closed_directions
from mara.models.dispatch.solver import Answer, Budget, NoFeasiblePoint, Programme

if TYPE_CHECKING:
    from mara.domain import Plan
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["solve_exact", "solve_whole", "solved_exactly"]

_METHOD = "mixed-integer (HiGHS)"


def solve_exact(problem: DispatchProblem, *, budget: Budget | None = None) -> Plan:
    """Find the best plan with whole counts in all intervals.

    Mixed-integer programme by HiGHS (branch and cut), then the linear programme that remains when
    counts and directions are fixed, whose duals the plan carries. It stops by gap and nodes first;
    what a limit ends early is returned with its proven gap.

    Raises
    ------
    Infeasible
        No plan satisfies the constraints; the error names those in conflict.
    SolverFailed
        A limit came before any usable plan.
    """
    return solved_exactly(problem, budget=budget).plan


def solved_exactly(
    problem: DispatchProblem, *, budget: Budget | None = None, forced: Forced | None = None
) -> Solved:
    """Do as `solve_exact`, with the objective, and with the first interval forced where asked."""
    model = Model(shape_of(problem.site, problem.grid))
    figures = model.figures(problem)
    if forced is not None:
        figures = forced_figures(figures, model.layout, forced)
    n = len(problem.grid)
    try:
        found = solve_whole(problem, model, figures, n, budget or Budget())
    except NoFeasiblePoint:
        raise infeasible(problem, model, figures) from None
    return plan_of(problem, model, figures, found)


def solve_whole(
    problem: DispatchProblem, model: Model, figures: Figures, intervals: int, budget: Budget
) -> Found:
    """Solve with whole counts and one-way battery in `intervals`, then the programme that remains.

    Raises `NoFeasiblePoint` and `SolverFailed`, as `Programme.solve`.
    """
    layout = model.layout
    programme = Programme(model, figures, budget=budget)
    programme.integral(layout.units[:, :intervals].ravel())
    if layout.shape.battery is not None:
        pairs = np.column_stack((layout.charge, layout.discharge))[:intervals]
        programme.add_switches(pairs, layout.shape.battery.power_mw)
    mixed = programme.solve()
    return _remaining(problem, model, figures, intervals, mixed)


def _remaining(
    problem: DispatchProblem, model: Model, figures: Figures, intervals: int, mixed: Answer
) -> Found:
    linear = Programme(model, figures, budget=Budget())
    whole = model.layout.units[:, :intervals].ravel()
    counts = np.round(mixed.values[whole])
    linear.bound(whole, counts, counts)
    closed = closed_directions(problem, model.layout, mixed.values, intervals)
    none = np.zeros(len(closed))
    linear.bound(closed, none, none)
    answer = replace(linear.solve(), bound=mixed.bound)
    return Found(answer=answer, prices=linear.shadow_prices(), method=_METHOD)
