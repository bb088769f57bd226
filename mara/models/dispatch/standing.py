"""What the past leaves: units on, units that must stay, units that warm up, work that waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind, Start
from mara.models.dispatch.problem import dispatched

if TYPE_CHECKING:
    from datetime import datetime

    from mara.domain import ClassState, MachineClass
    from mara.models.dispatch.layout import Layout
    from mara.models.dispatch.problem import DispatchProblem

__all__ = ["Standing", "standing_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """The state in the programme's terms; C classes, n intervals, S warm-up slots, D tiers.

    `units_on` (C,) now and in service; `most` and `held` (C, n) bounds on units on;
    `warming` (C, n) units that draw power and earn nothing yet, in units x share of interval;
    `loose` (S,) units that warm up and may stop; `demand_mtok` (K, n) new demand by tier;
    `first_mtok` (K,) work that waits for a tier; `room_mtok` (D, n) most that may still wait.
    """

    units_on: Floats
    most: Floats
    held: Floats
    warming: Floats
    loose: Floats
    demand_mtok: Floats
    first_mtok: Floats
    room_mtok: Floats


def standing_of(problem: DispatchProblem, layout: Layout) -> Standing:
    """Read state and availability of `problem`."""
    classes, n = layout.units.shape
    units_on, most = np.zeros(classes), np.zeros((classes, n))
    held, warming = np.zeros((classes, n)), np.zeros((classes, n))
    loose = np.zeros(len(layout.slots))
    for c, machine in enumerate(problem.site.machines):
        available = problem.site.available(machine.name)
        state = problem.state.of(machine.name)
        starts = _in_service(state, available)
        units_on[c] = min(state.units_on, available)
        held[c], warming[c] = _past(layout, machine, starts, problem.grid.at)
        most[c] = available if dispatched(problem, machine.kind) else held[c]
        _fill_slots(loose, layout, c, starts, problem.grid.at)
    demand, first, room = _work(problem, layout)
    return Standing(
        units_on=units_on,
        most=most,
        held=held,
        warming=warming,
        loose=loose,
        demand_mtok=demand,
        first_mtok=first,
        room_mtok=room,
    )


def _in_service(state: ClassState, available: int) -> tuple[Start, ...]:
    """Keep the starts whose units are in service; those out are the newest."""
    left = min(state.units_on, available)
    kept: list[Start] = []
    for start in sorted(state.starts, key=lambda s: s.at):
        if units := min(start.units, left):
            kept.append(Start(at=start.at, units=units))
            left -= units
    return tuple(kept)


def _age_min(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds() / 60.0


def _past(
    layout: Layout, machine: MachineClass, starts: tuple[Start, ...], now: datetime
) -> tuple[Floats, Floats]:
    n = len(layout.minutes)
    held, warming = np.zeros(n), np.zeros(n)
    hold = max(machine.min_run_min, machine.warm_up_min)
    for start in starts:
        age = _age_min(start.at, now)
        held += start.units * layout.locked(hold, -age)
        warming += start.units * layout.warming(machine, -age)
    return held, warming


def _fill_slots(
    loose: Floats, layout: Layout, c: int, starts: tuple[Start, ...], now: datetime
) -> None:
    """Count the warming units of class `c` that may stop, each in the slot of its age."""
    own = [i for i, (owner, _) in enumerate(layout.slots) if owner == c]
    machine = layout.shape.machines[c]
    for start in starts:
        age = _age_min(start.at, now)
        if own and machine.min_run_min <= age < machine.warm_up_min:
            slot = int(age / layout.minutes[0] + 1e-9)
            loose[own[slot]] += start.units


def _work(problem: DispatchProblem, layout: Layout) -> tuple[Floats, Floats, Floats]:
    tiers = layout.shape.tiers
    demand = np.zeros((len(tiers), len(layout.minutes)))
    per_h = problem.demand_mtok_per_h
    if per_h is not None and dispatched(problem, MachineKind.INFERENCE):
        share = np.array([t.share for t in tiers]).reshape(len(tiers), 1)
        demand = share * per_h * layout.hours
    rows = [demand[k] @ table for k, table in zip(layout.deferrable, layout.alive, strict=True)]
    room = np.array(rows).reshape(len(rows), len(layout.minutes))
    first = np.zeros(len(tiers))
    for k, tier in enumerate(tiers):
        own = [item for item in problem.state.backlog if item.tier == tier.name]
        left = np.array([_age_min(problem.grid.at, item.due) for item in own])
        mtok = np.array([item.mtok for item in own]) * (left > 0.0)
        first[k] = mtok.sum()
        if k in layout.deferrable:
            room[layout.deferrable.index(k)] += mtok @ layout.may_wait(left)
    return demand, first, room
