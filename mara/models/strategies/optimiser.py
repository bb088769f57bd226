"""The optimiser as a strategy: plan the horizon, do its first interval."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mara.domain import Proposal
from mara.domain.checks import non_negative, positive
from mara.errors import Infeasible
from mara.models.dispatch import FastDispatch, problem_from

if TYPE_CHECKING:
    from mara.domain import Plan
    from mara.models.dispatch import DispatchProblem
    from mara.models.strategies.base import DecisionContext

__all__ = ["OptimiserStrategy"]

_SAID_MW = 0.005
"""Less power than this is none in words of two decimals."""


class OptimiserStrategy:
    """Plans `hours` ahead with the fast form, whose model it keeps while the site's shape lasts.

    `stability_usd_per_mw` is the price of switching a MW of machines. What changes at the site
    (outages, limits, commitments) is in force in the same call. Limits stand above rules that
    spare machines: where both cannot hold, minimum run and ramp are waived, and the reason says so.
    """

    name = "optimiser"

    def __init__(self, *, hours: float = 24.0, stability_usd_per_mw: float = 0.25) -> None:
        positive("OptimiserStrategy", "hours", hours)
        non_negative("OptimiserStrategy", "stability_usd_per_mw", stability_usd_per_mw)
        self._hours = hours
        self._stability_usd_per_mw = stability_usd_per_mw
        self._dispatch: FastDispatch | None = None

    def propose(self, context: DecisionContext) -> Proposal:
        """Plan from the context.

        Raises
        ------
        Infeasible
            No plan satisfies the limits, even with the machines' rules waived.
        SolverFailed
            The solver ended without a usable plan.
        """
        problem = problem_from(
            context, hours=self._hours, stability_usd_per_mw=self._stability_usd_per_mw
        )
        try:
            plan, note = self._model_for(problem).plan(problem), ""
        except Infeasible as error:
            bare = _without_rules(problem)
            plan = FastDispatch(bare.site, bare.grid).plan(bare)
            note = f"; no plan satisfied {' and '.join(error.constraints)}, machine rules waived"
        return Proposal(agent=self.name, plan=plan, reason=_reason(problem, plan) + note)

    def _model_for(self, problem: DispatchProblem) -> FastDispatch:
        if self._dispatch is None or not self._dispatch.fits(problem):
            self._dispatch = FastDispatch(problem.site, problem.grid)
        return self._dispatch


def _without_rules(problem: DispatchProblem) -> DispatchProblem:
    """Take minimum run and ramp out of the problem."""
    machines = tuple(replace(machine, min_run_min=0.0) for machine in problem.site.machines)
    return replace(problem, site=replace(problem.site, machines=machines, ramp_mw_per_min=None))


def _reason(problem: DispatchProblem, plan: Plan) -> str:
    units = sum(unit.units for unit in plan.setpoint.units)
    net = plan.import_mw[0] - plan.export_mw[0]
    side = f"import {net:.2f} MW" if net >= 0.0 else f"export {-net:.2f} MW"
    return (
        f"at {problem.energy_usd_per_mwh[0]:.2f} USD/MWh {side} of "
        f"{problem.import_cap_mw[0]:.2f} MW allowed, {units} units on, {_battery(plan)}; "
        f"{plan.expected_margin_usd:,.0f} USD expected over {sum(plan.hours):.0f} h"
    )


def _battery(plan: Plan) -> str:
    if plan.charge_mw[0] >= _SAID_MW:
        return f"battery charges {plan.charge_mw[0]:.2f} MW"
    if plan.discharge_mw[0] >= _SAID_MW:
        return f"battery discharges {plan.discharge_mw[0]:.2f} MW"
    return "battery idle"
