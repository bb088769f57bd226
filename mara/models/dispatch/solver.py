"""HiGHS holding one programme: built once, then only costs, bounds and sides change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from mara.errors import SolverFailed

if TYPE_CHECKING:
    from mara.models.dispatch.layout import Index
    from mara.models.dispatch.model import Figures, Model

__all__ = ["Answer", "Budget", "NoFeasiblePoint", "Programme", "ShadowPrices"]

Floats = NDArray[np.float64]

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "presolve": "off",
    "solver": "simplex",
    # Re-solves from a near basis: perturbed costs and steepest-edge weights cost more than they
    # save here (measured by bench/dispatch.py on the demo site).
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    "simplex_dual_edge_weight_strategy": 1,
}

_USABLE = (
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kInterrupt,
)
_NO_POINT = (
    highspy.HighsModelStatus.kInfeasible,
    highspy.HighsModelStatus.kUnboundedOrInfeasible,
)


class NoFeasiblePoint(Exception):  # noqa: N818
    """The programme has no feasible point; the caller says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """When to stop: by proven gap and by nodes or iterations first, by time in the last resort."""

    relative_gap: float = 1e-9
    nodes: int = 200_000
    iterations: int = 100_000
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """Columns, with their cost and a proven lower bound of the cost."""

    values: Floats
    cost: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShadowPrices:
    """Derivatives of the cost: by a column's active bound, and by a row's active side."""

    columns: Floats
    rows: Floats


class Programme:
    """One HiGHS instance for a model; not to be shared by threads."""

    def __init__(self, model: Model, figures: Figures, *, budget: Budget) -> None:
        self.model = model
        self._columns = np.arange(model.layout.columns, dtype=np.int32)
        self._rows = np.arange(model.count_rows, dtype=np.int32)
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in _OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._set_budget(budget)
        self._highs.passModel(_as_lp(model, figures))
        self._cost = figures.cost.copy()
        self._lower, self._upper = figures.lower.copy(), figures.upper.copy()
        self._row_lower, self._row_upper = figures.row_lower.copy(), figures.row_upper.copy()

    def _set_budget(self, budget: Budget) -> None:
        self._highs.setOptionValue("mip_rel_gap", budget.relative_gap)
        self._highs.setOptionValue("mip_abs_gap", 1e-9)
        self._highs.setOptionValue("mip_max_nodes", budget.nodes)
        self._highs.setOptionValue("simplex_iteration_limit", budget.iterations)
        self._seconds = budget.seconds

    def load(self, figures: Figures) -> None:
        """Set costs, bounds and sides; what is set already is not sent again."""
        self._set_costs(figures.cost)
        moved = self._columns[(figures.lower != self._lower) | (figures.upper != self._upper)]
        self.bound(moved, figures.lower[moved], figures.upper[moved])
        rows = self._rows[
            (figures.row_lower != self._row_lower) | (figures.row_upper != self._row_upper)
        ]
        low, high = figures.row_lower[rows], figures.row_upper[rows]
        self._highs.changeRowsBounds(len(rows), rows, low, high)
        self._row_lower[rows], self._row_upper[rows] = low, high

    def _set_costs(self, cost: Floats) -> None:
        moved = self._columns[cost != self._cost]
        self._highs.changeColsCost(len(moved), moved, cost[moved])
        self._cost[moved] = cost[moved]

    def bound(self, columns: Index, lower: Floats, upper: Floats) -> None:
        """Set the bounds of some columns."""
        self._highs.changeColsBounds(len(columns), columns, lower, upper)
        self._lower[columns], self._upper[columns] = lower, upper

    def integral(self, columns: Index) -> None:
        """Let `columns` take whole numbers only; presolve pays for such a programme."""
        kinds = np.full(len(columns), highspy.HighsVarType.kInteger.value, dtype=np.uint8)
        self._highs.changeColsIntegrality(len(columns), columns, kinds)
        self._highs.setOptionValue("presolve", "choose")
        self._highs.setOptionValue("solver", "choose")

    def add_switches(self, pairs: Index, most: float) -> None:
        """Let only one column of each pair (shape (n, 2)) be above zero.

        For each pair (x, y) a whole b in {0, 1}: x - most * b <= 0 and y + most * b <= most.
        """
        for x, y in pairs.tolist():
            switch = self._highs.getNumCol()
            self._highs.addVar(0.0, 1.0)
            self._highs.changeColIntegrality(switch, highspy.HighsVarType.kInteger)
            self._add_row(0.0, [x, switch], [1.0, -most])
            self._add_row(most, [y, switch], [1.0, most])

    def _add_row(self, upper: float, columns: list[int], values: list[float]) -> None:
        self._highs.addRow(
            -highspy.kHighsInf, upper, len(columns), np.array(columns), np.array(values)
        )

    def start_from(self, basis: Any) -> None:  # noqa: ANN401
        """Forget the last solve and start the next from `basis`, as `basis_found` gave it."""
        self._highs.clearSolver()
        self._highs.setBasis(basis)

    def basis_found(self) -> Any:  # noqa: ANN401
        """Give the basis of the last solve."""
        return self._highs.getBasis()

    def solve(self) -> Answer:
        """Solve what is loaded.

        Raises
        ------
        NoFeasiblePoint
            Nothing satisfies bounds and rows.
        SolverFailed
            A limit came before any usable answer, or the numbers failed.
        """
        # HiGHS counts its limit from the first run of the instance on.
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + self._seconds)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status in _NO_POINT:
            raise NoFeasiblePoint
        info = self._highs.getInfo()
        feasible = info.primal_solution_status == highspy.kSolutionStatusFeasible
        proven = status == highspy.HighsModelStatus.kOptimal
        if not (feasible and (proven or status in _USABLE)):
            text = self._highs.modelStatusToString(status)
            raise SolverFailed(
                f"dispatch: HiGHS ended with {text!r} and no usable plan; keep the last plan, or "
                "raise the budget's nodes, iterations or seconds"
            )
        cost = info.objective_function_value
        mixed = info.mip_node_count >= 0
        return Answer(
            values=np.asarray(self._highs.getSolution().col_value)[: len(self._columns)],
            cost=cost,
            bound=info.mip_dual_bound if mixed else cost,
        )

    def shadow_prices(self) -> ShadowPrices:
        """Give the duals of the last solve, of a programme without whole columns."""
        solution = self._highs.getSolution()
        return ShadowPrices(
            columns=np.asarray(solution.col_dual), rows=np.asarray(solution.row_dual)
        )


def _as_lp(model: Model, figures: Figures) -> highspy.HighsLp:
    size = (model.count_rows, model.layout.columns)
    matrix = csc_matrix((model.values, (model.rows, model.columns)), shape=size)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = figures.cost, figures.lower, figures.upper
    lp.row_lower_, lp.row_upper_ = figures.row_lower, figures.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr
    lp.a_matrix_.index_ = matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return lp
