"""A day of West Texas prices against linear programmes written here from the law."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import linprog

from mara.domain import Battery, ClassState, MachineClass, MachineKind, Site, SiteState
from mara.models.dispatch import DispatchProblem, FastDispatch, solved_exactly, uniform_grid
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Model
from mara.models.dispatch.solver import Budget, Programme

if TYPE_CHECKING:
    from pathlib import Path

N = 96
H = 0.25
BATTERY = Battery(
    energy_mwh=10.0,
    power_mw=5.0,
    soc_min=0.05,
    soc_max=0.95,
    charge_efficiency=0.95,
    discharge_efficiency=0.93,
    wear_usd_per_mwh=12.0,
)
MINER = MachineClass(
    name="miner",
    kind=MachineKind.MINER,
    count=1_000,
    power_kw=5.0,
    hashrate_th_s=150.0,
    switch_cost_usd=0.1,
)


def day_of(folder: Path, day: str) -> np.ndarray:
    with gzip.open(folder / "ercot_rt15min_2023.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    first = next(i for i, row in enumerate(rows) if row["interval_start_utc"].startswith(day))
    return np.array([float(row["HB_WEST"]) for row in rows[first : first + N]])


def problem_for(prices: np.ndarray, machines: tuple[MachineClass, ...]) -> DispatchProblem:
    at = datetime(2023, 8, 1, tzinfo=UTC)
    site = Site(
        site_id="west",
        time_zone="America/Chicago",
        import_limit_mw=7.0,
        export_limit_mw=4.0,
        machines=machines,
        battery=BATTERY,
    )
    on = tuple(ClassState(name=m.name, units_on=m.count // 2) for m in machines)
    return DispatchProblem(
        site=site,
        state=SiteState(at=at, classes=on, soc_mwh=4.0),
        grid=uniform_grid(at, 15.0, N),
        energy_usd_per_mwh=prices,
        hash_usd_per_ph_day=np.full(N, 60.0),
        import_cap_mw=np.full(N, 7.0),
        export_cap_mw=np.full(N, 4.0),
        terminal_usd_per_mwh=15.0,
    )


def written_independently(prices: np.ndarray, *, mining: bool) -> float:
    """Columns: charge, discharge, units, starts, each N; stored energy by cumulative sums."""
    low, zero, eye = np.tril(np.ones((N, N))), np.zeros((N, N)), np.eye(N)
    store = np.hstack(
        (low * H * BATTERY.charge_efficiency, -low * H / BATTERY.discharge_efficiency, zero, zero)
    )
    net = np.hstack((eye, -eye, MINER.unit_mw * eye, zero))
    switched = np.hstack((zero, zero, eye - np.eye(N, k=-1), -eye))
    on = np.zeros(N)
    on[0] = MINER.count // 2 * mining
    revenue = 150.0 / 1_000.0 * 60.0 / 24.0 * H
    cost = np.concatenate(
        (
            prices * H,
            (BATTERY.wear_usd_per_mwh - prices) * H,
            MINER.unit_mw * prices * H - revenue,
            np.full(N, MINER.switch_cost_usd),
        )
    )
    found = linprog(
        cost - 15.0 * store[-1],
        A_ub=np.vstack((store, -store, net, -net, switched)),
        b_ub=np.concatenate(
            (
                np.full(N, BATTERY.ceiling_mwh - 4.0),
                np.full(N, 4.0 - BATTERY.floor_mwh),
                np.full(N, 7.0),
                np.full(N, 4.0),
                on,
            )
        ),
        bounds=[(0, BATTERY.power_mw)] * 2 * N + [(0, MINER.count * mining)] * N + [(0, None)] * N,
    )
    return -float(found.fun)


@pytest.mark.parametrize("day", ["2023-08-17", "2023-09-06", "2023-03-02"])
def test_battery_alone_equals_the_plain_programme(bench_data: Path, day: str) -> None:
    prices = np.maximum(day_of(bench_data, day), 0.01)
    problem = problem_for(prices, ())
    expected = written_independently(prices, mining=False)
    solved = FastDispatch(problem.site, problem.grid).solve(problem)
    assert solved.objective_usd == pytest.approx(expected, abs=1e-6)
    assert solved_exactly(problem).objective_usd == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("day", ["2023-08-17", "2023-09-06", "2023-03-02"])
def test_relaxation_equals_the_plain_programme(bench_data: Path, day: str) -> None:
    prices = day_of(bench_data, day)
    problem = problem_for(prices, (MINER,))
    model = Model(shape_of(problem.site, problem.grid))
    figures = model.figures(problem)
    cost = Programme(model, figures, budget=Budget()).solve().cost + figures.offset
    assert -cost == pytest.approx(written_independently(prices, mining=True), abs=1e-6)
