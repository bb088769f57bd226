"""The rows of the programme: one function a constraint, its docstring the equation.

Symbols, all by interval t of length h[t] hours: u units on and s units started (machine class c),
p net import, x charge and y discharge in MW at the bus, e energy in store at the interval's end,
v served, m missed and q waiting work in Mtok (tier k).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind
from mara.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.problem import DispatchProblem
    from mara.models.dispatch.standing import Standing

__all__ = [
    "Rows",
    "first_stops",
    "inference_capacity",
    "minimum_run",
    "power_balance",
    "ramp",
    "state_of_charge",
    "unit_count",
    "waiting_work",
]

Floats = NDArray[np.float64]
Entry = tuple[int, int, float]
Limits = Callable[["DispatchProblem", "Standing"], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """A block of rows: fixed coefficients (row, column, value), limits that follow the tick."""

    name: str
    count: int
    entries: tuple[Entry, ...]
    limits: Limits


def power_balance(layout: Layout) -> Rows:
    """p[t] + y[t] - x[t] - sum_c P[c] * u[c, t] = 0, in MW.

    Import and discharge feed export, charging and machines; P is a unit's power with its cooling.
    """
    n = len(layout.minutes)
    entries = [(t, int(layout.net[t]), 1.0) for t in range(n)]
    for c, machine in enumerate(layout.shape.machines):
        entries += [(t, int(layout.units[c, t]), -machine.unit_mw) for t in range(n)]
    for t in range(len(layout.stored)):
        entries += [(t, int(layout.discharge[t]), 1.0), (t, int(layout.charge[t]), -1.0)]
    zero = np.zeros(n)
    return Rows(
        name="power balance", count=n, entries=tuple(entries), limits=lambda _p, _s: (zero, zero)
    )


def unit_count(layout: Layout) -> Rows:
    """u[c, t] - u[c, t-1] - s[c, t] <= 0; at t = 0: u[c, 0] - s[c, 0] + sum_j a[c, j] <= on[c].

    More units on than before have been started; a are warming units switched off at once, which
    leave the units on now.
    """
    classes, n = layout.units.shape
    entries: list[Entry] = []
    for c in range(classes):
        for t in range(n):
            row = c * n + t
            entries += [(row, int(layout.units[c, t]), 1.0), (row, int(layout.starts[c, t]), -1.0)]
            if t:
                entries.append((row, int(layout.units[c, t - 1]), -1.0))
    for i, (c, _) in enumerate(layout.slots):
        entries.append((c * n, int(layout.abandoned[i]), 1.0))
    lower = np.full(classes * n, -np.inf)

    def limits(_: DispatchProblem, standing: Standing) -> tuple[Floats, Floats]:
        upper = np.zeros((classes, n))
        upper[:, 0] = standing.units_on
        return lower, upper.ravel()

    return Rows(name="unit count", count=classes * n, entries=tuple(entries), limits=limits)


def first_stops(layout: Layout) -> Rows:
    """z[c] + u[c, 0] >= on[c]: units switched off in the first interval, which cost stability."""
    classes = len(layout.stops)
    entries: list[Entry] = []
    for c in range(classes):
        entries += [(c, int(layout.stops[c]), 1.0), (c, int(layout.units[c, 0]), 1.0)]
    upper = np.full(classes, np.inf)
    return Rows(
        name="first stops",
        count=classes,
        entries=tuple(entries),
        limits=lambda _, standing: (standing.units_on, upper),
    )


def minimum_run(layout: Layout) -> Rows:
    """u[c, t] >= sum of s[c, i] that must not stop yet + held[c, t] - sum_j a[c, j] that count.

    A start of interval i binds in t > i while start(t) < start(i) + max(minimum run, warm-up);
    held are units on now that their own start still binds. There is a row for t = 0, and for
    each later t in which an earlier start can bind.
    """
    entries: list[Entry] = []
    places: list[tuple[int, int]] = []
    for c in range(len(layout.shape.machines)):
        for t, binding, gone in _bound_intervals(layout, c):
            row = len(places)
            places.append((c, t))
            entries.append((row, int(layout.units[c, t]), 1.0))
            entries += [(row, int(layout.starts[c, i]), -1.0) for i in binding]
            entries += [(row, int(layout.abandoned[j]), 1.0) for j in gone]
    rows = np.array(places, dtype=np.int64).reshape(-1, 2)
    upper = np.full(len(places), np.inf)
    return Rows(
        name="minimum run",
        count=len(places),
        entries=tuple(entries),
        limits=lambda _, standing: (standing.held[rows[:, 0], rows[:, 1]], upper),
    )


def _bound_intervals(layout: Layout, c: int) -> Iterator[tuple[int, list[int], list[int]]]:
    """Yield the intervals in which starts bind class `c`, with those starts and warm-up slots."""
    machine = layout.shape.machines[c]
    hold = max(machine.min_run_min, machine.warm_up_min)
    starts = np.array([layout.locked(hold, float(o)) for o in layout.offsets])
    slots = {
        j: layout.locked(hold, -layout.slot_age_min(slot))
        for j, (owner, slot) in enumerate(layout.slots)
        if owner == c
    }
    for t in range(len(layout.minutes)):
        earlier = [i for i in range(t) if starts[i, t]]
        if earlier or t == 0:
            yield t, [*earlier, t], [j for j, locked in slots.items() if locked[t]]


def state_of_charge(layout: Layout) -> Rows:
    """e[t] - e[t-1] - nc * h[t] * x[t] + h[t] * y[t] / nd = 0, with e[-1] the energy now, MWh.

    nc, nd: one-way efficiencies of charge and discharge.
    """
    n, battery = len(layout.stored), layout.shape.battery
    entries: list[Entry] = []
    for t in range(n):
        assert battery is not None  # noqa: S101
        h = float(layout.hours[t])
        entries += [
            (t, int(layout.stored[t]), 1.0),
            (t, int(layout.charge[t]), -battery.charge_efficiency * h),
            (t, int(layout.discharge[t]), h / battery.discharge_efficiency),
        ]
        if t:
            entries.append((t, int(layout.stored[t - 1]), -1.0))

    def limits(problem: DispatchProblem, _: Standing) -> tuple[Floats, Floats]:
        level = np.zeros(n)
        level[:1] = problem.state.soc_mwh or 0.0
        return level, level

    return Rows(name="state of charge", count=n, entries=tuple(entries), limits=limits)


def inference_capacity(layout: Layout) -> Rows:
    """sum_k v[k, t] <= h[t] * sum_c g[c] * (u - sum_i w s[c, i] + sum_j w a[c, j] - warming)[c, t].

    g: Mtok/h of a unit; w: share of interval t in which a unit started in i, or of the slot j,
    still warms up.
    """
    n, h = len(layout.minutes), layout.hours
    entries = [(t, int(col), 1.0) for row in layout.served for t, col in enumerate(row)]
    output = np.zeros(len(layout.shape.machines))
    for c, machine in enumerate(layout.shape.machines):
        if machine.kind is not MachineKind.INFERENCE or not layout.shape.tiers:
            continue
        output[c] = machine.unit_mtok_per_h
        gain = output[c] * h
        entries += [(t, int(layout.units[c, t]), -float(gain[t])) for t in range(n)]
        for i in range(n):
            entries += _weighted(layout.starts[c, i], layout.lost[c][i], gain)
        for j, (owner, slot) in enumerate(layout.slots):
            if owner == c:
                lost = layout.warming(machine, -layout.slot_age_min(slot))
                entries += _weighted(layout.abandoned[j], lost, -gain)
    count = n if layout.shape.tiers else 0
    lower = np.full(count, -np.inf)
    return Rows(
        name="inference capacity",
        count=count,
        entries=tuple(entries),
        limits=lambda _, standing: (lower, -(h * (output @ standing.warming))[:count]),
    )


def _weighted(column: np.int32, share: Floats, gain: Floats) -> list[Entry]:
    return [(int(t), int(column), float(share[t] * gain[t])) for t in np.flatnonzero(share)]


def waiting_work(layout: Layout) -> Rows:
    """q[k, t] - q[k, t-1] + v[k, t] + m[k, t] = D[k, t], with q[k, -1] the work waiting now, Mtok.

    D: new demand of a tier that may wait. Its due times bound q (earliest due is served first).
    """
    tiers, n = layout.waiting.shape
    entries: list[Entry] = []
    for d, k in enumerate(layout.deferrable):
        for t in range(n):
            row = d * n + t
            columns = (layout.waiting[d, t], layout.served[k, t], layout.missed[d, t])
            entries += [(row, int(column), 1.0) for column in columns]
            if t:
                entries.append((row, int(layout.waiting[d, t - 1]), -1.0))
    own = list(layout.deferrable)

    def limits(_: DispatchProblem, standing: Standing) -> tuple[Floats, Floats]:
        work = standing.demand_mtok[own]
        work[:, :1] += standing.first_mtok[own].reshape(-1, 1)
        return work.ravel(), work.ravel()

    return Rows(name="waiting work", count=tiers * n, entries=tuple(entries), limits=limits)


def ramp(layout: Layout) -> Rows:
    """|p[t] - p[t-1]| <= R * (h[t-1] + h[t]) / 2 * 60, with p[-1] the net import now, MW.

    R: MW a minute; the first step has the length of the first interval.
    """
    rate = layout.shape.ramp_mw_per_min
    n = 0 if rate is None else len(layout.minutes)
    entries: list[Entry] = []
    for t in range(n):
        entries.append((t, int(layout.net[t]), 1.0))
        if t:
            entries.append((t, int(layout.net[t - 1]), -1.0))
    before = np.concatenate((layout.hours[:1], layout.hours[:-1]))
    step = (rate or 0.0) * MINUTES_PER_HOUR * (before + layout.hours)[:n] / 2.0

    def limits(problem: DispatchProblem, _: Standing) -> tuple[Floats, Floats]:
        now = np.zeros(n)
        now[:1] = problem.state.import_mw - problem.state.export_mw
        return now - step, now + step

    return Rows(name="ramp", count=n, entries=tuple(entries), limits=limits)
