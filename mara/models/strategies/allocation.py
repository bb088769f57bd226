"""Units of each class from the classes that may run, and a plan of one interval from units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mara.domain import (
    ClassUnits,
    MachineClass,
    MachineKind,
    Plan,
    Schedule,
    Setpoint,
    Site,
    SiteState,
    Tick,
)
from mara.models.settlement import feasible, settle
from mara.models.strike import StrikePrice, strike_prices

if TYPE_CHECKING:
    from collections.abc import Collection

    from mara.models.strategies.base import DecisionContext

__all__ = ["allocate", "firm_share", "one_interval_plan", "serving_units"]


def firm_share(site: Site) -> float:
    """Share of the demand in tiers that cannot wait."""
    return sum(t.share for t in site.tiers if t.longest_delay_min == 0.0)


def allocate(
    site: Site, state: SiteState, tick: Tick, allowed: Collection[str]
) -> tuple[ClassUnits, ...]:
    """Units to run where the classes called in `allowed` earn more than their power costs.

    Miners run all units or none. Inference runs as many units, dearest class first, as the demand
    and the backlog take; where its class is not allowed, as many as firm demand takes beyond what
    allowed classes make. Without tiers, or where power is paid for being used (negative price),
    allowed inference runs all units. A class without a price does not run.
    """
    ladder = strike_prices(site, tick)
    units = {s.name: site.available(s.name) for s in ladder if s.name in allowed}
    if site.tiers and tick.energy_usd_per_mwh >= 0.0:
        units |= _inference(site, state, tick, ladder, allowed)
    return tuple(ClassUnits(name=m.name, units=units.get(m.name, 0)) for m in site.machines)


def _inference(
    site: Site,
    state: SiteState,
    tick: Tick,
    ladder: tuple[StrikePrice, ...],
    allowed: Collection[str],
) -> dict[str, int]:
    servers = [m for m in map(site.machine, (s.name for s in ladder)) if _serves(m)]
    demand = tick.demand_mtok_per_h or 0.0
    waiting = sum(item.mtok for item in state.backlog) / tick.hours
    wanted = serving_units(site, [m for m in servers if m.name in allowed], demand + waiting)
    made = sum(site.machine(name).unit_mtok_per_h * units for name, units in wanted.items())
    others = [m for m in servers if m.name not in allowed]
    return wanted | serving_units(site, others, firm_share(site) * demand - made)


def _serves(machine: MachineClass) -> bool:
    return machine.kind is MachineKind.INFERENCE


def serving_units(site: Site, servers: list[MachineClass], mtok_per_h: float) -> dict[str, int]:
    """Units of each of `servers`, first ones first, that together make `mtok_per_h`."""
    units: dict[str, int] = {}
    for machine in servers:
        need = math.ceil(max(mtok_per_h, 0.0) / machine.unit_mtok_per_h - 1e-9)
        units[machine.name] = min(need, site.available(machine.name))
        mtok_per_h -= units[machine.name] * machine.unit_mtok_per_h
    return units


def one_interval_plan(context: DecisionContext, wanted: Setpoint, *, method: str) -> Plan:
    """Plan the tick's interval: `wanted`, repaired to what is feasible, with its margin."""
    site, state, tick = context.site, context.state, context.tick
    setpoint = feasible(site, state, wanted, tick)
    settlement, after = settle(site, state, setpoint, tick)
    return Plan(
        site_id=site.site_id,
        issued_at=tick.at,
        starts=(tick.at,),
        hours=(tick.hours,),
        units=tuple(Schedule(name=u.name, values=(float(u.units),)) for u in setpoint.units),
        charge_mw=(setpoint.charge_mw,),
        discharge_mw=(setpoint.discharge_mw,),
        import_mw=(settlement.import_mw,),
        export_mw=(settlement.export_mw,),
        soc_mwh=() if after.soc_mwh is None else (after.soc_mwh,),
        expected_margin_usd=settlement.margin_usd,
        method=method,
    )
