"""The bounds of the columns: one function a limit, its docstring the equation.

Symbols as in `mara.models.dispatch.constraints`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.models.dispatch.layout import Index

if TYPE_CHECKING:
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.problem import DispatchProblem
    from mara.models.dispatch.standing import Standing

__all__ = [
    "Limit",
    "availability",
    "battery_power",
    "demand",
    "export_limit",
    "import_limit",
    "limits_of",
    "may_stop",
    "stored_energy",
    "waiting_room",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Limit:
    """Bounds of a block of columns; None leaves that side as it is (0 below, no bound above)."""

    name: str
    columns: Index
    lower: Floats | None = None
    upper: Floats | None = None


def import_limit(problem: DispatchProblem, layout: Layout) -> Limit:
    """p[t] <= import cap[t], MW: the connection, or a commitment to the grid if that is less."""
    return Limit(name="import limit", columns=layout.net, upper=problem.import_cap_mw)


def export_limit(problem: DispatchProblem, layout: Layout) -> Limit:
    """p[t] >= -export cap[t], MW."""
    return Limit(name="export limit", columns=layout.net, lower=-problem.export_cap_mw)


def availability(standing: Standing, layout: Layout) -> Limit:
    """u[c, t] <= units in service; where a figure is unknown, units that may not stop yet."""
    return Limit(name="availability", columns=layout.units, upper=standing.most)


def may_stop(standing: Standing, layout: Layout) -> Limit:
    """a[c, j] <= units of the slot that warm up and are past their minimum run."""
    return Limit(name="warming units that may stop", columns=layout.abandoned, upper=standing.loose)


def battery_power(layout: Layout) -> Limit:
    """x[t], y[t] <= the battery's power, MW at the bus."""
    columns = np.concatenate((layout.charge, layout.discharge))
    battery = layout.shape.battery
    power = 0.0 if battery is None else battery.power_mw
    return Limit(name="battery power", columns=columns, upper=np.full(len(columns), power))


def stored_energy(problem: DispatchProblem, layout: Layout) -> Limit:
    """min(floor, e[-1]) <= e[t] <= max(ceiling, e[-1]), MWh.

    A battery found outside its band may stay there, and never goes further out.
    """
    n, battery = len(layout.stored), layout.shape.battery
    now = problem.state.soc_mwh or 0.0
    floor = now if battery is None else min(battery.floor_mwh, now)
    ceiling = now if battery is None else max(battery.ceiling_mwh, now)
    return Limit(
        name="stored energy",
        columns=layout.stored,
        lower=np.full(n, floor),
        upper=np.full(n, ceiling),
    )


def demand(standing: Standing, layout: Layout) -> Limit:
    """v[k, t] <= D[k, t] for tiers that cannot wait, plus at t = 0 what still waits, Mtok."""
    upper = standing.demand_mtok.copy()
    upper[:, :1] += standing.first_mtok.reshape(-1, 1)
    upper[list(layout.deferrable)] = np.inf
    return Limit(name="demand", columns=layout.served, upper=upper)


def waiting_room(standing: Standing, layout: Layout) -> Limit:
    """q[k, t] <= work that has come and is not due by the end of t, Mtok; 0 at the horizon."""
    return Limit(name="longest delay", columns=layout.waiting, upper=standing.room_mtok)


def limits_of(problem: DispatchProblem, standing: Standing, layout: Layout) -> tuple[Limit, ...]:
    """All bounds of the programme, by name."""
    return (
        import_limit(problem, layout),
        export_limit(problem, layout),
        availability(standing, layout),
        may_stop(standing, layout),
        battery_power(layout),
        stored_energy(problem, layout),
        demand(standing, layout),
        waiting_room(standing, layout),
    )
