"""The law of one interval: invariants first, then examples worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import ClassState, Setpoint, Settlement, Site, SiteState, Start, Tick
from mara.errors import InvalidValue
from mara.models.settlement import feasible, initial_state, settle
from tests.models.worlds import (
    AT,
    BATTERY,
    MINER,
    SERVER,
    on,
    running,
    setpoints,
    site,
    sites,
    states,
    tick,
    ticks,
)


def _cash(settlement: Settlement) -> dict[str, float]:
    return {item.account: item.amount_usd for item in settlement.cash}


@given(sites(), states(), setpoints(), ticks())
def test_power_balances_and_stays_within_the_connection(
    place: Site, state: SiteState, wanted: Setpoint, now: Tick
) -> None:
    got, _ = settle(place, state, feasible(place, state, wanted, now), now)
    inflow = got.import_mw + got.discharge_mw
    assert inflow == pytest.approx(got.export_mw + got.charge_mw + got.machines_mw)
    assert got.machines_mw == pytest.approx(sum(c.power_mw for c in got.classes))
    assert got.import_mw <= place.import_cap_mw(now.at, now.end) + 1e-6
    assert got.export_mw <= place.export_limit_mw + 1e-6
    assert min(got.import_mw, got.export_mw) == 0.0


@given(states(), setpoints(), ticks())
def test_the_battery_keeps_its_energy_law_and_bounds(
    state: SiteState, wanted: Setpoint, now: Tick
) -> None:
    got, after = settle(site(), state, feasible(site(), state, wanted, now), now)
    assert state.soc_mwh is not None
    assert after.soc_mwh == got.soc_mwh is not None
    gained = 0.9 * got.charge_mw * got.hours - got.discharge_mw * got.hours / 0.8
    assert after.soc_mwh == pytest.approx(state.soc_mwh + gained)
    assert BATTERY.floor_mwh <= after.soc_mwh <= BATTERY.ceiling_mwh


@given(states(), setpoints(), ticks())
def test_tokens_are_conserved(state: SiteState, wanted: Setpoint, now: Tick) -> None:
    got, after = settle(site(), state, feasible(site(), state, wanted, now), now)
    demand = now.demand_mtok_per_h if now.token_usd_per_mtok is not None else 0.0
    before = sum(item.mtok for item in state.backlog) + (demand or 0.0) * now.hours
    carried = sum(item.mtok for item in after.backlog)
    assert got.served_mtok + got.missed_mtok + carried == pytest.approx(before)
    assert got.served_mtok <= 5 * SERVER.unit_mtok_per_h * now.hours + 1e-9
    assert all(item.due > after.at for item in after.backlog)


@given(states(), setpoints(), ticks())
def test_cash_is_what_classes_earn_less_costs(
    state: SiteState, wanted: Setpoint, now: Tick
) -> None:
    got, _ = settle(site(), state, feasible(site(), state, wanted, now), now)
    cash = _cash(got)
    earned = cash.get("income:hash", 0.0) + cash.get("income:tokens", 0.0)
    assert sum(c.revenue_usd for c in got.classes) == pytest.approx(earned)
    assert got.margin_usd == pytest.approx(sum(cash.values()))
    net_mwh = (got.import_mw - got.export_mw) * got.hours
    traded = cash.get("expense:energy", 0.0) + cash.get("income:export", 0.0)
    assert traded == pytest.approx(-net_mwh * now.energy_usd_per_mwh)


@given(states(), setpoints(), ticks())
def test_halving_the_interval_changes_neither_energy_nor_money(
    state: SiteState, wanted: Setpoint, now: Tick
) -> None:
    place = site(tiers=())
    bare = replace(state, backlog=())
    setpoint = feasible(place, bare, wanted, now)
    whole, end = settle(place, bare, setpoint, now)
    first, middle = settle(place, bare, setpoint, now, hours=now.hours / 2)
    later = replace(now, at=middle.at, minutes=now.minutes / 2)
    second, other = settle(place, middle, setpoint, later)
    assert other.at == end.at
    assert other.soc_mwh == pytest.approx(end.soc_mwh)
    assert other.classes == end.classes
    assert first.served_mtok + second.served_mtok == pytest.approx(whole.served_mtok)
    assert first.margin_usd + second.margin_usd == pytest.approx(whole.margin_usd, abs=1e-6)


@given(states(), setpoints(), ticks())
def test_repairing_twice_is_repairing_once(state: SiteState, wanted: Setpoint, now: Tick) -> None:
    once = feasible(site(), state, wanted, now)
    twice = feasible(site(), state, once, now)
    assert twice.units == once.units
    assert twice.charge_mw == pytest.approx(once.charge_mw)
    assert twice.discharge_mw == pytest.approx(once.discharge_mw)


@given(sites(), states(), setpoints(), ticks())
def test_units_in_service_only(place: Site, state: SiteState, wanted: Setpoint, now: Tick) -> None:
    repaired = feasible(place, state, wanted, now)
    assert all(repaired.of(m.name) <= place.available(m.name) for m in place.machines)
    assert 0.0 in (repaired.charge_mw, repaired.discharge_mw)


def test_a_day_of_starts_and_stops_by_hand() -> None:
    state = initial_state(site(tiers=()), AT)
    setpoint = on(miner=4, charge_mw=0.5)
    got, after = settle(site(tiers=()), state, setpoint, tick())
    assert got.import_mw == pytest.approx(0.9)
    assert _cash(got) == pytest.approx(
        {"expense:energy": -0.9 / 12 * 40.0, "expense:switching": -8.0}
    )
    assert after.of("miner").starts == (Start(at=AT, units=4),)
    _, after = settle(site(tiers=()), after, on(miner=4), tick(at=after.at))
    warm, after = settle(site(tiers=()), after, on(miner=4), tick(at=after.at))
    assert _cash(warm)["income:hash"] == pytest.approx(4 * 6.0 * 50.0 / 24 / 12)
    assert after.of("miner") == ClassState(name="miner", units_on=4)


def test_warm_up_that_ends_within_the_interval_earns_its_part() -> None:
    start = Start(at=AT - timedelta(minutes=8), units=2)
    state = replace(running(), classes=(ClassState(name="miner", units_on=3, starts=(start,)),))
    got, _ = settle(site(), state, on(miner=3), tick(demand_mtok_per_h=0.0))
    minutes = 1 * 5.0 + 2 * 3.0
    assert _cash(got)["income:hash"] == pytest.approx(6.0 * 50.0 / 24 / 60 * minutes)


def test_the_longest_running_units_stop_first() -> None:
    starts = (Start(at=AT - timedelta(minutes=12), units=2), Start(at=AT, units=3))
    state = replace(running(), classes=(ClassState(name="miner", units_on=7, starts=starts),))
    _, kept = settle(site(), state, on(miner=5), tick(minutes=1.0))
    _, cut = settle(site(), state, on(miner=4), tick(minutes=1.0))
    _, off = settle(site(), state, on(miner=0), tick(minutes=1.0))
    assert [s.units for s in kept.of("miner").starts] == [2, 3]
    assert [s.units for s in cut.of("miner").starts] == [1, 3]
    assert off.of("miner").starts == ()


def test_units_that_warm_up_and_may_stop_go_before_warm_ones() -> None:
    slow = replace(MINER, min_run_min=5.0, warm_up_min=20.0)
    starts = tuple(Start(at=AT - timedelta(minutes=m), units=2) for m in (15, 10, 2))
    state = replace(running(), classes=(ClassState(name="miner", units_on=9, starts=starts),))
    place = site(machines=(slow, SERVER))
    left = [
        [
            s.units
            for s in settle(place, state, on(miner=n), tick(minutes=1.0))[1].of("miner").starts
        ]
        for n in (8, 6, 5, 4, 1)
    ]
    assert left == [[2, 1, 2], [1, 2], [2], [2], [1]]


def test_export_earns_and_discharge_wears() -> None:
    got, after = settle(site(tiers=()), running(), on(discharge_mw=0.4), tick())
    assert (got.import_mw, got.export_mw) == (0.0, pytest.approx(0.4))
    assert _cash(got) == pytest.approx(
        {"income:export": 0.4 / 12 * 40.0, "expense:wear": -0.4 / 12 * 7.0}
    )
    assert after.export_mw == pytest.approx(0.4)


def test_negative_prices_pay_for_import() -> None:
    got, _ = settle(site(tiers=()), running(old=6), on(old=6), tick(energy_usd_per_mwh=-251.0))
    assert _cash(got)["expense:energy"] == pytest.approx(0.6 / 12 * 251.0)


def test_missing_prices_earn_nothing() -> None:
    silent = tick(hash_usd_per_ph_day=None, token_usd_per_mtok=None)
    got, _ = settle(site(tiers=()), running(old=6, server=2), on(old=6, server=2), silent)
    assert set(_cash(got)) == {"expense:energy"}
    assert got.served_mtok == 0.0


def test_without_a_battery_there_is_no_stored_energy() -> None:
    place = site(battery=None)
    assert initial_state(place, AT).soc_mwh is None
    got, after = settle(place, initial_state(place, AT), on(), tick())
    assert got.soc_mwh is None
    assert after.soc_mwh is None


@pytest.mark.parametrize(
    ("setpoint", "says"),
    [
        (on(miner=11), "11 x miner exceeds the 10"),
        (on(pump=1), "'pump' is unknown"),
        (on(charge_mw=1.1), "charge_mw=1.1 exceeds"),
        (on(discharge_mw=1.1), "discharge_mw=1.1 exceeds"),
    ],
)
def test_the_impossible_is_refused(setpoint: Setpoint, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        settle(site(), running(), setpoint, tick())


def test_an_interval_is_not_settled_before_its_state() -> None:
    _, after = settle(site(), running(), on(), tick())
    with pytest.raises(InvalidValue, match="lies before the state"):
        settle(site(), after, on(), tick())


@given(st.sampled_from([0.0, -1.0]))
def test_no_time_is_no_interval(hours: float) -> None:
    with pytest.raises(InvalidValue, match="hours="):
        settle(site(), running(), on(), tick(), hours=hours)


def test_a_battery_without_its_energy_is_refused() -> None:
    lost = replace(running(), soc_mwh=None)
    with pytest.raises(InvalidValue, match="soc_mwh of the state is missing"):
        feasible(site(), lost, on(), tick())


def test_a_late_settlement_of_a_changed_battery_stays_possible() -> None:
    shrunk = site(battery=replace(BATTERY, soc_max=0.4))
    got, _ = settle(shrunk, running(), on(), tick())
    assert got.soc_mwh == 1.0


def test_miner_data_of_the_worlds_is_as_the_examples_say() -> None:
    assert (MINER.warm_up_min, MINER.min_run_min, MINER.switch_cost_usd) == (10.0, 15.0, 2.0)
