"""The best plan by enumeration: written from the law of the site, not from the optimiser."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from mara.domain import MachineKind
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mara.domain import MachineClass
    from mara.models.dispatch import DispatchProblem


@dataclass(frozen=True, kw_only=True)
class Path:
    """One class's counts over the horizon, what they earn in unit-hours, and what they cost."""

    counts: tuple[int, ...]
    earning_h: tuple[float, ...]
    cost_usd: float


def edges(problem: DispatchProblem) -> np.ndarray:
    return np.concatenate(([0.0], np.cumsum(problem.grid.minutes)))


def run(problem: DispatchProblem, item: MachineClass, counts: tuple[int, ...]) -> Path | None:
    """Follow each unit: starts are remembered, the longest running stop first, none too early."""
    state = problem.state.of(item.name)
    recent = [
        (s.at - problem.grid.at).total_seconds() / 60 for s in state.starts for _ in range(s.units)
    ]
    began = sorted([-1e6] * (state.units_on - len(recent)) + recent)
    times, cost, earning = edges(problem), 0.0, []
    for t, wanted in enumerate(counts):
        change = wanted - len(began)
        if change > 0:
            began = began + [times[t]] * change
            cost += change * (item.switch_cost_usd + problem.stability_usd_per_mw * item.unit_mw)
        if change < 0:
            stopped, began = began[:-change], began[-change:]
            if any(b + item.min_run_min > times[t] + 1e-9 for b in stopped):
                return None
            if t == 0:
                cost += -change * problem.stability_usd_per_mw * item.unit_mw
        warm = [min(max(b + item.warm_up_min, times[t]), times[t + 1]) for b in began]
        earning.append(sum(times[t + 1] - w for w in warm) / 60)
    return Path(counts=counts, earning_h=tuple(earning), cost_usd=cost)


def paths(problem: DispatchProblem, item: MachineClass) -> list[Path]:
    choices = range(problem.site.available(item.name) + 1)
    every = itertools.product(choices, repeat=len(problem.grid))
    return [found for counts in every if (found := run(problem, item, counts))]


def brute_force_usd(problem: DispatchProblem) -> float:
    """Objective of the best plan: margin less the stability price; -inf where there is none."""
    options = [paths(problem, item) for item in problem.site.machines]
    return max(
        (_best_usd(problem, combined) for combined in itertools.product(*options)), default=-np.inf
    )


def _best_usd(problem: DispatchProblem, chosen: tuple[Path, ...]) -> float:
    n, machines = len(problem.grid), problem.site.machines
    load = np.zeros(n)
    capacity = np.zeros(n)
    fixed = -sum(path.cost_usd for path in chosen)
    for item, path in zip(machines, chosen, strict=True):
        load += item.unit_mw * np.array(path.counts)
        if item.kind is MachineKind.MINER:
            rate = hash_usd_per_h(item.hashrate_th_s or 0.0, 1.0) * problem.hash_usd_per_ph_day
            fixed += float(rate @ path.earning_h)
        else:
            capacity += item.unit_mtok_per_h * np.array(path.earning_h)
    if not problem.site.tiers:
        fixed += float(problem.token_usd_per_mtok @ capacity)
    service = _service_usd(problem, capacity) if problem.site.tiers else 0.0
    return fixed + service + _power_usd(problem, load)


def _power_usd(problem: DispatchProblem, load: np.ndarray) -> float:
    """Best money of the connection and the battery under a given load."""
    battery, hours = problem.site.battery, np.array(problem.grid.hours)
    if battery is None:
        return (
            -float(problem.energy_usd_per_mwh * hours @ load) if _fits(problem, load) else -np.inf
        )
    directions = itertools.product((0.0, 1.0), repeat=len(load))
    return max(_battery_usd(problem, load, np.array(d)) for d in directions)


def _fits(problem: DispatchProblem, net: np.ndarray) -> bool:
    inside = np.all(net <= problem.import_cap_mw + 1e-9) and np.all(net >= -problem.export_cap_mw)
    rate = problem.site.ramp_mw_per_min
    if rate is None:
        return bool(inside)
    minutes = np.array(problem.grid.minutes)
    gaps = (np.concatenate((minutes[:1], minutes[:-1])) + minutes) / 2
    before = np.concatenate(([problem.state.import_mw - problem.state.export_mw], net[:-1]))
    return bool(inside and np.all(np.abs(net - before) <= rate * gaps + 1e-9))


def _battery_usd(problem: DispatchProblem, load: np.ndarray, charging: np.ndarray) -> float:
    """Columns: charge then discharge, MW; stored energy by cumulative sums."""
    battery, hours, n = problem.site.battery, np.array(problem.grid.hours), len(load)
    assert battery is not None
    low = np.tril(np.ones((n, n)))
    store = np.hstack(
        (low * hours * battery.charge_efficiency, -low * hours / battery.discharge_efficiency)
    )
    net = np.hstack((np.eye(n), -np.eye(n)))
    start = problem.state.soc_mwh or 0.0
    price = problem.energy_usd_per_mwh * hours
    wear = battery.wear_usd_per_mwh * hours
    cost = np.concatenate((price, wear - price)) - problem.terminal_usd_per_mwh * store[-1]
    found = linprog(
        cost,
        A_ub=np.vstack((store, -store, net, -net)),
        b_ub=np.concatenate(
            (
                np.full(n, battery.ceiling_mwh - start),
                np.full(n, start - battery.floor_mwh),
                problem.import_cap_mw - load,
                problem.export_cap_mw + load,
            )
        ),
        bounds=[(0, battery.power_mw * on) for on in (*charging, *(1 - charging))],
    )
    return -found.fun - float(price @ load) if found.success else -np.inf


def _work(problem: DispatchProblem) -> Iterator[tuple[int, float, int, float]]:
    """Yield tier, Mtok, first interval and due time in minutes of every piece of work."""
    times = edges(problem)
    names = [tier.name for tier in problem.site.tiers]
    for item in problem.state.backlog:
        due = (item.due - problem.grid.at).total_seconds() / 60
        yield names.index(item.tier), item.mtok, 0, due
    for k, tier in enumerate(problem.site.tiers):
        for t, hours in enumerate(problem.grid.hours):
            mtok = tier.share * problem.demand_mtok_per_h[t] * hours
            yield k, mtok, t, times[t + 1] + tier.longest_delay_min


def _service_usd(problem: DispatchProblem, capacity: np.ndarray) -> float:
    """Best assignment of each piece of work to the intervals that end in time, or the first."""
    n, times = len(capacity), edges(problem)
    pieces = list(_work(problem))
    gain, rows, limit, bounds = [], [], [], []
    penalty = 0.0
    for i, (k, mtok, first, due) in enumerate(pieces):
        tier = problem.site.tiers[k]
        penalty += tier.penalty_usd_per_mtok * mtok
        for t in range(n):
            allowed = t >= first and (times[t + 1] <= due + 1e-9 or t == first)
            worth = tier.price_factor * problem.token_usd_per_mtok[t] + tier.penalty_usd_per_mtok
            gain.append(worth)
            rows.append((i, t))
            bounds.append((0, None if allowed else 0))
        limit.append(mtok)
    a = np.zeros((len(pieces) + n, len(rows)))
    for column, (i, t) in enumerate(rows):
        a[i, column] = a[len(pieces) + t, column] = 1.0
    found = linprog(-np.array(gain), A_ub=a, b_ub=np.concatenate((limit, capacity)), bounds=bounds)
    return -found.fun - penalty
