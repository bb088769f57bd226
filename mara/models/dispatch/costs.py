"""The objective: one function a flow of money, its docstring the equation; costs are positive.

Symbols as in `mara.models.dispatch.constraints`; z units stopped in the first interval. All
figures in USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind
from mara.models.dispatch.layout import Index
from mara.models.dispatch.problem import dispatched
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from mara.domain import MachineClass
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.problem import DispatchProblem
    from mara.models.dispatch.standing import Standing

__all__ = [
    "Term",
    "class_revenue",
    "energy_cost",
    "missed_penalty",
    "money_of",
    "stability_cost",
    "stored_energy_value",
    "switching_cost",
    "tier_revenue",
    "unit_revenue_usd",
    "wear_cost",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Term:
    """`values` USD for each unit of `columns`, and a `constant` in USD."""

    columns: Index
    values: Floats
    constant: float = 0.0


def energy_cost(problem: DispatchProblem, layout: Layout) -> Term:
    """sum_t price[t] * h[t] * p[t]: imports are paid, exports are paid for, at one price."""
    return Term(columns=layout.net, values=problem.energy_usd_per_mwh * layout.hours)


def unit_revenue_usd(problem: DispatchProblem, layout: Layout) -> Floats:
    """r[c, t]: what a productive unit earns through interval t, shape (C, n).

    A miner earns hash price x hashrate x h; an inference unit on a site without tiers token price
    x throughput x h. With tiers the money comes from served work, so r is zero here.
    """
    rows = [_revenue(problem, machine, layout) for machine in layout.shape.machines]
    return np.array(rows).reshape(len(rows), len(layout.minutes))


def _revenue(problem: DispatchProblem, machine: MachineClass, layout: Layout) -> Floats:
    if not dispatched(problem, machine.kind):
        return np.zeros(len(layout.minutes))
    if machine.kind is MachineKind.MINER:
        per_price = hash_usd_per_h(machine.hashrate_th_s or 0.0, 1.0)
        prices = problem.hash_usd_per_ph_day
    else:
        per_price = 0.0 if layout.shape.tiers else machine.unit_mtok_per_h
        prices = problem.token_usd_per_mtok
    assert prices is not None  # noqa: S101
    return per_price * prices * layout.hours


def class_revenue(problem: DispatchProblem, standing: Standing, layout: Layout) -> Term:
    """-sum_ct r[c, t] * (u - sum_i w[i, t] * s[c, i] + sum_j w[j, t] * a[c, j] - warming)[c, t].

    w: share of interval t in which a unit started in i, or of the slot j, still warms up.
    """
    revenue = unit_revenue_usd(problem, layout)
    lost = [table @ row for table, row in zip(layout.lost, revenue, strict=True)]
    saved = [
        layout.warming(layout.shape.machines[c], -layout.slot_age_min(slot)) @ revenue[c]
        for c, slot in layout.slots
    ]
    return Term(
        columns=np.concatenate((layout.units.ravel(), layout.starts.ravel(), layout.abandoned)),
        values=np.concatenate((-revenue.ravel(), *lost, -np.asarray(saved, dtype=np.float64))),
        constant=float((revenue * standing.warming).sum()),
    )


def switching_cost(layout: Layout) -> Term:
    """sum_ct switch cost[c] * s[c, t]."""
    cost = np.array([m.switch_cost_usd for m in layout.shape.machines])
    return Term(columns=layout.starts.ravel(), values=np.repeat(cost, len(layout.minutes)))


def stability_cost(problem: DispatchProblem, layout: Layout) -> Term:
    """B * sum_c P[c] * (sum_t s[c, t] + z[c]): b USD for each MW switched; not money that flows."""
    cost = np.array([m.unit_mw for m in layout.shape.machines]) * problem.stability_usd_per_mw
    return Term(
        columns=np.concatenate((layout.starts.ravel(), layout.stops)),
        values=np.concatenate((np.repeat(cost, len(layout.minutes)), cost)),
    )


def tier_revenue(problem: DispatchProblem, layout: Layout) -> Term:
    """-sum_kt factor[k] * token price[t] * v[k, t]: work is paid when it is served."""
    factor = np.array([t.price_factor for t in layout.shape.tiers])
    token = problem.token_usd_per_mtok
    prices = np.zeros(len(layout.minutes)) if token is None else token
    return Term(columns=layout.served.ravel(), values=-np.outer(factor, prices).ravel())


def missed_penalty(standing: Standing, layout: Layout) -> Term:
    """sum_kt penalty[k] * m[k, t]; for tiers that cannot wait m = D - v."""
    penalty = np.array([t.penalty_usd_per_mtok for t in layout.shape.tiers])
    waits = list(layout.deferrable)
    prompt = penalty.copy()
    prompt[waits] = 0.0
    n = len(layout.minutes)
    return Term(
        columns=np.concatenate((layout.missed.ravel(), layout.served.ravel())),
        values=np.concatenate((np.repeat(penalty[waits], n), -np.repeat(prompt, n))),
        constant=float(prompt @ (standing.demand_mtok.sum(axis=1) + standing.first_mtok)),
    )


def wear_cost(layout: Layout) -> Term:
    """sum_t wear * h[t] * y[t]."""
    battery = layout.shape.battery
    wear = 0.0 if battery is None else battery.wear_usd_per_mwh
    columns = layout.discharge
    return Term(columns=columns, values=wear * layout.hours[: len(columns)])


def stored_energy_value(problem: DispatchProblem, layout: Layout) -> Term:
    """-v * (e[n-1] - e[-1]): energy gained over the horizon, at its cautious value."""
    worth, last = problem.terminal_usd_per_mwh, layout.stored[-1:]
    constant = worth * (problem.state.soc_mwh or 0.0) if len(last) else 0.0
    return Term(columns=last, values=np.full(len(last), -worth), constant=constant)


def money_of(
    problem: DispatchProblem, standing: Standing, layout: Layout
) -> tuple[tuple[Term, ...], Term]:
    """All terms that are money, and the one that only steadies the plan."""
    money = (
        energy_cost(problem, layout),
        class_revenue(problem, standing, layout),
        switching_cost(layout),
        tier_revenue(problem, layout),
        missed_penalty(standing, layout),
        wear_cost(layout),
        stored_energy_value(problem, layout),
    )
    return money, stability_cost(problem, layout)
