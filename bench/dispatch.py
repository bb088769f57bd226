"""Time and loss of the dispatch optimiser on this machine, on real West Texas prices.

Run as ``MARA_BENCH_DATA=folder python -m bench.dispatch`` from the repository's root, with the
folder that holds ``ercot_rt15min_2023.csv.gz``; without it a daily wave of prices is used.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from mara.domain import Origin, Tick
from mara.domain.presets import DEMO_DEMAND_MTOK_PER_H, demo_site
from mara.models.dispatch import (
    Budget,
    DispatchProblem,
    FastDispatch,
    Grid,
    horizon_grid,
    import_caps,
    mean_over,
    solved_exactly,
    uniform_grid,
)
from mara.models.dispatch.layout import shape_of
from mara.models.dispatch.model import Model
from mara.models.settlement import feasible, initial_state, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mara.domain import SiteState

    Floats = NDArray[np.float64]

__all__ = ["Loss", "Row", "closed_loop_loss", "main", "run", "west_texas"]

START: Final = datetime(2023, 1, 1, 6, tzinfo=UTC)
"""The file's first interval."""

DAY: Final = 96
HASH_USD_PER_PH_DAY: Final = 50.0
TOKEN_USD_PER_MTOK: Final = 0.7
SITE: Final = demo_site()
DAYS: Final = tuple(range(9, 365, 18))
"""Twenty days spread over the year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what was measured, on what, and the figure with its unit."""

    name: str
    value: float
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Money of a day decided tick by tick, and a proven bound of what any plan could make."""

    earned_usd: float
    bound_usd: float

    @property
    def share(self) -> float:
        """Share of the bound that is lost."""
        return (self.bound_usd - self.earned_usd) / abs(self.bound_usd)


def west_texas(folder: Path | None) -> Floats:
    """Read 15-minute prices of hub West, 2023, USD/MWh; without a folder make a daily wave."""
    if folder is None:
        return 40.0 + 35.0 * np.sin(np.arange(365 * DAY) * 2.0 * np.pi / DAY)
    file = pd.read_csv(folder / "ercot_rt15min_2023.csv.gz")
    return file["HB_WEST"].to_numpy(dtype=np.float64)


def problem_at(prices: Floats, step: int, state: SiteState, grid: Grid) -> DispatchProblem:
    """Make the problem that begins `step` quarter hours after `START`, all prices known."""
    offsets = np.arange(int(sum(grid.minutes) // 15) + 1) * 15.0
    lag = (grid.at - START - step * timedelta(minutes=15)).total_seconds() / 60.0
    knots = np.concatenate(([0.0], offsets[1:] - lag)) if lag else offsets
    known = prices[step : step + len(offsets)]
    hour = (offsets / 60.0 + step / 4.0) % 24.0
    demand = DEMO_DEMAND_MTOK_PER_H * (1.0 + 0.4 * np.sin((hour - 8.0) * np.pi / 12.0))
    count = min(len(known), len(knots))
    n = len(grid)
    return DispatchProblem(
        site=SITE,
        state=state,
        grid=grid,
        energy_usd_per_mwh=mean_over(grid, knots[:count].tolist(), known[:count].tolist()),
        hash_usd_per_ph_day=np.full(n, HASH_USD_PER_PH_DAY),
        token_usd_per_mtok=np.full(n, TOKEN_USD_PER_MTOK),
        demand_mtok_per_h=mean_over(grid, knots.tolist(), demand.tolist()),
        import_cap_mw=import_caps(SITE, grid),
        export_cap_mw=np.full(n, SITE.export_limit_mw),
        terminal_usd_per_mwh=float(max(np.quantile(known, 0.25), 0.0)),
        stability_usd_per_mw=0.0,
    )


def tick_of(problem: DispatchProblem) -> Tick:
    """Make the tick of a problem's first interval."""
    demand = problem.demand_mtok_per_h
    return Tick(
        site_id=SITE.site_id,
        at=problem.grid.at,
        minutes=problem.grid.minutes[0],
        energy_usd_per_mwh=float(problem.energy_usd_per_mwh[0]),
        hash_usd_per_ph_day=HASH_USD_PER_PH_DAY,
        token_usd_per_mtok=TOKEN_USD_PER_MTOK,
        demand_mtok_per_h=None if demand is None else float(demand[0]),
        origin=Origin.REPLAY,
        source="bench",
    )


def follow(problem: DispatchProblem, dispatch: FastDispatch) -> tuple[float, SiteState]:
    """Plan, carry out the first interval, and give its money and the state after it."""
    tick = tick_of(problem)
    wanted = dispatch.plan(problem).setpoint
    done, after = settle(SITE, problem.state, feasible(SITE, problem.state, wanted, tick), tick)
    return done.margin_usd, after


def closed_loop_loss(prices: Floats, days: tuple[int, ...] = DAYS) -> tuple[Loss, ...]:
    """Decide each quarter hour of each day with the fast form, up to the day's end.

    The bound is that of the relaxation of the whole day, above the mixed-integer optimum.
    """
    at = START
    kept = {n: FastDispatch(SITE, uniform_grid(at, 15.0, n)) for n in range(DAY, 0, -1)}
    return tuple(_day_loss(prices, day, kept) for day in days)


def _day_loss(prices: Floats, day: int, kept: dict[int, FastDispatch]) -> Loss:
    first = day * DAY
    state = initial_state(SITE, START + timedelta(days=day))
    whole = problem_at(prices, first, state, uniform_grid(state.at, 15.0, DAY))
    solved = kept[DAY].solve(whole)
    gap = solved.plan.gap or 0.0
    earned, soc = 0.0, state.soc_mwh or 0.0
    for left in range(DAY, 0, -1):
        now = problem_at(prices, first + DAY - left, state, uniform_grid(state.at, 15.0, left))
        money, state = follow(
            replace(now, terminal_usd_per_mwh=whole.terminal_usd_per_mwh), kept[left]
        )
        earned += money
    earned += whole.terminal_usd_per_mwh * ((state.soc_mwh or 0.0) - soc)
    bound = solved.objective_usd + gap * max(abs(solved.objective_usd), 1.0)
    return Loss(earned_usd=earned, bound_usd=bound)


def tick_times_ms(prices: Floats, ticks: int = 600) -> Floats:
    """Time `plan()` over consecutive five-minute ticks of the demo site, in ms."""
    state = initial_state(SITE, START)
    dispatch = FastDispatch(SITE, horizon_grid(state.at, 5.0))
    times = []
    for k in range(ticks):
        problem = problem_at(prices, k // 3, state, horizon_grid(state.at, 5.0))
        times.append(_timed_ms(partial(dispatch.plan, problem)))
        _, state = follow(problem, dispatch)
    return np.asarray(times)


def _timed_ms(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1e3


def coarse_loss(prices: Floats, days: tuple[int, ...] = (30, 150, 250)) -> float:
    """Share of money that the coarse grid loses against one of 15 min for 24 h, tick by tick."""
    fine = sum(_rolled(prices, day, lambda at: uniform_grid(at, 15.0, DAY)) for day in days)
    coarse = sum(_rolled(prices, day, lambda at: horizon_grid(at, 15.0)) for day in days)
    return (fine - coarse) / abs(fine)


def _rolled(prices: Floats, day: int, grid_at: Callable[[datetime], Grid]) -> float:
    state = initial_state(SITE, START + timedelta(days=day))
    value = float(max(np.quantile(prices[day * DAY : (day + 2) * DAY], 0.25), 0.0))
    start_mwh = state.soc_mwh or 0.0
    dispatch = FastDispatch(SITE, grid_at(state.at))
    earned = 0.0
    for k in range(DAY):
        problem = problem_at(prices, day * DAY + k, state, grid_at(state.at))
        money, state = follow(replace(problem, terminal_usd_per_mwh=value), dispatch)
        earned += money
    return earned + value * ((state.soc_mwh or 0.0) - start_mwh)


def exact_time_ms(prices: Floats) -> tuple[float, float]:
    """Time the exact form on the tick's grid, with its proven relative gap (stops at 1e-4)."""
    state = initial_state(SITE, START)
    problem = problem_at(prices, 0, state, horizon_grid(state.at, 5.0))
    begun = time.perf_counter()
    solved = solved_exactly(problem, budget=Budget(relative_gap=1e-4, seconds=30.0))
    return (time.perf_counter() - begun) * 1e3, solved.plan.gap or 0.0


def cvxpy_time_ms(prices: Floats, *, whole: bool) -> float:
    """Time building and solving the same programme afresh through cvxpy and HiGHS, in ms."""
    import cvxpy as cp  # noqa: PLC0415
    from scipy.sparse import csr_matrix  # noqa: PLC0415

    state = initial_state(SITE, START)
    problem = problem_at(prices, 0, state, horizon_grid(state.at, 5.0))
    model = Model(shape_of(SITE, problem.grid))
    figures = model.figures(problem)
    size = (model.count_rows, model.layout.columns)
    matrix = csr_matrix((model.values, (model.rows, model.columns)), shape=size)
    upper = np.minimum(figures.upper, 1e6)

    def build_and_solve() -> None:
        x = cp.Variable(size[1])
        limits = [x >= figures.lower, x <= upper]
        below, above = np.isfinite(figures.row_upper), np.isfinite(figures.row_lower)
        rows = cp.Constant(matrix) @ x
        limits += [rows[below] <= figures.row_upper[below], rows[above] >= figures.row_lower[above]]
        if whole:
            counts = model.layout.units.ravel()
            z = cp.Variable(len(counts), integer=True)
            limits.append(x[counts] == z)
        goal = cp.Problem(cp.Minimize(figures.cost @ x), limits)
        options = {"mip_rel_gap": 1e-4, "time_limit": 30.0} if whole else {}
        goal.solve(solver=cp.HIGHS, **options)  # type: ignore[no-untyped-call]

    return min(_timed_ms(build_and_solve) for _ in range(1 if whole else 3))


def run(data: Path | None) -> list[Row]:
    """Measure all rows and print them."""
    prices = west_texas(data)
    note = "hub West 2023" if data else "daily wave (no data folder given)"
    times = tick_times_ms(prices)
    p50, p99 = (float(np.percentile(times, q)) for q in (50, 99))
    exact_ms, gap = exact_time_ms(prices)
    linear_ms, whole_ms = (cvxpy_time_ms(prices, whole=w) for w in (False, True))
    shares = [loss.share for loss in closed_loop_loss(prices)]
    rows = [
        Row(name="fast form, plan(), p50", value=p50, unit="ms", note=f"600 ticks, {note}"),
        Row(name="fast form, plan(), p99", value=p99, unit="ms"),
        Row(name="exact form, one solve", value=exact_ms, unit="ms", note=f"proven gap {gap:.1e}"),
        Row(name="afresh through cvxpy, relaxed", value=linear_ms, unit="ms"),
        Row(name="afresh through cvxpy, whole counts", value=whole_ms, unit="ms"),
        Row(name="cvxpy relaxed / fast form", value=linear_ms / p50, unit="times"),
        Row(name="cvxpy whole / fast form", value=whole_ms / p50, unit="times"),
        Row(
            name="loss of the fast form, mean",
            value=100.0 * float(np.mean(shares)),
            unit="%",
            note="20 days tick by tick against a bound of the mixed-integer optimum",
        ),
        Row(name="loss of the fast form, worst day", value=100.0 * max(shares), unit="%"),
        Row(
            name="loss of the coarse grid",
            value=100.0 * coarse_loss(prices),
            unit="%",
            note="3 days tick by tick against 15-minute intervals for 24 h",
        ),
    ]
    for row in rows:
        print(f"{row.name:40s} {row.value:12.4f} {row.unit:6s} {row.note}")
    return rows


def main() -> None:
    """Print the table."""
    folder = os.environ.get("MARA_BENCH_DATA")
    run(Path(folder) if folder else None)


if __name__ == "__main__":
    main()
