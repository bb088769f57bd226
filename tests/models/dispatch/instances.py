"""Random dispatch problems, small enough to judge by enumeration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from mara.domain import (
    Backlog,
    Battery,
    ClassState,
    MachineClass,
    MachineKind,
    Site,
    SiteState,
    SlaTier,
    Start,
)
from mara.models.dispatch import DispatchProblem, Grid

AT = datetime(2026, 6, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an instance is made of."""

    minutes: tuple[float, ...] = (5.0, 5.0, 15.0)
    miners: int = 1
    servers: int = 0
    most_units: int = 2
    battery: bool = False
    tiers: tuple[float, ...] = ()
    ramp: bool = False


def machine(rng: np.random.Generator, name: str, kind: MachineKind, most: int) -> MachineClass:
    miner = kind is MachineKind.MINER
    warm_up = float(rng.choice([0.0, 2.0, 5.0, 7.0]))
    return MachineClass(
        name=name,
        kind=kind,
        count=int(rng.integers(1, most + 1)),
        power_kw=float(rng.uniform(200, 900)),
        hashrate_th_s=float(rng.uniform(5_000, 40_000)) if miner else None,
        tokens_per_s=None if miner else float(rng.uniform(2e4, 2e5)),
        warm_up_min=warm_up,
        min_run_min=max(warm_up, float(rng.choice([0.0, 5.0, 10.0, 20.0]))),
        switch_cost_usd=float(rng.choice([0.0, rng.uniform(0, 3)])),
        cooling_overhead=float(rng.choice([0.0, 0.1])),
    )


def class_state(rng: np.random.Generator, item: MachineClass) -> ClassState:
    on = int(rng.integers(0, item.count + 1))
    started = int(rng.integers(0, on + 1))
    age = float(rng.choice([5.0, 10.0, 15.0]))
    starts = (Start(at=AT - timedelta(minutes=age), units=started),) if started else ()
    return ClassState(name=item.name, units_on=on, starts=starts)


def battery_of(rng: np.random.Generator) -> Battery:
    return Battery(
        energy_mwh=float(rng.uniform(0.1, 1.0)),
        power_mw=float(rng.uniform(0.2, 2.0)),
        soc_min=0.05,
        soc_max=0.95,
        charge_efficiency=float(rng.uniform(0.85, 1.0)),
        discharge_efficiency=float(rng.uniform(0.85, 1.0)),
        wear_usd_per_mwh=float(rng.choice([0.0, 5.0, 15.0])),
    )


def tiers_of(rng: np.random.Generator, delays: tuple[float, ...]) -> tuple[SlaTier, ...]:
    shares = rng.dirichlet(np.ones(len(delays))) if delays else []
    return tuple(
        SlaTier(
            name=f"tier{k}",
            share=float(share),
            price_factor=float(rng.uniform(0.3, 1.5)),
            penalty_usd_per_mtok=float(rng.choice([0.0, rng.uniform(0, 2)])),
            longest_delay_min=delay,
        )
        for k, (share, delay) in enumerate(zip(shares, delays, strict=True))
    )


def site_of(rng: np.random.Generator, kind: Kind) -> Site:
    machines = (
        *(machine(rng, f"m{i}", MachineKind.MINER, kind.most_units) for i in range(kind.miners)),
        *(
            machine(rng, f"s{i}", MachineKind.INFERENCE, kind.most_units)
            for i in range(kind.servers)
        ),
    )
    full = sum(m.count * m.unit_mw for m in machines)
    return Site(
        site_id="small",
        time_zone="UTC",
        import_limit_mw=full * float(rng.uniform(0.6, 1.3)) + 0.2 * kind.battery,
        export_limit_mw=float(rng.choice([0.0, 0.5])),
        machines=machines,
        battery=battery_of(rng) if kind.battery else None,
        tiers=tiers_of(rng, kind.tiers),
        ramp_mw_per_min=float(rng.uniform(0.1, 0.4)) if kind.ramp else None,
    )


def problem_of(rng: np.random.Generator, kind: Kind) -> DispatchProblem:
    site = site_of(rng, kind)
    n, battery = len(kind.minutes), site.battery
    soc = None if battery is None else float(rng.uniform(battery.floor_mwh, battery.ceiling_mwh))
    waiting = [t for t in site.tiers if t.longest_delay_min > 0 and rng.random() < 0.5]
    classes = tuple(class_state(rng, m) for m in site.machines)
    on_mw = sum(site.machine(c.name).unit_mw * c.units_on for c in classes)
    capacity = sum(m.count * m.unit_mtok_per_h for m in site.machines)
    return DispatchProblem(
        site=site,
        state=SiteState(
            at=AT,
            classes=classes,
            soc_mwh=soc,
            backlog=tuple(
                Backlog(
                    tier=t.name,
                    due=AT + timedelta(minutes=float(rng.choice([5.0, 10.0, 12.0]))),
                    mtok=float(rng.uniform(0, 0.1)) * capacity,
                )
                for t in waiting
            ),
            import_mw=on_mw,
        ),
        grid=Grid(at=AT, minutes=kind.minutes),
        energy_usd_per_mwh=rng.uniform(-60, 160, n),
        hash_usd_per_ph_day=rng.uniform(20, 120, n),
        token_usd_per_mtok=rng.uniform(0.05, 1.0, n),
        demand_mtok_per_h=capacity * rng.uniform(0.3, 1.2, n) if site.tiers else None,
        import_cap_mw=site.import_limit_mw * rng.uniform(0.8, 1.0, n),
        export_cap_mw=np.full(n, site.export_limit_mw),
        terminal_usd_per_mwh=float(rng.choice([0.0, 25.0])),
        stability_usd_per_mw=float(rng.choice([0.0, 0.25])),
    )
