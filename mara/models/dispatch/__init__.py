"""The dispatch optimiser: machines, inference tiers, battery and connection over a horizon."""

from mara.models.dispatch.exact import solve_exact, solved_exactly
from mara.models.dispatch.explain import Binding, DecisionCard, RunnerUp, explain
from mara.models.dispatch.fast import FastDispatch
from mara.models.dispatch.forced import Forced
from mara.models.dispatch.grid import Grid, horizon_grid, mean_over, uniform_grid
from mara.models.dispatch.planning import Solved
from mara.models.dispatch.problem import (
    DispatchProblem,
    dispatched,
    import_caps,
    problem_from,
    stored_value,
)
from mara.models.dispatch.solver import Budget
from mara.models.dispatch.whatif import Change, WhatIf, what_if

__all__ = [
    "Binding",
    "Budget",
    "Change",
    "DecisionCard",
    "DispatchProblem",
    "FastDispatch",
    "Forced",
    "Grid",
    "RunnerUp",
    "Solved",
    "WhatIf",
    "dispatched",
    "explain",
    "horizon_grid",
    "import_caps",
    "mean_over",
    "problem_from",
    "solve_exact",
    "solved_exactly",
    "stored_value",
    "uniform_grid",
    "what_if",
]
