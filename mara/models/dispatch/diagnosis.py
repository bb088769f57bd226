"""Why there is no plan: an irreducible set of constraints in conflict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mara.errors import Infeasible
from mara.models.dispatch.bounds import limits_of
from mara.models.dispatch.solver import Budget, NoFeasiblePoint, Programme
from mara.models.dispatch.standing import standing_of

if TYPE_CHECKING:
    from mara.models.dispatch.model import Figures, Model
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["conflict", "infeasible"]

_RULES = ("minimum run", "ramp")
_FORCED = "forced decision"


def infeasible(problem: DispatchProblem, model: Model, figures: Figures) -> Infeasible:
    """Make the error that names the constraints of `problem` in conflict."""
    names = conflict(problem, model, figures)
    return Infeasible(
        f"dispatch of site {problem.site.site_id} at {problem.grid.at.isoformat()}: no plan "
        f"satisfies {' and '.join(names)}; relax one of them",
        constraints=names,
    )


def conflict(problem: DispatchProblem, model: Model, figures: Figures) -> tuple[str, ...]:
    """Find constraints that cannot hold together, none of which can be left out.

    Deletion filter: each block of limits or rules in turn is lifted; it stays lifted if there is
    still no plan. (Chinneck, Feasibility and Infeasibility in Optimization, 2008, section 6.2.)
    """
    programme = Programme(model, figures, budget=Budget())
    lifted = replace(_copy(figures), cost=np.zeros_like(figures.cost))
    needed: list[str] = []
    for name in _names(problem, model):
        trial = _copy(lifted)
        _lift(trial, problem, model, name)
        programme.load(trial)
        if _has_plan(programme):
            needed.append(name)
        else:
            lifted = trial
    return tuple(needed)


def _names(problem: DispatchProblem, model: Model) -> tuple[str, ...]:
    limits = limits_of(problem, standing_of(problem, model.layout), model.layout)
    return (_FORCED, *(limit.name for limit in limits), *_RULES)


def _copy(figures: Figures) -> Figures:
    return replace(
        figures,
        lower=figures.lower.copy(),
        upper=figures.upper.copy(),
        row_lower=figures.row_lower.copy(),
        row_upper=figures.row_upper.copy(),
    )


def _lift(figures: Figures, problem: DispatchProblem, model: Model, name: str) -> None:
    if name in _RULES:
        rows = model.rows_of(name)
        figures.row_lower[rows], figures.row_upper[rows] = -np.inf, np.inf
        return
    if name == _FORCED:
        _release(figures, model.figures(problem))
        return
    for limit in limits_of(problem, standing_of(problem, model.layout), model.layout):
        if limit.name != name:
            continue
        if limit.lower is not None:
            figures.lower[limit.columns] = -np.inf
        if limit.upper is not None:
            figures.upper[limit.columns] = np.inf


def _release(figures: Figures, plain: Figures) -> None:
    """Give columns that a forced decision holds the bounds they have without it."""
    figures.lower[:], figures.upper[:] = plain.lower, plain.upper


def _has_plan(programme: Programme) -> bool:
    try:
        programme.solve()
    except NoFeasiblePoint:
        return False
    return True
