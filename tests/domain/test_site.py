"""Sites and what stands on them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mara.domain import Battery, Commitment, MachineClass, MachineKind, Outage, Site, SlaTier
from mara.errors import InvalidValue

AT = datetime(2026, 6, 1, tzinfo=UTC)
MINER = MachineClass(
    name="miner",
    kind=MachineKind.MINER,
    count=10,
    power_kw=3.0,
    hashrate_th_s=100.0,
    cooling_overhead=0.1,
)
SERVER = MachineClass(
    name="server", kind=MachineKind.INFERENCE, count=4, power_kw=10.0, tokens_per_s=1_000.0
)
BATTERY = Battery(energy_mwh=10.0, power_mw=5.0, soc_min=0.1, soc_max=0.9)
TIER = SlaTier(name="firm", share=1.0, price_factor=1.0, penalty_usd_per_mtok=2.0)
PROMISE = Commitment(start=AT, end=AT + timedelta(hours=1), max_import_mw=3.0)
SITE = Site(
    site_id="s",
    time_zone="America/Chicago",
    import_limit_mw=20.0,
    export_limit_mw=5.0,
    machines=(MINER, SERVER),
    battery=BATTERY,
    tiers=(TIER,),
)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name"),
        ({"count": 2.5}, "count"),
        ({"count": -1}, "count"),
        ({"power_kw": 0.0}, "power_kw"),
        ({"warm_up_min": -1.0}, "warm_up_min"),
        ({"min_run_min": float("nan")}, "min_run_min"),
        ({"switch_cost_usd": -0.1}, "switch_cost_usd"),
        ({"cooling_overhead": float("inf")}, "cooling_overhead"),
        ({"hashrate_th_s": None}, "hashrate_th_s is missing"),
        ({"hashrate_th_s": 0.0}, "hashrate_th_s"),
        ({"tokens_per_s": 5.0}, "tokens_per_s makes no sense"),
        ({"kind": MachineKind.INFERENCE}, "tokens_per_s is missing"),
    ],
)
def test_impossible_machines_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(MINER, **changes)


def test_a_servers_hashrate_makes_no_sense() -> None:
    with pytest.raises(InvalidValue, match="hashrate_th_s makes no sense"):
        replace(SERVER, hashrate_th_s=1.0)


def test_units_of_a_machine() -> None:
    assert MINER.unit_mw == pytest.approx(0.0033)
    assert MINER.unit_mtok_per_h == 0.0
    assert SERVER.unit_mtok_per_h == pytest.approx(3.6)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"energy_mwh": 0.0}, "energy_mwh"),
        ({"power_mw": -1.0}, "power_mw"),
        ({"soc_max": 1.1}, "soc_max"),
        ({"soc_min": 0.95}, "soc_min"),
        ({"charge_efficiency": 0.0}, "charge_efficiency"),
        ({"discharge_efficiency": 1.01}, "discharge_efficiency"),
        ({"wear_usd_per_mwh": -1.0}, "wear_usd_per_mwh"),
    ],
)
def test_impossible_batteries_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(BATTERY, **changes)


def test_bounds_of_stored_energy() -> None:
    assert (BATTERY.floor_mwh, BATTERY.ceiling_mwh) == (1.0, 9.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "name"),
        ({"share": 1.1}, "share"),
        ({"price_factor": -0.1}, "price_factor"),
        ({"penalty_usd_per_mtok": float("nan")}, "penalty_usd_per_mtok"),
        ({"longest_delay_min": -5.0}, "longest_delay_min"),
    ],
)
def test_impossible_tiers_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(TIER, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"end": AT}, "must come after"),
        ({"start": AT.replace(tzinfo=None)}, "time zone"),
        ({"end": AT.replace(tzinfo=None)}, "time zone"),
        ({"max_import_mw": -1.0}, "max_import_mw"),
    ],
)
def test_impossible_promises_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(PROMISE, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"site_id": ""}, "site_id"),
        ({"time_zone": "Mars/Olympus"}, "time_zone='Mars/Olympus' is unknown"),
        ({"time_zone": "../etc/passwd"}, "is unknown"),
        ({"time_zone": ""}, "is unknown"),
        ({"import_limit_mw": -1.0}, "import_limit_mw"),
        ({"export_limit_mw": float("nan")}, "export_limit_mw"),
        ({"ramp_mw_per_min": 0.0}, "ramp_mw_per_min"),
        ({"machines": (MINER, MINER)}, "machine class names"),
        ({"tiers": (replace(TIER, share=0.5), replace(TIER, share=0.5))}, "names of SLA tiers"),
        ({"tiers": (replace(TIER, share=0.5),)}, "sum to 0.5"),
        ({"outages": (Outage(machine_class="miner", units=11),)}, "exceeds the 10"),
        ({"outages": (Outage(machine_class="pump", units=1),)}, "exceeds the 0"),
    ],
)
def test_impossible_sites_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        replace(SITE, **changes)


@pytest.mark.parametrize("changes", [{"machine_class": ""}, {"units": -1}, {"units": 0.5}])
def test_impossible_outages_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="Outage"):
        replace(Outage(machine_class="miner", units=1), **changes)


def test_sites_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SITE.site_id = "other"  # type: ignore[misc]


def test_machines_are_found_by_name() -> None:
    assert SITE.machine("server") is SERVER
    with pytest.raises(InvalidValue, match="'pump' is unknown; there are"):
        SITE.machine("pump")


def test_units_in_service() -> None:
    out = tuple(Outage(machine_class="miner", units=units) for units in (3, 9))
    assert SITE.available("miner") == 10
    assert replace(SITE, outages=out[:1]).available("miner") == 7
    assert replace(SITE, outages=out).available("miner") == 0
    assert replace(SITE, outages=out).available("server") == 4


@given(st.integers(-120, 120), st.integers(1, 120))
def test_a_promise_binds_wherever_it_overlaps(start_min: int, minutes: int) -> None:
    place = replace(SITE, commitments=(PROMISE,), ramp_mw_per_min=1.0)
    start = AT + timedelta(minutes=start_min)
    overlaps = start_min < 60 and start_min + minutes > 0
    cap = place.import_cap_mw(start, start + timedelta(minutes=minutes))
    assert cap == (3.0 if overlaps else 20.0)


def test_a_promise_above_the_connection_changes_nothing() -> None:
    place = replace(SITE, commitments=(replace(PROMISE, max_import_mw=99.0),))
    assert place.import_cap_mw(AT, AT + timedelta(minutes=5)) == 20.0


def test_a_day_is_that_of_the_site() -> None:
    evening = datetime(2026, 6, 2, 3, tzinfo=UTC).astimezone(SITE.zone)
    assert evening.date().isoformat() == "2026-06-01"
