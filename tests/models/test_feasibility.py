"""How a set point is repaired, in the order that the law states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import ClassState, Commitment, Outage, SiteState, Start
from mara.errors import InvalidValue
from mara.models.feasibility import battery_limits_mw, feasible, locked_units
from tests.models.worlds import AT, MINER, on, running, site, tick


def _locked_miners(units: int) -> SiteState:
    start = Start(at=AT - timedelta(minutes=5), units=units)
    return replace(running(), classes=(ClassState(name="miner", units_on=units, starts=(start,)),))


def test_a_feasible_set_point_keeps_its_values() -> None:
    wanted = on(miner=3, old=2, server=5, charge_mw=0.2)
    assert feasible(site(), running(), wanted, tick()) == wanted


def test_classes_that_are_not_named_are_off() -> None:
    repaired = feasible(site(), running(), on(server=1), tick())
    assert [(u.name, u.units) for u in repaired.units] == [
        ("miner", 0),
        ("old", 0),
        ("server", 1),
    ]


def test_charging_ends_before_any_machine_stops() -> None:
    repaired = feasible(site(), running(), on(miner=10, server=5, charge_mw=1.0), tick())
    assert repaired.of("miner") == 10
    assert repaired.charge_mw == pytest.approx(0.5)


def test_machines_make_room_where_charging_comes_first() -> None:
    wanted = on(miner=10, server=5, charge_mw=1.0)
    repaired = feasible(site(), running(), wanted, tick(), charge_first=True)
    assert repaired.charge_mw == feasible(site(), running(), on(charge_mw=1.0), tick()).charge_mw
    assert repaired.of("miner") < 10
    narrow = site(import_limit_mw=1.5)
    locked = feasible(narrow, _locked_miners(10), wanted, tick(), charge_first=True)
    assert locked.of("miner") == 10
    assert locked.charge_mw == pytest.approx(0.5)


def test_the_lowest_strike_is_shed_first() -> None:
    repaired = feasible(site(), running(), on(miner=10, old=6, server=5), tick())
    assert (repaired.of("miner"), repaired.of("old"), repaired.of("server")) == (10, 5, 5)


def test_a_class_without_a_price_is_shed_before_all() -> None:
    wanted = on(miner=10, old=6, server=5)
    repaired = feasible(site(), running(), wanted, tick(token_usd_per_mtok=None))
    assert (repaired.of("old"), repaired.of("server")) == (6, 4)


def test_units_that_must_not_stop_yet_run_on() -> None:
    repaired = feasible(site(), _locked_miners(4), on(), tick())
    assert repaired.of("miner") == 4
    assert locked_units(MINER, _locked_miners(4).of("miner"), AT + timedelta(minutes=10)) == 0


def test_the_promise_to_the_grid_stands_above_the_minimum_run() -> None:
    promise = Commitment(start=AT, end=AT + timedelta(hours=1), max_import_mw=0.25)
    place = site(commitments=(promise,))
    repaired = feasible(place, _locked_miners(4), on(miner=4, server=2), tick())
    assert (repaired.of("server"), repaired.of("miner")) == (0, 2)


def test_units_out_of_service_stop_even_when_locked() -> None:
    place = site(outages=(Outage(machine_class="miner", units=8),))
    assert feasible(place, _locked_miners(4), on(miner=9), tick()).of("miner") == 2


def test_export_is_held_by_cutting_the_discharge() -> None:
    repaired = feasible(site(), running(), on(old=1, discharge_mw=1.0), tick())
    assert repaired.discharge_mw == pytest.approx(0.6)


def test_both_directions_are_netted() -> None:
    repaired = feasible(site(), running(), on(charge_mw=0.5, discharge_mw=0.3), tick())
    assert (repaired.charge_mw, repaired.discharge_mw) == (pytest.approx(0.2), 0.0)


@given(st.floats(0.2, 1.8))
def test_battery_limits_end_at_floor_and_ceiling(soc_mwh: float) -> None:
    state = replace(running(), soc_mwh=soc_mwh)
    charge, discharge = battery_limits_mw(site(), state, 4.0)
    assert soc_mwh + 0.9 * charge * 4.0 <= 1.8 + 1e-9
    assert soc_mwh - discharge * 4.0 / 0.8 >= 0.2 - 1e-9
    assert battery_limits_mw(site(battery=None), state, 4.0) == (0.0, 0.0)


def test_a_ramp_bounds_the_rise() -> None:
    place = site(ramp_mw_per_min=0.1)
    state = replace(running(), import_mw=0.2)
    repaired = feasible(place, state, on(miner=10, server=5), tick())
    assert (repaired.of("miner"), repaired.of("server")) == (2, 5)


def test_a_ramp_bounds_the_fall_by_running_on_dearest_first() -> None:
    place = site(ramp_mw_per_min=0.1)
    state = replace(running(miner=10, old=5, server=5), import_mw=2.0)
    repaired = feasible(place, state, on(discharge_mw=0.4), tick())
    assert repaired.discharge_mw == 0.0
    assert (repaired.of("server"), repaired.of("miner"), repaired.of("old")) == (5, 10, 0)


def test_the_connection_stands_above_the_ramp() -> None:
    promise = Commitment(start=AT, end=AT + timedelta(hours=1), max_import_mw=0.3)
    place = site(ramp_mw_per_min=0.1, commitments=(promise,))
    state = replace(running(miner=10, old=5, server=5), import_mw=2.0)
    repaired = feasible(place, state, on(miner=10, old=5, server=5), tick())
    assert (repaired.of("server"), repaired.of("miner"), repaired.of("old")) == (3, 0, 0)


def test_an_unknown_class_is_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match="'pump' is unknown"):
        feasible(site(), running(), on(pump=1), tick())
