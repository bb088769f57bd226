"""Grids, averages, and the problem made of a tick and its forecasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Commitment, Forecast, History, MachineKind, Origin
from mara.errors import InvalidValue
from mara.models.dispatch import (
    Grid,
    dispatched,
    horizon_grid,
    mean_over,
    problem_from,
    stored_value,
    uniform_grid,
)
from tests.models.dispatch.contexts import context_of
from tests.models.worlds import AT, BATTERY, running, site, tick


@given(minutes=st.sampled_from([1.0, 5.0, 7.0, 15.0, 30.0, 60.0, 90.0]), hours=st.floats(0.5, 48))
def test_grid_covers_the_horizon_without_gaps(minutes: float, hours: float) -> None:
    grid = horizon_grid(AT, minutes, hours)
    assert grid.minutes[0] == minutes
    assert sum(grid.minutes) == pytest.approx(max(hours * 60, minutes))
    assert grid.starts[-1] + timedelta(minutes=grid.minutes[-1]) == grid.end
    assert sum(grid.hours) == pytest.approx(sum(grid.minutes) / 60)


def test_grid_of_quarter_hours() -> None:
    grid = horizon_grid(AT, 15)
    assert (grid.minutes.count(15), grid.minutes.count(60)) == (16, 20)


def test_impossible_grids_are_refused() -> None:
    with pytest.raises(InvalidValue, match="empty"):
        Grid(at=AT, minutes=())
    with pytest.raises(InvalidValue, match="minutes"):
        Grid(at=AT, minutes=(5.0, 0.0))


@given(values=st.lists(st.floats(-100, 100), min_size=1, max_size=30))
def test_averaging_keeps_the_integral(values: list[float]) -> None:
    grid = uniform_grid(AT, 20.0, 12)
    knots = np.arange(len(values)) * 7.0
    mean = mean_over(grid, knots.tolist(), values)
    ends = np.append(knots[1:], max(240.0, knots[-1] + 1))
    widths = np.maximum(np.minimum(ends, 240.0) - np.minimum(knots, 240.0), 0.0)
    assert mean.sum() * 20.0 == pytest.approx(float(widths @ np.array(values)), abs=1e-6)


def forecast(offsets: list[float], mean: list[float]) -> Forecast:
    return Forecast(
        target="energy_usd_per_mwh",
        issued_at=AT - timedelta(hours=2),
        starts=tuple(AT + timedelta(minutes=m) for m in offsets),
        mean=tuple(mean),
        model="test",
        origin=Origin.SIMULATED,
    )


def test_tick_now_forecast_later_and_the_tick_where_there_is_none() -> None:
    steps = [5.0 * k for k in range(1, 288)]
    told = forecast(steps, [float(k) for k in range(1, 288)])
    problem = problem_from(context_of(site(), running(), tick(), told))
    assert problem.energy_usd_per_mwh[:4].tolist() == [40.0, 1.0, 2.0, 3.0]
    assert problem.energy_usd_per_mwh[12] == pytest.approx(13.0)
    assert problem.hash_usd_per_ph_day is not None
    assert set(problem.hash_usd_per_ph_day) == {50.0}


def test_step_under_way_when_the_tick_ends_holds_from_there() -> None:
    told = forecast([-90.0, -30.0, 30.0], [1.0, 7.0, 9.0])
    problem = problem_from(
        context_of(site(), running(), tick(), told), grid=uniform_grid(AT, 5, 14)
    )
    assert problem.energy_usd_per_mwh.tolist() == [40.0] + [7.0] * 5 + [9.0] * 8


def test_commitments_lower_the_import_cap_while_they_last() -> None:
    promise = Commitment(
        start=AT + timedelta(minutes=7), end=AT + timedelta(minutes=12), max_import_mw=0.3
    )
    problem = problem_from(context_of(site(commitments=(promise,)), running(), tick()))
    assert problem.import_cap_mw[:4].tolist() == [2.0, 0.3, 0.3, 2.0]


def test_stored_energy_is_valued_at_the_cheap_quarter_of_the_horizon() -> None:
    grid = uniform_grid(AT, 60.0, 4)
    value = stored_value(site(), grid, np.array([90.0, 30.0, 60.0, 100.0]))
    assert value == 30.0
    assert stored_value(site(), grid, np.full(4, -5.0)) == 0.0
    past = History.of([tick(at=AT - timedelta(minutes=5 * k)) for k in range(24, 0, -1)], minutes=5)
    assert stored_value(site(), grid, np.full(4, 4_000.0), past) == 40.0
    assert stored_value(site(), grid, np.full(4, 10.0), past) == 10.0
    assert stored_value(site(battery=None), grid, np.full(4, 50.0)) == 0.0


def test_what_lacks_a_figure_is_not_dispatched() -> None:
    known = problem_from(context_of(site(), running(), tick()))
    assert dispatched(known, MachineKind.MINER)
    assert dispatched(known, MachineKind.INFERENCE)
    assert not dispatched(replace(known, hash_usd_per_ph_day=None), MachineKind.MINER)
    assert not dispatched(replace(known, token_usd_per_mtok=None), MachineKind.INFERENCE)
    without = replace(known, demand_mtok_per_h=None)
    assert not dispatched(without, MachineKind.INFERENCE)
    free = replace(without, site=site(tiers=()))
    assert dispatched(free, MachineKind.INFERENCE)


def test_problem_refuses_what_cannot_be() -> None:
    good = problem_from(context_of(site(), running(), tick()))
    with pytest.raises(InvalidValue, match="shape"):
        replace(good, energy_usd_per_mwh=np.zeros(3))
    broken = good.energy_usd_per_mwh.copy()
    broken[5] = np.nan
    with pytest.raises(InvalidValue, match="nan"):
        replace(good, energy_usd_per_mwh=broken)
    with pytest.raises(InvalidValue, match="soc_mwh"):
        replace(good, state=replace(good.state, soc_mwh=None))
    assert good.site.battery == BATTERY
