"""The optimiser's plan of a day with machines or the battery held back in some intervals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.models.dispatch.diagnosis import infeasible
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Figures, Model
from mara.models.dispatch.planning import Found, plan_of
from mara.models.dispatch.solver import Budget, NoFeasiblePoint, Programme

if TYPE_CHECKING:
    from mara.domain import Plan
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["HeldBack", "replanned"]

Floats = NDArray[np.float64]

_WHOLE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldBack:
    """Most units on by class and interval, (C, n), and most battery power by interval, MW, (n,)."""

    units: Floats
    battery_mw: Floats


def replanned(problem: DispatchProblem, held: HeldBack) -> Plan:
    """Plan `problem` within what is held back: a linear programme, first counts rounded down.

    Raises
    ------
    Infeasible
        No plan satisfies the constraints; the error names those in conflict.
    SolverFailed
        The solver ended without a usable plan.
    """
    model = Model(shape_of(problem.site, problem.grid))
    figures = _capped(model, model.figures(problem), held)
    programme = Programme(model, figures, budget=Budget(seconds=20.0))
    try:
        relaxed = programme.solve()
        first = model.layout.units[:, 0]
        counts = np.floor(relaxed.values[first] + _WHOLE)
        programme.bound(first, counts, counts)
        answer = replace(programme.solve(), bound=relaxed.cost)
    except NoFeasiblePoint:
        raise infeasible(problem, model, figures) from None
    prices = programme.shadow_prices()
    return plan_of(
        problem, model, figures, Found(answer=answer, prices=prices, method="relaxed (HiGHS)")
    ).plan


def _capped(model: Model, figures: Figures, held: HeldBack) -> Figures:
    layout, upper = model.layout, figures.upper.copy()
    upper[layout.units] = np.minimum(upper[layout.units], held.units)
    for columns in (layout.charge, layout.discharge):
        if len(columns):
            upper[columns] = np.minimum(upper[columns], held.battery_mw)
    return replace(figures, upper=upper, lower=np.minimum(figures.lower, upper))
