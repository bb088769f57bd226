"""Duals against the change of the same programme under perturbed sides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.errors import Infeasible
from mara.models.dispatch import FastDispatch, solve_exact
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Figures, Model
from mara.models.dispatch.solver import Budget, Programme
from tests.models.dispatch.instances import Kind, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.domain import Plan
    from mara.models.dispatch import DispatchProblem

STEP = 1e-4
KIND = Kind(
    minutes=(5.0, 5.0, 15.0, 60.0), miners=2, servers=1, most_units=30, battery=True, tiers=(0.0,)
)


class Remaining:
    """The linear programme that remains when the counts of `plan` are fixed."""

    def __init__(self, problem: DispatchProblem, plan: Plan, intervals: int) -> None:
        self.model = Model(shape_of(problem.site, problem.grid))
        self.figures = self.model.figures(problem)
        layout = self.model.layout
        self.units = layout.units[:, :intervals].ravel()
        self.counts = np.array([s.values[:intervals] for s in plan.units]).ravel()
        charge, discharge = layout.charge[:intervals], layout.discharge[:intervals]
        idle = np.array(plan.charge_mw)[:intervals] <= 0.0
        resting = np.array(plan.discharge_mw)[:intervals] <= 0.0
        self.shut = np.concatenate((charge[idle & ~resting], discharge[resting & ~idle]))
        self.programme = Programme(self.model, self.figures, budget=Budget())

    def margin(self, change: Callable[[Figures], None]) -> float:
        figures = replace(
            self.figures,
            lower=self.figures.lower.copy(),
            upper=self.figures.upper.copy(),
            row_lower=self.figures.row_lower.copy(),
            row_upper=self.figures.row_upper.copy(),
        )
        change(figures)
        self.programme.load(figures)
        self.programme.bound(self.units, self.counts, self.counts)
        zeros = np.zeros(len(self.shut))
        self.programme.bound(self.shut, zeros, zeros)
        return -self.programme.solve().cost

    def slope(self, change: Callable[[Figures, float], None]) -> float | None:
        """Derivative of the margin; None where it differs by side."""
        here, up, down = (self.margin(lambda f, by=by: change(f, by)) for by in (0.0, STEP, -STEP))
        if abs((up - here) - (here - down)) > 1e-9:
            return None
        return (up - here) / STEP


def changes(model: Model, t: int) -> dict[str, Callable[[Figures, float], None]]:
    net = model.layout.net[t]
    balance = model.rows_of("power balance").start + t
    storage = model.rows_of("state of charge").start + t

    def imported(figures: Figures, by: float) -> None:
        figures.upper[net] += by

    def exported(figures: Figures, by: float) -> None:
        figures.lower[net] -= by

    def at_the_bus(figures: Figures, by: float) -> None:
        figures.row_lower[balance] -= by
        figures.row_upper[balance] -= by

    def stored(figures: Figures, by: float) -> None:
        figures.row_lower[storage] += by
        figures.row_upper[storage] += by

    return {
        "import_limit": imported,
        "export_limit": exported,
        "balance": at_the_bus,
        "storage": stored,
    }


@pytest.mark.parametrize("exact", [False, True])
def test_duals_equal_one_sided_changes(*, exact: bool) -> None:
    """Within 1e-6 wherever the programme is not degenerate, and that is often."""
    compared = dict.fromkeys(("import_limit", "export_limit", "balance", "storage"), 0)
    binding = 0
    for seed in range(12):
        problem = problem_of(np.random.default_rng(seed), KIND)
        try:
            plan = (
                solve_exact(problem)
                if exact
                else FastDispatch(problem.site, problem.grid).plan(problem)
            )
        except Infeasible:
            continue
        assert plan.duals is not None
        remaining = Remaining(problem, plan, len(problem.grid) if exact else 1)
        for t in range(len(problem.grid)):
            for name, change in changes(remaining.model, t).items():
                slope = remaining.slope(change)
                if slope is None:
                    continue
                assert getattr(plan.duals, name)[t] == pytest.approx(slope, abs=1e-6), name
                compared[name] += 1
                binding += name == "import_limit" and slope > 1e-3
    assert min(compared.values()) >= 20
    assert binding > 0


def test_limit_that_does_not_bind_is_worth_nothing() -> None:
    problem = problem_of(np.random.default_rng(1), KIND)
    wide = replace(problem, import_cap_mw=np.full(4, 1e4), export_cap_mw=np.full(4, 1e4))
    plan = FastDispatch(wide.site, wide.grid).plan(wide)
    assert plan.duals is not None
    assert set(plan.duals.import_limit) == {0.0}
    assert set(plan.duals.export_limit) == {0.0}
