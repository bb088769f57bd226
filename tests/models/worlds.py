"""Small sites, ticks and states that the tests of the models share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from mara.domain import (
    Backlog,
    Battery,
    ClassState,
    ClassUnits,
    Commitment,
    MachineClass,
    MachineKind,
    Origin,
    Outage,
    Setpoint,
    Site,
    SiteState,
    SlaTier,
    Start,
    Tick,
)

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)

MINER = MachineClass(
    name="miner",
    kind=MachineKind.MINER,
    count=10,
    power_kw=100.0,
    hashrate_th_s=6_000.0,
    warm_up_min=10.0,
    min_run_min=15.0,
    switch_cost_usd=2.0,
)
OLD = MachineClass(
    name="old", kind=MachineKind.MINER, count=6, power_kw=100.0, hashrate_th_s=2_000.0
)
SERVER = MachineClass(
    name="server", kind=MachineKind.INFERENCE, count=5, power_kw=100.0, tokens_per_s=50_000.0
)
BATTERY = Battery(
    energy_mwh=2.0,
    power_mw=1.0,
    soc_min=0.1,
    soc_max=0.9,
    charge_efficiency=0.9,
    discharge_efficiency=0.8,
    wear_usd_per_mwh=7.0,
)
TIERS = (
    SlaTier(name="firm", share=0.5, price_factor=1.0, penalty_usd_per_mtok=4.0),
    SlaTier(
        name="flexible",
        share=0.5,
        price_factor=0.5,
        penalty_usd_per_mtok=1.0,
        longest_delay_min=10.0,
    ),
)


def site(**changes: Any) -> Site:  # noqa: ANN401
    values: dict[str, Any] = {
        "site_id": "test",
        "time_zone": "America/Chicago",
        "import_limit_mw": 2.0,
        "export_limit_mw": 0.5,
        "machines": (MINER, OLD, SERVER),
        "battery": BATTERY,
        "tiers": TIERS,
    }
    return Site(**(values | changes))


def tick(**changes: Any) -> Tick:  # noqa: ANN401
    values: dict[str, Any] = {
        "site_id": "test",
        "at": AT,
        "minutes": 5.0,
        "energy_usd_per_mwh": 40.0,
        "hash_usd_per_ph_day": 50.0,
        "token_usd_per_mtok": 0.7,
        "demand_mtok_per_h": 600.0,
        "origin": Origin.SIMULATED,
        "source": "test",
    }
    return Tick(**(values | changes))


def on(*, charge_mw: float = 0.0, discharge_mw: float = 0.0, **units: int) -> Setpoint:
    return Setpoint(
        units=tuple(ClassUnits(name=name, units=count) for name, count in units.items()),
        charge_mw=charge_mw,
        discharge_mw=discharge_mw,
    )


def running(**units: int) -> SiteState:
    """All warm, nothing locked, the battery half full."""
    classes = tuple(ClassState(name=name, units_on=count) for name, count in units.items())
    return SiteState(at=AT, classes=classes, soc_mwh=1.0)


def _minutes_before(minutes: float) -> datetime:
    return datetime.fromtimestamp(AT.timestamp() - 60.0 * minutes, UTC)


@st.composite
def class_states(draw: st.DrawFn, machine: MachineClass) -> ClassState:
    units = draw(st.integers(0, machine.count))
    recent = draw(st.integers(0, units))
    minutes = draw(st.sampled_from([2.5, 5.0, 10.0]))
    starts = (Start(at=_minutes_before(minutes), units=recent),) if recent else ()
    return ClassState(name=machine.name, units_on=units, starts=starts)


@st.composite
def states(draw: st.DrawFn) -> SiteState:
    due = st.sampled_from([5.0, 10.0, 12.0, 30.0])
    work = [
        Backlog(tier="flexible", due=_minutes_before(-draw(due)), mtok=mtok)
        for mtok in draw(st.lists(st.floats(0.0, 50.0), max_size=3))
    ]
    return SiteState(
        at=AT,
        classes=tuple(draw(class_states(m)) for m in (MINER, OLD, SERVER)),
        soc_mwh=draw(st.floats(BATTERY.floor_mwh, BATTERY.ceiling_mwh)),
        backlog=tuple(sorted(work, key=lambda item: item.due)),
        import_mw=draw(st.floats(0.0, 2.0)),
    )


@st.composite
def setpoints(draw: st.DrawFn) -> Setpoint:
    return on(
        charge_mw=draw(st.sampled_from([0.0, 0.3, 1.0, 5.0])),
        discharge_mw=draw(st.sampled_from([0.0, 0.2, 1.0, 5.0])),
        miner=draw(st.integers(0, 30)),
        old=draw(st.integers(0, 30)),
        server=draw(st.integers(0, 30)),
    )


@st.composite
def ticks(draw: st.DrawFn) -> Tick:
    return tick(
        energy_usd_per_mwh=draw(st.floats(-251.0, 5_000.0)),
        hash_usd_per_ph_day=draw(st.none() | st.floats(0.0, 100.0)),
        token_usd_per_mtok=draw(st.none() | st.floats(0.0, 3.0)),
        demand_mtok_per_h=draw(st.none() | st.floats(0.0, 3_000.0)),
    )


@st.composite
def sites(draw: st.DrawFn) -> Site:
    promise = Commitment(start=AT, end=_minutes_before(-60.0), max_import_mw=0.4)
    return site(
        import_limit_mw=draw(st.floats(0.0, 3.0)),
        outages=(Outage(machine_class="miner", units=draw(st.integers(0, 10))),),
        commitments=draw(st.sampled_from([(), (promise,)])),
        battery=draw(st.sampled_from([BATTERY, BATTERY, None])),
    )
