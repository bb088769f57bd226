"""The strategies that do not optimise: one contract for all, then each one's own rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import (
    Backlog,
    Commitment,
    Forecast,
    History,
    Origin,
    Plan,
    Site,
    SiteState,
    Tick,
)
from mara.models.settlement import feasible, settle
from mara.models.strategies.base import DecisionContext, Strategy
from mara.models.strategies.hold import Hold
from mara.models.strategies.strike_rule import StrikeRule
from tests.models.worlds import AT, SERVER, running, site, sites, states, tick, ticks

RULES = [StrikeRule(), Hold()]


def _context(place: Site, state: SiteState, now: Tick) -> DecisionContext:
    return DecisionContext(site=place, state=state, tick=now, history=History(minutes=5.0))


def _plan(rule: Strategy, now: Tick, *, place: Site | None = None, **units: int) -> Plan:
    context = _context(place or site(import_limit_mw=5.0), running(**units), now)
    return rule.propose(context).plan


def _units(plan: Plan) -> dict[str, int]:
    return {u.name: u.units for u in plan.setpoint.units}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
@given(place=sites(), state=states(), now=ticks())
def test_a_proposal_is_feasible_and_says_what_settling_will(
    rule: Strategy, place: Site, state: SiteState, now: Tick
) -> None:
    proposal = rule.propose(_context(place, state, now))
    setpoint = proposal.plan.setpoint
    assert feasible(place, state, setpoint, now) == setpoint
    got, _ = settle(place, state, setpoint, now)
    assert proposal.plan.expected_margin_usd == got.margin_usd
    assert proposal.plan.import_mw == (got.import_mw,)
    assert (setpoint.charge_mw, setpoint.discharge_mw) == (0.0, 0.0)
    assert proposal.agent == rule.name
    assert proposal.reason


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_equal_contexts_give_equal_proposals(rule: Strategy) -> None:
    context = _context(site(), running(miner=3), tick())
    assert rule.propose(context) == rule.propose(context)


def test_the_strike_rule_runs_what_earns_more_than_its_power() -> None:
    # Strikes: miner 125, old 41.67, server 75 % of 1,260 USD/MWh.
    assert _units(_plan(StrikeRule(), tick(energy_usd_per_mwh=41.0)))["old"] == 6
    at_60 = _units(_plan(StrikeRule(), tick(energy_usd_per_mwh=60.0)))
    assert (at_60["miner"], at_60["old"]) == (10, 0)
    assert _units(_plan(StrikeRule(), tick(energy_usd_per_mwh=126.0)))["miner"] == 0


def test_inference_runs_as_many_units_as_the_demand_takes() -> None:
    assert _units(_plan(StrikeRule(), tick(demand_mtok_per_h=400.0)))["server"] == 3
    waiting = (Backlog(tier="flexible", due=AT + timedelta(hours=1), mtok=15.0),)
    context = _context(site(), replace(running(), backlog=waiting), tick(demand_mtok_per_h=400.0))
    assert _units(StrikeRule().propose(context).plan)["server"] == 4


def test_above_its_strike_inference_serves_firm_demand_only() -> None:
    spike = tick(energy_usd_per_mwh=5_000.0, demand_mtok_per_h=600.0)
    assert _units(_plan(StrikeRule(), spike)) == {"miner": 0, "old": 0, "server": 2}


def test_firm_demand_beyond_the_allowed_classes_is_served_by_others() -> None:
    lavish = replace(SERVER, name="lavish", power_kw=1_000.0)
    place = site(machines=(SERVER, lavish), import_limit_mw=20.0)
    # Strikes at 0.7 USD/Mtok: 945 and 94.5; firm demand 1,150 Mtok/h, 900 of it made by servers.
    now = tick(energy_usd_per_mwh=500.0, demand_mtok_per_h=2_300.0)
    assert _units(_plan(StrikeRule(), now, place=place)) == {"server": 5, "lavish": 2}


def test_without_tiers_inference_runs_all_or_none() -> None:
    free = site(tiers=(), import_limit_mw=5.0)
    assert _units(_plan(StrikeRule(), tick(), place=free))["server"] == 5
    spike = tick(energy_usd_per_mwh=5_000.0)
    assert _units(_plan(StrikeRule(), spike, place=free))["server"] == 0


def test_at_a_negative_price_everything_runs_to_the_limit() -> None:
    paid = tick(energy_usd_per_mwh=-0.01, demand_mtok_per_h=10.0)
    assert _units(_plan(StrikeRule(), paid)) == {"miner": 10, "old": 6, "server": 5}
    tight = _plan(StrikeRule(), paid, place=site(import_limit_mw=1.55))
    assert tight.import_mw[0] == pytest.approx(1.5)


def test_a_class_without_a_price_does_not_run() -> None:
    silent = tick(energy_usd_per_mwh=-5.0, hash_usd_per_ph_day=None)
    assert _units(_plan(StrikeRule(), silent)) == {"miner": 0, "old": 0, "server": 5}


@given(low=st.floats(-50.0, 300.0), more=st.floats(0.0, 300.0))
def test_dearer_power_never_runs_more_miners(low: float, more: float) -> None:
    cheap = _units(_plan(StrikeRule(), tick(energy_usd_per_mwh=low)))
    dear = _units(_plan(StrikeRule(), tick(energy_usd_per_mwh=low + more)))
    assert dear["miner"] <= cheap["miner"]
    assert dear["old"] <= cheap["old"]


def test_hold_keeps_what_runs_within_the_promise_to_the_grid() -> None:
    assert _units(_plan(Hold(), tick(), miner=3, server=2)) == {"miner": 3, "old": 0, "server": 2}
    promise = Commitment(start=AT, end=AT + timedelta(hours=1), max_import_mw=0.35)
    held = _plan(Hold(), tick(), place=site(commitments=(promise,)), miner=3, server=2)
    assert _units(held) == {"miner": 1, "old": 0, "server": 2}


def test_a_site_without_battery_plans_no_stored_energy() -> None:
    bare = site(battery=None)
    assert _plan(Hold(), tick(), place=bare).soc_mwh == ()


def test_a_context_finds_its_forecasts() -> None:
    made = Forecast(
        target="energy_usd_per_mwh",
        issued_at=AT,
        starts=(AT + timedelta(minutes=5),),
        mean=(30.0,),
        model="persistence",
        origin=Origin.SIMULATED,
    )
    context = replace(_context(site(), running(), tick()), forecasts=(made,))
    assert context.forecast("energy_usd_per_mwh") is made
    assert context.forecast("grid_load_mw") is None
