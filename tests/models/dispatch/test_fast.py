"""The fast form: feasible, steady, honest about its bound, and right at the extremes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from mara.domain import ClassState, MachineClass, MachineKind, Outage, Site, SiteState, Start
from mara.errors import Infeasible, InvalidValue, SolverFailed
from mara.models.dispatch import (
    Budget,
    DispatchProblem,
    FastDispatch,
    Forced,
    solve_exact,
    solved_exactly,
    uniform_grid,
)
from tests.models.dispatch.instances import AT, Kind, problem_of
from tests.models.dispatch.judge import broken

LONG = (5.0, 5.0, 5.0, 15.0, 15.0, 60.0)
KINDS = (
    Kind(minutes=LONG, miners=2, servers=1, most_units=40, battery=True, tiers=(0.0, 20.0)),
    Kind(minutes=LONG, miners=2, most_units=30, battery=True, ramp=True),
    Kind(minutes=LONG, miners=1, servers=1, most_units=3),
    Kind(minutes=LONG, miners=0, servers=2, most_units=9, tiers=(0.0, 10.0, 60.0)),
)
seeds = st.integers(0, 10_000)
kinds = st.sampled_from(KINDS)


def drawn(seed: int, kind: Kind) -> DispatchProblem:
    return problem_of(np.random.default_rng(seed), kind)


def fast(problem: DispatchProblem) -> FastDispatch:
    return FastDispatch(problem.site, problem.grid)


def brute_feasible(problem: DispatchProblem) -> bool:
    """Say whether the exact form, which shares rows but not rounding, finds a plan."""
    try:
        solve_exact(problem, budget=Budget(relative_gap=0.5, seconds=10.0))
    except Infeasible:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(seed=seeds, kind=kinds)
def test_plan_breaks_no_constraint(seed: int, kind: Kind) -> None:
    problem = drawn(seed, kind)
    try:
        plan = fast(problem).plan(problem)
    except Infeasible:
        assert brute_feasible(problem) is False
        return
    assert broken(problem, plan) == []


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_exact_plan_breaks_no_constraint(seed: int) -> None:
    problem = drawn(seed, Kind(miners=1, servers=1, most_units=5, battery=True, tiers=(0.0, 5.0)))
    try:
        plan = solve_exact(problem)
    except Infeasible:
        reject()
    assert broken(problem, plan) == []
    both = np.minimum(plan.charge_mw, plan.discharge_mw)
    assert both.max() <= 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_gap_proves_the_distance_to_the_exact_optimum(seed: int) -> None:
    """Relaxed bound >= exact optimum >= exact plan that begins like the fast one."""
    problem = drawn(seed, KINDS[2])
    try:
        solved = fast(problem).solve(problem)
    except Infeasible:
        reject()
    assert solved.plan.gap is not None
    bound = solved.objective_usd + solved.plan.gap * max(abs(solved.objective_usd), 1.0)
    best = solved_exactly(problem).objective_usd
    begun = solved_exactly(problem, forced=Forced.first_of(solved.plan)).objective_usd
    assert bound >= best - 1e-6
    assert best >= begun - 1e-6


@settings(max_examples=20, deadline=None)
@given(seed=seeds, factor=st.sampled_from([0.5, 2.0, 10.0]))
def test_scaling_all_money_scales_the_margin(seed: int, factor: float) -> None:
    problem = drawn(seed, KINDS[0])
    dear = _scaled(problem, factor)
    plain, scaled = solved(problem), solved(dear)
    assert scaled == pytest.approx(factor * plain, rel=1e-6, abs=1e-6)


def solved(problem: DispatchProblem) -> float:
    """Margin of the relaxation made whole; ties in rounding are left out by the exact bound."""
    found = fast(problem).solve(problem)
    assert found.plan.gap is not None
    return found.objective_usd + found.plan.gap * max(abs(found.objective_usd), 1.0)


def _scaled(problem: DispatchProblem, factor: float) -> DispatchProblem:
    site, battery = problem.site, problem.site.battery
    assert battery is not None
    assert problem.hash_usd_per_ph_day is not None
    assert problem.token_usd_per_mtok is not None
    return replace(
        problem,
        site=replace(
            site,
            machines=tuple(
                replace(m, switch_cost_usd=m.switch_cost_usd * factor) for m in site.machines
            ),
            battery=replace(battery, wear_usd_per_mwh=battery.wear_usd_per_mwh * factor),
            tiers=tuple(
                replace(t, penalty_usd_per_mtok=t.penalty_usd_per_mtok * factor) for t in site.tiers
            ),
        ),
        energy_usd_per_mwh=problem.energy_usd_per_mwh * factor,
        hash_usd_per_ph_day=problem.hash_usd_per_ph_day * factor,
        token_usd_per_mtok=problem.token_usd_per_mtok * factor,
        terminal_usd_per_mwh=problem.terminal_usd_per_mwh * factor,
        stability_usd_per_mw=problem.stability_usd_per_mw * factor,
    )


def calm(kind: Kind, *, energy: float, soc_share: float = 0.5) -> DispatchProblem:
    """All machines on for long, a price now and 40 USD/MWh later, no horizon value."""
    problem = drawn(7, kind)
    site, battery = problem.site, problem.site.battery
    n = len(problem.grid)
    soc = None if battery is None else battery.energy_mwh * soc_share
    on = tuple(ClassState(name=m.name, units_on=m.count) for m in site.machines)
    return replace(
        problem,
        state=SiteState(at=AT, classes=on, soc_mwh=soc),
        energy_usd_per_mwh=np.array([energy] + [40.0] * (n - 1)),
        hash_usd_per_ph_day=np.full(n, 60.0),
        token_usd_per_mtok=np.full(n, 0.5),
        terminal_usd_per_mwh=20.0,
        import_cap_mw=np.full(n, 1e3),
        export_cap_mw=np.full(n, 10.0),
    )


def test_negative_price_fills_the_connection_and_the_battery() -> None:
    problem = calm(Kind(minutes=LONG, miners=2, most_units=30, battery=True), energy=-50.0)
    plan = fast(problem).plan(problem)
    assert [s.values[0] for s in plan.units] == [m.count for m in problem.site.machines]
    assert plan.charge_mw[0] > 0.0
    tight = replace(problem, import_cap_mw=np.full(len(LONG), 0.5 * plan.import_mw[0]))
    plan = fast(tight).plan(tight)
    assert plan.import_mw[0] == pytest.approx(tight.import_cap_mw[0], abs=1e-6)


def test_negative_price_leaves_a_full_battery_alone() -> None:
    kind = Kind(minutes=LONG, miners=1, battery=True)
    problem = calm(kind, energy=-50.0, soc_share=0.95)
    plan = fast(problem).plan(problem)
    assert plan.charge_mw[0] == pytest.approx(0.0, abs=1e-6)
    assert broken(problem, plan) == []


def test_spike_sheds_all_and_discharges_in_the_same_interval() -> None:
    problem = calm(Kind(minutes=LONG, miners=2, most_units=30, battery=True), energy=5_000.0)
    plan = fast(problem).plan(problem)
    assert all(unit.units == 0 for unit in plan.setpoint.units)
    assert plan.discharge_mw[0] > 0.0


def test_class_without_price_is_not_dispatched() -> None:
    problem = replace(calm(Kind(minutes=LONG, servers=1), energy=-50.0), hash_usd_per_ph_day=None)
    plan = fast(problem).plan(problem)
    assert [s.values[0] > 0 for s in plan.units] == [False, True]


def test_outage_and_limit_take_effect_in_the_same_model() -> None:
    problem = calm(Kind(minutes=LONG, miners=1, most_units=30), energy=10.0)
    dispatch = fast(problem)
    assert dispatch.plan(problem).setpoint.of("m0") == problem.site.machine("m0").count
    out = Outage(machine_class="m0", units=problem.site.machine("m0").count - 1)
    lame = replace(problem, site=replace(problem.site, outages=(out,)))
    assert dispatch.fits(lame)
    assert dispatch.plan(lame).setpoint.of("m0") == 1
    dark = replace(problem, import_cap_mw=np.zeros(len(LONG)))
    assert dispatch.plan(dark).setpoint.of("m0") == 0


def test_other_shape_is_refused() -> None:
    one, other = drawn(1, KINDS[0]), drawn(2, KINDS[1])
    with pytest.raises(InvalidValue, match="another shape"):
        fast(one).plan(other)


def test_infeasible_names_the_constraints_in_conflict() -> None:
    kind = Kind(minutes=LONG, miners=1)
    problem = calm(kind, energy=10.0)
    machine = replace(problem.site.machines[0], count=2, min_run_min=30.0)
    started = ClassState(name="m0", units_on=2, starts=(_start(2),))
    stuck = replace(
        problem,
        site=replace(problem.site, machines=(machine,)),
        state=replace(problem.state, classes=(started,)),
        import_cap_mw=np.full(len(LONG), 0.5 * machine.unit_mw),
    )
    with pytest.raises(Infeasible, match="import limit and minimum run") as caught:
        fast(stuck).plan(stuck)
    assert caught.value.constraints == ("import limit", "minimum run")
    with pytest.raises(Infeasible):
        solve_exact(stuck)


def test_forced_decision_can_be_in_conflict() -> None:
    problem = calm(Kind(minutes=LONG, miners=1), energy=10.0)
    dark = replace(problem, import_cap_mw=np.zeros(len(LONG)), export_cap_mw=np.zeros(len(LONG)))
    dispatch = fast(dark)
    with pytest.raises(Infeasible) as caught:
        dispatch.solve(dark, Forced.first_of(fast(problem).plan(problem)))
    assert "forced decision" in caught.value.constraints


def test_limits_of_the_budget_end_in_solver_failed() -> None:
    problem = drawn(3, KINDS[0])
    with pytest.raises(SolverFailed, match="no usable plan"):
        solve_exact(problem, budget=Budget(seconds=0.0))


def test_time_of_the_budget_is_for_each_solve() -> None:
    """The instance lives on for days: its limit must not run out by and by."""
    problem = drawn(3, KINDS[0])
    dispatch = FastDispatch(problem.site, problem.grid, budget=Budget(seconds=0.05))
    for _ in range(60):
        dispatch.plan(problem)


def test_same_tick_gives_the_same_plan() -> None:
    problems = [drawn(seed, KINDS[0]) for seed in (11, 11, 11)]
    one, other = fast(problems[0]), fast(problems[0])
    first = one.plan(problems[0])
    assert one.plan(problems[1]) == first
    assert other.plan(problems[2]) == first


def test_chain_of_ticks_is_reproducible_from_the_full_hour() -> None:
    start = drawn(5, KINDS[1])
    chain = [_at(start, minutes) for minutes in range(0, 90, 5)]
    long = fast(start)
    whole = [long.plan(problem) for problem in chain]
    fresh = fast(start)
    assert [fresh.plan(problem) for problem in chain[12:]] == whole[12:]


def _at(problem: DispatchProblem, minutes: int) -> DispatchProblem:
    wave = 30.0 * np.sin(minutes / 20.0)
    return replace(
        problem,
        grid=replace(problem.grid, at=AT + timedelta(minutes=minutes)),
        energy_usd_per_mwh=problem.energy_usd_per_mwh + wave,
    )


def _start(units: int, minutes: float = 5.0) -> Start:
    return Start(at=AT - timedelta(minutes=minutes), units=units)


def test_where_rounding_fails_the_first_interval_is_solved_in_whole_numbers() -> None:
    """Only 1 x 0.5 MW + 5 x 0.3 MW lies in the ramp's band [1.95, 2.05] MW."""
    big, small = _miner("big", 500.0, 90_000.0), _miner("small", 300.0, 100.0)
    site = Site(
        site_id="band",
        time_zone="UTC",
        import_limit_mw=5.0,
        export_limit_mw=0.0,
        machines=(replace(big, count=3), replace(small, count=6)),
        ramp_mw_per_min=0.01,
    )
    state = SiteState(at=AT, classes=(), import_mw=2.0)
    grid = uniform_grid(AT, 5.0, 1)
    problem = DispatchProblem(
        site=site,
        state=state,
        grid=grid,
        energy_usd_per_mwh=np.array([300.0]),
        hash_usd_per_ph_day=np.array([50.0]),
        import_cap_mw=np.array([5.0]),
        export_cap_mw=np.array([0.0]),
    )
    plan = fast(problem).plan(problem)
    assert [u.units for u in plan.setpoint.units] == [1, 5]
    assert "first counts mixed-integer" in plan.method


def _miner(name: str, power_kw: float, hashrate: float) -> MachineClass:
    return MachineClass(
        name=name, kind=MachineKind.MINER, count=9, power_kw=power_kw, hashrate_th_s=hashrate
    )


def test_a_ramp_that_asks_for_load_does_not_burn_energy_now() -> None:
    """An instance, found among 3,000, whose remaining programme would charge and discharge."""
    problem = drawn(21_037, KINDS[1])
    assert broken(problem, fast(problem).plan(problem)) == []


def test_units_that_warm_up_may_stop_once_their_minimum_run_is_over() -> None:
    """A spike stops them, and they earn nothing while they warm up."""
    slow = replace(_miner("slow", 500.0, 90_000.0), warm_up_min=20.0, count=4)
    problem = calm(Kind(minutes=LONG, miners=1), energy=5_000.0)
    state = SiteState(
        at=AT,
        classes=(ClassState(name="slow", units_on=4, starts=(_start(1, 30.0), _start(3, 10.0))),),
    )
    spiked = replace(
        problem,
        site=replace(problem.site, machines=(slow,), import_limit_mw=5.0),
        state=state,
        import_cap_mw=np.full(len(LONG), 5.0),
    )
    assert fast(spiked).plan(spiked).setpoint.of("slow") == 0
    cheap = replace(spiked, energy_usd_per_mwh=np.full(len(LONG), 1.0))
    plan = fast(cheap).plan(cheap)
    assert plan.setpoint.of("slow") == 4
    warm = replace(cheap, state=SiteState(at=AT, classes=(ClassState(name="slow", units_on=4),)))
    lost = 3 * 10 / 60 * 90_000 / 1_000 * 60.0 / 24
    gain = fast(warm).plan(warm).expected_margin_usd - plan.expected_margin_usd
    assert gain == pytest.approx(lost, abs=1e-6)


def test_servers_that_warm_up_may_stop_and_make_no_tokens() -> None:
    """With tiers, work is served by warm units alone, and a spike stops all of them."""
    problem = calm(Kind(minutes=LONG, miners=0, servers=1, tiers=(0.0,)), energy=1.0)
    slow = MachineClass(
        name="slow",
        kind=MachineKind.INFERENCE,
        count=4,
        power_kw=500.0,
        tokens_per_s=1e5,
        warm_up_min=20.0,
    )
    state = SiteState(
        at=AT, classes=(ClassState(name="slow", units_on=4, starts=(_start(3, 10.0),)),)
    )
    asked = replace(
        problem,
        site=replace(problem.site, machines=(slow,)),
        state=state,
        demand_mtok_per_h=np.full(len(LONG), 1e4),
    )
    plan = fast(asked).plan(asked)
    assert plan.served[0].values[0] == pytest.approx(1 * slow.unit_mtok_per_h)
    assert plan.served[0].values[2] == pytest.approx(4 * slow.unit_mtok_per_h)
    spike = replace(asked, energy_usd_per_mwh=np.array([90_000.0] + [40.0] * 5))
    assert fast(spike).plan(spike).setpoint.of("slow") == 0
