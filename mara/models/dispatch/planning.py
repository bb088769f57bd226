"""From an answer of the solver to a plan with its duals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import Duals, Plan, Schedule
from mara.models.dispatch.solver import Answer, ShadowPrices

if TYPE_CHECKING:
    from mara.models.dispatch.model import Figures, Model
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Found", "Solved", "duals_of", "plan_of"]

Floats = NDArray[np.float64]

_DUST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A plan and what the optimiser compares: margin less the stability price, in USD."""

    plan: Plan
    objective_usd: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """A solved programme: its `answer.bound` proves the gap, `prices` are its duals."""

    answer: Answer
    prices: ShadowPrices
    method: str


def plan_of(problem: DispatchProblem, model: Model, figures: Figures, found: Found) -> Solved:
    """Read a plan out of what was found, whose counts of the first interval are whole."""
    layout, answer = model.layout, found.answer
    x = answer.values
    objective = -(answer.cost + figures.offset)
    best = -(answer.bound + figures.offset)
    net = _clean(x[layout.net])
    plan = Plan(
        site_id=problem.site.site_id,
        issued_at=problem.grid.at,
        starts=problem.grid.starts,
        hours=problem.grid.hours,
        units=_units(model, x),
        charge_mw=_flow(layout.charge, x, len(layout.net)),
        discharge_mw=_flow(layout.discharge, x, len(layout.net)),
        import_mw=tuple(np.maximum(net, 0.0).tolist()),
        export_mw=tuple(np.maximum(-net, 0.0).tolist()),
        soc_mwh=tuple(np.maximum(x[layout.stored], 0.0).tolist()),
        served=_served(model, x),
        expected_margin_usd=objective + float(figures.steadying @ x),
        method=found.method,
        gap=max(best - objective, 0.0) / max(abs(objective), 1.0),
        duals=duals_of(model, found.prices),
    )
    return Solved(plan=plan, objective_usd=objective)


def duals_of(model: Model, prices: ShadowPrices) -> Duals:
    """Shadow prices of the programme solved.

    Law: with the cost's derivative c' by a side, the margin's is -c'. One more MW of import moves
    an upper bound up, of export a lower bound down, one more MW at the bus the balance's side
    down, one more MWh in store the state of charge's side up.
    """
    layout = model.layout
    reduced = prices.columns[layout.net]
    balance = prices.rows[model.rows_of("power balance")]
    storage = prices.rows[model.rows_of("state of charge")]
    return Duals(
        import_limit=tuple(np.maximum(-reduced, 0.0).tolist()),
        export_limit=tuple(np.maximum(reduced, 0.0).tolist()),
        balance=tuple(balance.tolist()),
        storage=tuple((-storage).tolist()),
    )


def _clean(values: Floats) -> Floats:
    return np.where(np.abs(values) < _DUST, 0.0, values)


def _flow(columns: NDArray[np.int32], x: Floats, n: int) -> tuple[float, ...]:
    if not len(columns):
        return (0.0,) * n
    return tuple(np.maximum(_clean(x[columns]), 0.0).tolist())


def _units(model: Model, x: Floats) -> tuple[Schedule, ...]:
    names = [machine.name for machine in model.layout.shape.machines]
    counts = np.maximum(_clean(x[model.layout.units]), 0.0)
    counts[:, 0] = np.round(counts[:, 0])
    return tuple(
        Schedule(name=name, values=tuple(row))
        for name, row in zip(names, counts.tolist(), strict=True)
    )


def _served(model: Model, x: Floats) -> tuple[Schedule, ...]:
    layout = model.layout
    rates = np.maximum(x[layout.served], 0.0) / layout.hours
    return tuple(
        Schedule(name=tier.name, values=tuple(row))
        for tier, row in zip(layout.shape.tiers, rates.tolist(), strict=True)
    )
