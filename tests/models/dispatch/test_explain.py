"""The decision card and what-if: every figure by a re-solve that a test repeats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mara.domain import ClassState, ClassUnits, Outage, Setpoint, Site, SiteState
from mara.errors import InvalidValue
from mara.models.dispatch import (
    Change,
    DispatchProblem,
    FastDispatch,
    Forced,
    explain,
    problem_from,
    what_if,
)
from mara.models.strike import strike_prices
from tests.models.dispatch.contexts import context_of
from tests.models.worlds import AT, site, states, tick


def problem_at(where: Site, state: SiteState, **figures: float | None) -> DispatchProblem:
    return problem_from(context_of(where, state, tick(**figures)))


def warm(soc_mwh: float = 1.0) -> SiteState:
    classes = tuple(ClassState(name=m.name, units_on=m.count) for m in site().machines)
    return SiteState(at=AT, classes=classes, soc_mwh=soc_mwh)


@settings(max_examples=10, deadline=None)
@given(state=states(), price=st.sampled_from([-20.0, 30.0, 90.0, 400.0]))
def test_forced_runner_up_loses_exactly_what_the_card_says(state: SiteState, price: float) -> None:
    problem = problem_at(site(import_limit_mw=3.0), state, energy_usd_per_mwh=price)
    dispatch = FastDispatch(problem.site, problem.grid)
    plan = dispatch.plan(problem)
    card = explain(problem, plan.setpoint, tick(energy_usd_per_mwh=price), dispatch)
    assert card.runner_up is not None
    other = card.runner_up
    fresh = FastDispatch(problem.site, problem.grid)
    gap = (
        fresh.solve(problem, Forced.first_of(plan)).objective_usd
        - fresh.solve(problem, other.forced).objective_usd
    )
    assert other.loses_usd == pytest.approx(gap, abs=1e-6)
    assert other.plan.setpoint != plan.setpoint


def test_card_says_what_binds_and_what_a_megawatt_is_worth() -> None:
    problem = problem_at(site(import_limit_mw=1.0), warm())
    dispatch = FastDispatch(problem.site, problem.grid)
    plan = dispatch.plan(problem)
    card = explain(problem, plan.setpoint, tick(), dispatch)
    assert "import limit" in {b.name for b in card.binding}
    caps = problem.import_cap_mw.copy()
    caps[0] += 1.0
    more = dispatch.solve(replace(problem, import_cap_mw=caps)).objective_usd
    here = dispatch.solve(problem).objective_usd
    poor = explain(
        problem,
        Setpoint(units=tuple(ClassUnits(name=m.name, units=0) for m in problem.site.machines)),
        tick(),
        dispatch,
    )
    assert poor.connection_usd_per_mw == pytest.approx(card.connection_usd_per_mw)
    assert card.connection_usd_per_mw == pytest.approx(more - here, abs=1e-6)
    assert card.connection_usd_per_mw > 0.0
    assert card.strikes == strike_prices(problem.site, tick())


def test_a_megawatt_that_nobody_needs_is_worth_nothing() -> None:
    problem = problem_at(site(import_limit_mw=9.0), warm(), energy_usd_per_mwh=4_000.0)
    dispatch = FastDispatch(problem.site, problem.grid)
    card = explain(problem, dispatch.plan(problem).setpoint, tick(), dispatch)
    assert card.connection_usd_per_mw == pytest.approx(0.0, abs=1e-6)
    assert "import limit" not in {b.name for b in card.binding}


@pytest.mark.parametrize(
    ("soc_mwh", "price", "name"),
    [
        (1.8, -30.0, "battery ceiling"),
        (0.2, 60.0, "battery floor"),
        (1.0, 4_900.0, "battery power"),
        (1.0, 4_900.0, "export limit"),
        (1.0, 1.0, "miner in service"),
    ],
)
def test_limits_of_machines_and_battery_are_named(soc_mwh: float, price: float, name: str) -> None:
    where = site(import_limit_mw=9.0, export_limit_mw=0.2)
    problem = problem_at(where, warm(soc_mwh), energy_usd_per_mwh=price)
    n = len(problem.grid)
    later = replace(problem, energy_usd_per_mwh=np.concatenate(([price], np.full(n - 1, 30.0))))
    dispatch = FastDispatch(later.site, later.grid)
    card = explain(later, dispatch.plan(later).setpoint, tick(), dispatch)
    assert name in {b.name for b in card.binding}


def test_nothing_else_to_do_leaves_no_runner_up() -> None:
    empty = site(machines=(), battery=None, tiers=())
    problem = problem_at(empty, SiteState(at=AT, classes=()))
    dispatch = FastDispatch(problem.site, problem.grid)
    assert explain(problem, dispatch.plan(problem).setpoint, tick(), dispatch).runner_up is None


def test_what_if_supposes_the_first_interval_and_compares_margins() -> None:
    problem = problem_at(site(export_limit_mw=3.0), warm())
    dispatch = FastDispatch(problem.site, problem.grid)
    spike = what_if(problem, Change(energy_usd_per_mwh=3_000.0), dispatch)
    assert spike.changed_plan.setpoint.of("miner") == 0
    assert spike.plan == dispatch.plan(problem)
    gain = spike.changed_plan.expected_margin_usd - spike.plan.expected_margin_usd
    assert spike.gain_usd == pytest.approx(gain)
    assert what_if(problem, Change(), dispatch).gain_usd == pytest.approx(0.0, abs=1e-9)


def test_what_if_of_limit_outage_and_unknown_price() -> None:
    problem = problem_at(site(), warm(), hash_usd_per_ph_day=None)
    dispatch = FastDispatch(problem.site, problem.grid)
    mined = what_if(problem, Change(hash_usd_per_ph_day=60.0), dispatch)
    assert mined.plan.setpoint.of("miner") == 0
    assert mined.changed_plan.setpoint.of("miner") > 0
    dark = what_if(problem, Change(import_limit_mw=0.1), dispatch)
    assert dark.changed_plan.import_mw[0] <= 0.1 + 1e-9
    out = Change(outages=(Outage(machine_class="server", units=5),), demand_mtok_per_h=900.0)
    assert what_if(problem, out, dispatch).changed_plan.setpoint.of("server") == 0


def test_impossible_suppositions_are_refused() -> None:
    with pytest.raises(InvalidValue, match="import_limit_mw"):
        Change(import_limit_mw=-1.0)
    with pytest.raises(InvalidValue, match="energy_usd_per_mwh"):
        Change(energy_usd_per_mwh=float("nan"))
    with pytest.raises(InvalidValue, match="charge_mw"):
        Forced(charge_mw=-1.0)
