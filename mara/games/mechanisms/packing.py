"""Which of many bundles fit together and are worth most: branch and bound over HiGHS's relaxations.

On auctions the relaxation is nearly whole, so a few dozen warm-started linear programmes with
reduced-cost fixing settle what a general mixed-integer solver spends seconds of cuts on. Where they
do not (many equal bundles in one knapsack), the general solver takes over.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from mara.errors import SolverFailed

__all__ = ["Chosen", "Floats", "Packing"]

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 1e-9,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
_RELAXED_OPTIONS: dict[str, Any] = {"presolve": "off", "solver": "simplex"}
_SLACK = 1e-10
_WHOLE = 1e-7
_NODES = 2_000
_TRIED = 60


@dataclass(slots=True)
class _Search:
    """The best packing so far, and the open nodes as (-bound, number, lower, upper)."""

    values: Floats
    chosen: Chosen
    best: float
    nodes: int = 0
    heap: list[tuple[float, int, Floats, Floats]] = field(default_factory=list)

    def improve(self, chosen: Chosen) -> None:
        """Keep `chosen` where it is worth more."""
        worth = float(self.values[chosen].sum())
        if worth > self.best:
            self.best, self.chosen = worth, chosen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Relaxed:
    """Optimum of a node's linear programme."""

    bound: float
    x: Floats
    reduced: Floats


class Packing:
    """max values @ x subject to shares @ x <= 1, x in {0, 1}; `shares` has one row a resource."""

    def __init__(self, shares: Floats, *, seconds: float) -> None:
        self._shares, self._seconds = shares, seconds
        self._columns = np.arange(shares.shape[1], dtype=np.int32)
        self._highs = _highs(shares)
        for name, value in _RELAXED_OPTIONS.items():
            self._highs.setOptionValue(name, value)

    def solve(self, values: Floats, allowed: Chosen, start: Chosen) -> Chosen:
        """Give the best packing of the `allowed` columns, from a feasible `start`.

        `values` are of order one: optimality is proven to within 1e-10.

        Raises
        ------
        SolverFailed
            Time ran out first.
        """
        search = _Search(values=values, chosen=start, best=float(values[start].sum()))
        self._highs.changeColsCost(len(values), self._columns, values)
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + self._seconds)
        search.heap.append((-np.inf, 0, np.zeros(len(values)), allowed.astype(np.float64)))
        while search.heap and -search.heap[0][0] > search.best + _SLACK:
            if search.nodes >= _NODES:
                return self._by_general_solver(values, allowed)
            _, _, lower, upper = heapq.heappop(search.heap)
            self._dive(search, lower, upper)
        return search.chosen

    def _dive(self, search: _Search, lower: Floats, upper: Floats) -> None:
        """Accept one open column after another, leaving each refusal for later."""
        while (found := self._relax(lower, upper)) and found.bound > search.best + _SLACK:
            search.nodes += 1
            open_ = np.abs(found.x - np.round(found.x))
            if open_.max() < _WHOLE:
                search.improve(found.x > 0.5)
                return
            search.improve(self._rounded(search.values, found.x, upper))
            lower, upper = _fixed(found, search.best, lower, upper)
            column, refused = int(np.argmax(open_ * search.values)), upper.copy()
            refused[column] = 0.0
            heapq.heappush(search.heap, (-found.bound, search.nodes, lower.copy(), refused))
            lower[column] = 1.0

    def _relax(self, lower: Floats, upper: Floats) -> _Relaxed | None:
        """Solve the linear programme between the bounds; None where nothing fits."""
        self._highs.changeColsBounds(len(lower), self._columns, lower, upper)
        if not _solved(self._highs):
            return None
        solution = self._highs.getSolution()
        return _Relaxed(
            bound=self._highs.getInfo().objective_function_value,
            x=np.asarray(solution.col_value),
            reduced=np.asarray(solution.col_dual),
        )

    def _rounded(self, values: Floats, x: Floats, upper: Floats) -> Chosen:
        """Pack greedily, largest share of the relaxation first."""
        chosen, load = np.zeros(len(x), dtype=np.bool_), np.zeros(len(self._shares))
        ranked = np.argsort(-(x + 1e-6 * values), kind="stable")
        for column in ranked[upper[ranked] > 0.0][:_TRIED].tolist():
            filled = load + self._shares[:, column]
            if filled.max() <= 1.0 + _SLACK:
                chosen[column], load = True, filled
        return chosen

    def _by_general_solver(self, values: Floats, allowed: Chosen) -> Chosen:
        highs = _highs(self._shares)
        highs.setOptionValue("time_limit", self._seconds)
        count = len(values)
        highs.changeColsCost(count, self._columns, values)
        highs.changeColsBounds(count, self._columns, np.zeros(count), allowed.astype(np.float64))
        kinds = np.full(count, highspy.HighsVarType.kInteger.value, dtype=np.uint8)
        highs.changeColsIntegrality(count, self._columns, kinds)
        _solved(highs)
        return np.asarray(highs.getSolution().col_value) > 0.5


def _highs(shares: Floats) -> Any:  # noqa: ANN401
    """Load the rows; costs and bounds come with each solve."""
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in _OPTIONS.items():
        highs.setOptionValue(name, value)
    for _ in range(shares.shape[1]):
        highs.addVar(0.0, 1.0)
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    for row in shares:
        used = np.flatnonzero(row).astype(np.int32)
        highs.addRow(-highspy.kHighsInf, 1.0, len(used), used, row[used])
    return highs


def _solved(highs: Any) -> bool:  # noqa: ANN401
    """Run HiGHS: True at an optimum, False where no point is feasible."""
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return True
    if status == highspy.HighsModelStatus.kInfeasible:
        return False
    raise SolverFailed(
        f"auction: HiGHS ended with {highs.modelStatusToString(status)!r} before the best bids were "
        "proven; give it more seconds or fewer bids"
    )


def _fixed(found: _Relaxed, best: float, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Fix the columns whose change would cost more than the bound has over the best."""
    room = found.bound - best
    out = (found.x < _SLACK) & (found.reduced <= -room) & (lower < 0.5)
    sure = (found.x > 1.0 - _SLACK) & (found.reduced >= room) & (upper > 0.5)
    return np.where(sure, 1.0, lower), np.where(out, 0.0, upper)
