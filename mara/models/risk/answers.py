"""How the site answers the prices that come: it holds its plan, or adapts it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain import MachineKind
from mara.models.strategies.allocation import firm_share
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from mara.domain import Battery, MachineClass, Site
    from mara.models.risk.position import Position
    from mara.models.scenarios.joint import JointScenarios

__all__ = ["Answer", "Flows", "adapted", "answered", "held"]

Floats = NDArray[np.float64]


class Answer(StrEnum):
    """What the site does when a scenario comes true."""

    HELD = "held"
    ADAPTED = "adapted"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """What runs in each scenario: `units` (C, S, T), `charge_mw` and `discharge_mw` (S, T)."""

    units: Floats
    charge_mw: Floats
    discharge_mw: Floats


def answered(position: Position, scenarios: JointScenarios, answer: Answer) -> Flows:
    """Answer each scenario in one of the ways."""
    if answer is Answer.HELD:
        return held(position, scenarios)
    return adapted(position, scenarios)


def held(position: Position, scenarios: JointScenarios) -> Flows:
    """Do what the plan says, whatever the price."""
    shape = (scenarios.count, scenarios.intervals)
    classes = len(position.units)
    return Flows(
        units=np.broadcast_to(position.units[:, None, :], (classes, *shape)),
        charge_mw=np.broadcast_to(position.charge_mw, shape),
        discharge_mw=np.broadcast_to(position.discharge_mw, shape),
    )


def adapted(position: Position, scenarios: JointScenarios) -> Flows:
    """Run what earns at the interval's own price; the battery acts on the plan's stored value.

    Law, with k the strike price of a class, v the plan's value of a MWh in store, nc and nd the
    efficiencies: a class runs all units where k >= price, inference as many as the demand takes
    (all where power is paid for being used), and firm demand is served at any price. The battery
    discharges where price - wear > v / nd and charges where price < v nc, within its power and
    energy. Classes with k < v nc give way to charging; what the connection cannot carry, the
    class of the lowest mean strike gives up. A scenario's later prices are never looked at.
    """
    strikes = [_strike(position.site, m, scenarios) for m in position.site.machines]
    wanted = _wanted(position, scenarios, strikes)
    order = np.argsort([-float(k.mean()) for k in strikes], kind="stable")
    cap = np.broadcast_to(position.import_cap_mw, scenarios.energy_usd_per_mwh.shape)
    unit_mw = np.array([m.unit_mw for m in position.site.machines])
    alone = _within(wanted, unit_mw, order, cap)
    charge, discharge = _battery(position, scenarios, strikes, alone, unit_mw)
    units = _within(wanted, unit_mw, order, cap - charge + discharge)
    return Flows(units=units, charge_mw=charge, discharge_mw=discharge)


def _strike(site: Site, machine: MachineClass, scenarios: JointScenarios) -> Floats:
    """Break-even price of power of a class, (S, 1) or (S, T); below any price without a price."""
    if machine.kind is MachineKind.MINER:
        prices = scenarios.hash_usd_per_ph_day
        per_price = hash_usd_per_h(machine.hashrate_th_s or 0.0, 1.0)
    else:
        prices = scenarios.token_usd_per_mtok
        factor = sum(t.share * t.price_factor for t in site.tiers) if site.tiers else 1.0
        per_price = machine.unit_mtok_per_h * factor
    if prices is None or (site.tiers and _lacks_demand(machine, scenarios)):
        return np.full((scenarios.count, 1), -np.inf)
    strike: Floats = prices * (per_price / machine.unit_mw)
    return strike


def _lacks_demand(machine: MachineClass, scenarios: JointScenarios) -> bool:
    return machine.kind is MachineKind.INFERENCE and scenarios.demand_mtok_per_h is None


def _wanted(position: Position, scenarios: JointScenarios, strikes: list[Floats]) -> Floats:
    """Units that earn, by class, before the connection is looked at; shape (C, S, T)."""
    site, price = position.site, scenarios.energy_usd_per_mwh
    units = np.empty((len(site.machines), *price.shape))
    for c, machine in enumerate(site.machines):
        units[c] = np.where(strikes[c] >= price, float(site.available(machine.name)), 0.0)
    if site.tiers and scenarios.demand_mtok_per_h is not None:
        _serve(units, position, scenarios, strikes)
    return units


def _serve(
    units: Floats, position: Position, scenarios: JointScenarios, strikes: list[Floats]
) -> None:
    """Cut inference to the demand where power costs money, and keep firm demand served."""
    site, price = position.site, scenarios.energy_usd_per_mwh
    demand = scenarios.demand_mtok_per_h
    assert demand is not None  # noqa: S101
    servers = [
        c
        for c, m in enumerate(site.machines)
        if m.kind is MachineKind.INFERENCE and np.isfinite(strikes[c]).all()
    ]
    servers.sort(key=lambda c: -float(strikes[c].mean()))
    left = np.broadcast_to(demand, price.shape).copy()
    firm = firm_share(site) * left
    for c in servers:
        rate, most = site.machines[c].unit_mtok_per_h, float(site.available(site.machines[c].name))
        ask = np.where(units[c] > 0.0, left, firm)
        need = np.clip(np.ceil(np.maximum(ask, 0.0) / rate - 1e-9), 0.0, most)
        need = np.where((price < 0.0) & (units[c] > 0.0), most, need)
        left -= rate * need
        firm -= rate * need
        units[c] = need


def _within(units: Floats, unit_mw: Floats, order: NDArray[np.intp], room_mw: Floats) -> Floats:
    """Whole units that fit into `room_mw` (S, T), in the `order` of classes."""
    fitting = np.empty_like(units)
    left = room_mw.copy()
    for c in order:
        fitting[c] = np.minimum(units[c], np.floor(np.maximum(left, 0.0) / unit_mw[c] + 1e-9))
        left -= fitting[c] * unit_mw[c]
    return fitting


def _battery(
    position: Position,
    scenarios: JointScenarios,
    strikes: list[Floats],
    units: Floats,
    unit_mw: Floats,
) -> tuple[Floats, Floats]:
    """Charge and discharge of each scenario, MW at the bus, shape (S, T)."""
    shape = scenarios.energy_usd_per_mwh.shape
    battery = position.site.battery
    if battery is None or position.soc_mwh is None:
        return np.zeros(shape), np.zeros(shape)
    price, worth = scenarios.energy_usd_per_mwh, position.stored_usd_per_mwh
    senior, load = np.zeros(shape), np.zeros(shape)
    for c, strike in enumerate(strikes):
        mw = units[c] * unit_mw[c]
        load += mw
        senior += np.where(strike >= worth * battery.charge_efficiency, mw, 0.0)
    spare = np.clip(position.import_cap_mw - senior, 0.0, battery.power_mw)
    outlet = np.clip(load + position.site.export_limit_mw, 0.0, battery.power_mw)
    pays = price - battery.wear_usd_per_mwh > worth / battery.discharge_efficiency
    cheap = price < worth * battery.charge_efficiency
    return _stored(
        battery,
        np.where(cheap, spare, 0.0),
        np.where(pays, outlet, 0.0),
        soc_mwh=position.soc_mwh,
        hours=position.hours,
    )


def _stored(
    battery: Battery, charge: Floats, discharge: Floats, *, soc_mwh: float, hours: float
) -> tuple[Floats, Floats]:
    """Cut charge and discharge to what the store takes and holds, interval by interval."""
    low, high = min(battery.floor_mwh, soc_mwh), max(battery.ceiling_mwh, soc_mwh)
    energy = np.full(len(charge), soc_mwh)
    nc, nd = battery.charge_efficiency, battery.discharge_efficiency
    taken, given = np.ascontiguousarray(charge.T), np.ascontiguousarray(discharge.T)
    for into, out in zip(taken, given, strict=True):
        np.minimum(into, np.maximum(high - energy, 0.0) / (nc * hours), out=into)
        np.minimum(out, np.maximum(energy - low, 0.0) * nd / hours, out=out)
        energy += hours * (nc * into - out / nd)
    return taken.T, given.T
