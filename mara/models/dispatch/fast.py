"""The fast form: a relaxation, its first interval made whole, solved again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.errors import InvalidValue
from mara.models.dispatch.diagnosis import infeasible
from mara.models.dispatch.exact import solve_whole
from mara.models.dispatch.forced import Forced, forced_figures
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Figures, Model
from mara.models.dispatch.planning import Found, Solved, plan_of
from mara.models.dispatch.reference import reference_problem
from mara.models.dispatch.rounding import closed_directions, one_way, rounded_counts
from mara.models.dispatch.solver import Answer, Budget, NoFeasiblePoint, Programme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mara.domain import Plan, Site
    from mara.models.dispatch.grid import Grid
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Best", "FastDispatch"]

Floats = NDArray[np.float64]

_MOST_LOSS = 1e-4
"""Share of the objective that rounding may lose before the first counts are searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The option of least loss, by its `index`."""

    index: int
    solved: Solved


class FastDispatch:
    """One HiGHS model for a site and a grid of interval lengths, kept from tick to tick.

    A tick changes costs, bounds and sides only. It starts from the basis of the tick before; at
    the full hour, after a gap and at first from that of a fixed reference. So the same ticks from
    a full hour on give the same plans, bit for bit, and a tick planned again gives its plan again.
    Not to be shared by threads; HiGHS releases the interpreter while it solves.
    """

    def __init__(self, site: Site, grid: Grid, *, budget: Budget | None = None) -> None:
        self._budget = budget or Budget(relative_gap=1e-6, nodes=500, seconds=2.0)
        self._model = Model(shape_of(site, grid))
        figures = self._model.figures(reference_problem(site, grid))
        self._programme = Programme(self._model, figures, budget=self._budget)
        self._programme.solve()
        self._reference = self._programme.basis_found()
        self._start = self._reference
        self._found = self._reference
        self._at: datetime | None = None

    def fits(self, problem: DispatchProblem) -> bool:
        """Tell whether `problem` has the machines, battery, tiers and grid of this model."""
        return shape_of(problem.site, problem.grid) == self._model.layout.shape

    def plan(self, problem: DispatchProblem) -> Plan:
        """Plan `problem`: the first interval's counts are whole, the later ones relaxed.

        Raises
        ------
        InvalidValue
            The problem is of another shape: make a new FastDispatch.
        Infeasible
            No plan satisfies the constraints; the error names those in conflict.
        SolverFailed
            A limit came before any usable plan.
        """
        return self.solve(problem).plan

    def solve(self, problem: DispatchProblem, forced: Forced | None = None) -> Solved:
        """Do as `plan`, with the objective, and with the first interval forced where asked."""
        figures = self._figures(problem, forced)
        try:
            return self._solved(problem, figures, self._start)
        except NoFeasiblePoint:
            raise infeasible(problem, self._model, figures) from None

    def best_forced(self, problem: DispatchProblem, options: Sequence[Forced]) -> Best | None:
        """Find the best plan whose first interval is forced in one of the ways of `options`.

        A way whose relaxation is no better than the best plan yet is left; one that is infeasible
        is none. Gives None where no way is left.
        """
        plain, start = self._figures(problem, None), self._found
        best: Best | None = None
        for index, forced in enumerate(options):
            figures = forced_figures(plain, self._model.layout, forced)
            floor = -np.inf if best is None else best.solved.objective_usd
            solved = self._better(problem, figures, start, floor)
            if solved is not None:
                best = Best(index=index, solved=solved)
        return best

    def _better(
        self, problem: DispatchProblem, figures: Figures, start: object, floor_usd: float
    ) -> Solved | None:
        try:
            relaxed = self._relaxed(figures, start)
            if -(relaxed.cost + figures.offset) <= floor_usd:
                return None
            found = self._found_from(problem, figures, relaxed, np.inf)
        except NoFeasiblePoint:
            return None
        solved = plan_of(problem, self._model, figures, found)
        return solved if solved.objective_usd > floor_usd else None

    def _figures(self, problem: DispatchProblem, forced: Forced | None) -> Figures:
        if not self.fits(problem):
            raise InvalidValue(
                f"FastDispatch: problem of site {problem.site.site_id} has another shape than the "
                "model; make a new FastDispatch for it"
            )
        self._move_to(problem.grid)
        figures = self._model.figures(problem)
        if forced is None:
            return figures
        return forced_figures(figures, self._model.layout, forced)

    def _solved(self, problem: DispatchProblem, figures: Figures, start: object) -> Solved:
        relaxed = self._relaxed(figures, start)
        self._found = self._programme.basis_found()
        found = self._found_from(problem, figures, relaxed, _MOST_LOSS)
        return plan_of(problem, self._model, figures, found)

    def _move_to(self, grid: Grid) -> None:
        """Choose the basis to start from: a tick planned again starts as it did before."""
        if self._at == grid.at:
            return
        step = timedelta(minutes=grid.minutes[0])
        follows = self._at is not None and self._at + step == grid.at and grid.at.minute != 0
        self._start = self._found if follows else self._reference
        self._at = grid.at

    def _relaxed(self, figures: Figures, start: object) -> Answer:
        self._programme.load(figures)
        self._programme.start_from(start)
        return self._programme.solve()

    def _found_from(
        self, problem: DispatchProblem, figures: Figures, relaxed: Answer, most_loss: float
    ) -> Found:
        """Round; where that fails, or loses more than `most_loss`, search the first counts."""
        answer = self._whole(problem, relaxed)
        if answer is None:
            return self._searched(problem, figures, relaxed)
        rounded = Found(
            answer=replace(answer, bound=relaxed.cost),
            prices=self._programme.shadow_prices(),
            method="relaxed (first counts rounded, HiGHS)",
        )
        value = abs(answer.cost + figures.offset)
        if answer.cost - relaxed.cost <= most_loss * max(value, 1.0):
            return rounded
        searched = self._searched(problem, figures, relaxed)
        return searched if searched.answer.cost < answer.cost else rounded

    def _searched(self, problem: DispatchProblem, figures: Figures, relaxed: Answer) -> Found:
        """Branch on the first counts."""
        found = solve_whole(problem, self._model, figures, 1, self._budget)
        return Found(
            answer=replace(found.answer, bound=relaxed.cost),
            prices=found.prices,
            method="first counts mixed-integer (HiGHS)",
        )

    def _whole(self, problem: DispatchProblem, relaxed: Answer) -> Answer | None:
        """Solve with rounded counts and one direction of the battery; None where none is found."""
        layout = self._model.layout
        counts = rounded_counts(problem, layout, relaxed.values)
        self._programme.bound(layout.units[:, 0], counts, counts)
        closed = closed_directions(problem, layout, relaxed.values, 1)
        none = np.zeros(len(closed))
        self._programme.bound(closed, none, none)
        try:
            answer = self._programme.solve()
        except NoFeasiblePoint:
            return None
        return answer if one_way(layout, answer.values) else None
