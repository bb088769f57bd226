"""Two-stage stochastic dispatch: decide the first intervals now, answer each scenario later.

Maximise (1 - w) E[m] + w (E[m in the worst 1 - level]) over decisions of the first intervals that
are the same in all scenarios and later ones that may differ, m the margin of a scenario as
`mara.models.dispatch` plans it. With the margin eta that bounds the tail and shortfalls z >= eta -
m, z >= 0, the tail's mean is eta - E[z] / (1 - level).

Sources: Birge and Louveaux, Introduction to Stochastic Programming (2011), chapter 3; Rockafellar
and Uryasev, Optimization of conditional value-at-risk, Journal of Risk 2 (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from mara.domain.checks import within
from mara.errors import InvalidValue, SolverFailed
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Figures, Model
from mara.models.risk.measures import check_level, tail_weights

if TYPE_CHECKING:
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["RiskAversion", "TwoStage", "solve_two_stage"]

Floats = NDArray[np.float64]
Index = NDArray[np.int64]

_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAversion:
    """Weight of the tail's mean against the mean of all, and the level that begins the tail."""

    weight: float = 0.5
    level: float = 0.9

    def __post_init__(self) -> None:
        within("RiskAversion", "weight", self.weight, 0.0, 1.0)
        check_level("RiskAversion", self.level)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoStage:
    """What is decided now, and what it may lead to.

    `units` (C, k), `charge_mw` and `discharge_mw` (k,) in the k first intervals. `margins_usd`
    (S,) of the scenarios with their `probabilities`. `stored_usd_per_mwh`: what the objective
    gains by one more MWh in store when the first stage ends.
    """

    units: Floats
    charge_mw: Floats
    discharge_mw: Floats
    margins_usd: Floats
    probabilities: Floats
    objective_usd: float
    stored_usd_per_mwh: float
    level: float

    @property
    def expected_usd(self) -> float:
        """Mean margin."""
        return float(self.probabilities @ self.margins_usd)

    @property
    def tail_usd(self) -> float:
        """Mean margin in the worst 1 - level of the scenarios."""
        return float(
            tail_weights(self.margins_usd, self.probabilities, self.level) @ self.margins_usd
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Linked:
    """All scenarios' programmes over shared columns; `place[s]` maps a scenario's columns."""

    model: Model
    figures: tuple[Figures, ...]
    place: tuple[Index, ...]
    columns: int
    probabilities: Floats


def solve_two_stage(
    problems: tuple[DispatchProblem, ...],
    probabilities: Floats,
    *,
    shared: int = 1,
    aversion: RiskAversion | None = None,
) -> TwoStage:
    """Decide the first `shared` intervals under the scenarios that `problems` pose.

    The problems differ in their figures alone: site, state and grid are the same. A linear
    programme: counts are relaxed.

    Raises
    ------
    InvalidValue
        No problem, other shapes, or probabilities that do not match.
    SolverFailed
        No feasible or no optimal point was found; the text names the solver's word.
    """
    chosen = aversion or RiskAversion()
    _check(problems, probabilities, shared)
    linked = _linked(problems, probabilities, shared)
    solution, value = _solved(_programme(linked, chosen))
    return _read(linked, chosen, shared, solution, value)


def _check(problems: tuple[DispatchProblem, ...], probabilities: Floats, shared: int) -> None:
    shapes = {shape_of(p.site, p.grid) for p in problems}
    if len(shapes) != 1 or probabilities.shape != (len(problems),):
        raise InvalidValue(
            f"solve_two_stage: {len(problems)} problems of {len(shapes)} shapes and "
            f"{probabilities.size} probabilities; give problems of one site and grid, one "
            "probability each"
        )
    if abs(float(probabilities.sum()) - 1.0) > 1e-9 or probabilities.min() < 0.0:
        raise InvalidValue(f"solve_two_stage: probabilities sum to {probabilities.sum()}, not to 1")
    if not 1 <= shared <= len(problems[0].grid):
        raise InvalidValue(
            f"solve_two_stage: shared={shared} must be 1 to {len(problems[0].grid)} intervals"
        )


def _linked(problems: tuple[DispatchProblem, ...], probabilities: Floats, shared: int) -> _Linked:
    model = Model(shape_of(problems[0].site, problems[0].grid))
    layout = model.layout
    own = np.ones(layout.columns, dtype=bool)
    own[_first_stage(layout, shared)] = False
    place, columns = [np.arange(layout.columns, dtype=np.int64)], layout.columns
    for _ in problems[1:]:
        at = place[0].copy()
        at[own] = columns + np.arange(int(own.sum()))
        columns += int(own.sum())
        place.append(at)
    return _Linked(
        model=model,
        figures=tuple(model.figures(problem) for problem in problems),
        place=tuple(place),
        columns=columns,
        probabilities=probabilities,
    )


def _first_stage(layout: Layout, shared: int) -> Index:
    """Columns decided now: machines and battery of the first intervals."""
    blocks = [layout.units[:, :shared], layout.starts[:, :shared], layout.stops, layout.abandoned]
    blocks += [layout.charge[:shared], layout.discharge[:shared]]
    return np.concatenate([block.ravel() for block in blocks]).astype(np.int64)


def _programme(linked: _Linked, aversion: RiskAversion) -> highspy.HighsLp:
    """Columns: the scenarios' own and shared ones, then eta, then z of each scenario."""
    size, count = linked.columns, len(linked.figures)
    p, tail = linked.probabilities, 1.0 - aversion.level
    cost = np.zeros(size + 1 + count)
    for figures, place, share in zip(linked.figures, linked.place, p, strict=True):
        np.add.at(cost, place, (1.0 - aversion.weight) * share * figures.cost)
    cost[size] = -aversion.weight
    cost[size + 1 :] = aversion.weight * p / tail
    lp = highspy.HighsLp()
    lp.num_col_ = size + 1 + count
    lp.col_cost_ = cost
    lp.col_lower_, lp.col_upper_ = _column_bounds(linked)
    lp.row_lower_, lp.row_upper_ = _row_bounds(linked)
    matrix = _matrix(linked)
    lp.num_row_ = matrix.shape[0]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data
    return lp


def _column_bounds(linked: _Linked) -> tuple[Floats, Floats]:
    """Bounds of all columns; a shared one is within those of every scenario."""
    size, count = linked.columns, len(linked.figures)
    lower, upper = np.full(size + 1 + count, -np.inf), np.full(size + 1 + count, np.inf)
    for figures, place in zip(linked.figures, linked.place, strict=True):
        lower[place] = np.maximum(lower[place], figures.lower)
        upper[place] = np.minimum(upper[place], figures.upper)
    lower[size + 1 :] = 0.0
    return lower, upper


def _row_bounds(linked: _Linked) -> tuple[Floats, Floats]:
    """Sides of the scenarios' rows, then of z_s - eta - cost_s x >= offset_s."""
    offsets = np.array([figures.offset for figures in linked.figures])
    lower = [*(figures.row_lower for figures in linked.figures), offsets]
    upper = [*(figures.row_upper for figures in linked.figures), np.full(len(offsets), np.inf)]
    return np.concatenate(lower), np.concatenate(upper)


def _matrix(linked: _Linked) -> Any:  # noqa: ANN401
    model, size, count = linked.model, linked.columns, len(linked.figures)
    rows, columns, values = [], [], []
    for s, (figures, place) in enumerate(zip(linked.figures, linked.place, strict=True)):
        paid = np.flatnonzero(figures.cost)
        last = count * model.count_rows + s
        rows += [model.rows + s * model.count_rows, np.full(len(paid) + 2, last)]
        columns += [place[model.columns], place[paid], np.array([size, size + 1 + s])]
        values += [model.values, -figures.cost[paid], np.array([-1.0, 1.0])]
    shape = (count * model.count_rows + count, size + 1 + count)
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csc_matrix(entries, shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Solution:
    columns: Floats
    row_duals: Floats


def _solved(lp: highspy.HighsLp) -> tuple[_Solution, float]:
    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in (("output_flag", False), ("threads", 1), ("time_limit", _SECONDS)):
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    highs.run()
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed(
            f"solve_two_stage: HiGHS ended with {highs.modelStatusToString(status)!r}; keep the "
            "last plan, or give fewer scenarios"
        )
    solution = highs.getSolution()
    found = _Solution(
        columns=np.asarray(solution.col_value), row_duals=np.asarray(solution.row_dual)
    )
    return found, float(highs.getInfo().objective_function_value)


def _read(
    linked: _Linked, aversion: RiskAversion, shared: int, solution: _Solution, cost: float
) -> TwoStage:
    layout, p = linked.model.layout, linked.probabilities
    x = solution.columns
    margins = [
        -(float(figures.cost @ x[place]) + figures.offset)
        for figures, place in zip(linked.figures, linked.place, strict=True)
    ]
    offset = float(p @ np.array([figures.offset for figures in linked.figures]))
    storage = linked.model.rows_of("state of charge")
    ends = np.arange(storage.start, storage.stop)[shared - 1 : shared]
    duals = [solution.row_duals[ends + s * linked.model.count_rows].sum() for s in range(len(p))]
    return TwoStage(
        units=np.maximum(x[layout.units[:, :shared]], 0.0),
        charge_mw=np.maximum(x[layout.charge[:shared]], 0.0),
        discharge_mw=np.maximum(x[layout.discharge[:shared]], 0.0),
        margins_usd=np.array(margins),
        probabilities=p,
        objective_usd=-cost - (1.0 - aversion.weight) * offset,
        stored_usd_per_mwh=-float(np.sum(duals)),
        level=aversion.level,
    )
