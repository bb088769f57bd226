"""An independent judge: which limits of a problem a plan breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mara.domain import Plan
    from mara.models.dispatch import DispatchProblem

TOLERANCE = 1e-5


def broken(problem: DispatchProblem, plan: Plan) -> list[str]:
    """Names of the constraints that `plan` does not satisfy."""
    site, hours = problem.site, np.array(plan.hours)
    units = np.array([s.values for s in plan.units]).reshape(len(site.machines), len(hours))
    charge, discharge = np.array(plan.charge_mw), np.array(plan.discharge_mw)
    imported, exported = np.array(plan.import_mw), np.array(plan.export_mw)
    load = np.array([m.unit_mw for m in site.machines]) @ units
    most = np.array([[site.available(m.name)] for m in site.machines])
    checks = {
        "balance": np.abs(imported + discharge - exported - charge - load) <= TOLERANCE,
        "import": imported <= problem.import_cap_mw + TOLERANCE,
        "export": exported <= problem.export_cap_mw + TOLERANCE,
        "one way at the meter": np.minimum(imported, exported) <= TOLERANCE,
        "one way in the battery now": np.minimum(charge, discharge)[:1] <= TOLERANCE,
        "availability": (units >= -TOLERANCE) & (units <= most + TOLERANCE),
        "whole now": np.abs(units[:, 0] - np.round(units[:, 0])) <= TOLERANCE,
        "ramp": _ramp(problem, imported - exported),
        "battery": _battery(problem, plan, charge, discharge),
        "minimum run now": _locked(problem, units[:, 0]),
        "minimum run later": _held(problem, units),
        "service": _service(problem, plan, units),
    }
    return [name for name, held in checks.items() if not np.all(held)]


def _ramp(problem: DispatchProblem, net: np.ndarray) -> np.ndarray:
    if problem.site.ramp_mw_per_min is None:
        return np.array([True])
    minutes = np.array(problem.grid.minutes)
    gaps = (np.concatenate((minutes[:1], minutes[:-1])) + minutes) / 2
    before = np.concatenate(([problem.state.import_mw - problem.state.export_mw], net[:-1]))
    return np.abs(net - before) <= problem.site.ramp_mw_per_min * gaps + TOLERANCE


def _battery(
    problem: DispatchProblem, plan: Plan, charge: np.ndarray, discharge: np.ndarray
) -> np.ndarray:
    battery = problem.site.battery
    if battery is None:
        return (charge == 0.0) & (discharge == 0.0)
    start = problem.state.soc_mwh or 0.0
    change = battery.charge_efficiency * charge - discharge / battery.discharge_efficiency
    stored = start + np.cumsum(change * np.array(plan.hours))
    low, high = min(battery.floor_mwh, start), max(battery.ceiling_mwh, start)
    within = (stored >= low - TOLERANCE) & (stored <= high + TOLERANCE)
    same = np.abs(stored - np.array(plan.soc_mwh)) <= TOLERANCE
    power = np.maximum(charge, discharge) <= battery.power_mw + TOLERANCE
    return within & same & power


def _locked(problem: DispatchProblem, now: np.ndarray) -> np.ndarray:
    held = []
    for item, count in zip(problem.site.machines, now, strict=True):
        ages = [
            ((problem.grid.at - s.at).total_seconds() / 60, s.units)
            for s in problem.state.of(item.name).starts
        ]
        locked = sum(units for age, units in ages if age < item.min_run_min)
        held.append(count >= min(locked, problem.site.available(item.name)) - TOLERANCE)
    return np.array(held)


def _held(problem: DispatchProblem, units: np.ndarray) -> np.ndarray:
    """Units started in the plan stay on for their minimum run."""
    held = []
    offsets = problem.grid.offsets_min
    for item, row in zip(problem.site.machines, units, strict=True):
        on = min(problem.state.of(item.name).units_on, problem.site.available(item.name))
        started = np.maximum(np.diff(np.concatenate(([on], row))), 0.0)
        for t, now in enumerate(row):
            recent = offsets[: t + 1] + item.min_run_min > offsets[t] + 1e-9
            held.append(now >= started[: t + 1][recent].sum() - TOLERANCE)
    return np.array(held)


def _service(problem: DispatchProblem, plan: Plan, units: np.ndarray) -> np.ndarray:
    """No tier is served more than it asks, and all together no more than machines on make."""
    if not plan.served:
        return np.array([True])
    served = np.array([s.values for s in plan.served])
    made = np.array([m.unit_mtok_per_h for m in problem.site.machines]) @ units
    demand = problem.demand_mtok_per_h
    asked = np.zeros(len(made)) if demand is None else demand
    waiting = sum(item.mtok for item in problem.state.backlog)
    total = np.cumsum((served * plan.hours).sum(axis=0))
    return (served.sum(axis=0) <= made + TOLERANCE) & (
        total <= waiting + np.cumsum(asked * plan.hours) + TOLERANCE
    )
