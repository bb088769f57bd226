"""The nearest set point that a site can carry out, and the state it starts from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from mara.domain import (
    ClassState,
    ClassUnits,
    MachineClass,
    MachineKind,
    Setpoint,
    Site,
    SiteState,
    Tick,
)
from mara.errors import InvalidValue
from mara.models.strike import StrikePrice, strike_prices
from mara.units import MINUTES_PER_HOUR

__all__ = [
    "Span",
    "battery_limits_mw",
    "feasible",
    "initial_state",
    "locked_units",
    "repaired",
]

_SLACK_MW = 1e-9


def initial_state(site: Site, at: datetime) -> SiteState:
    """State of a site before its first interval: all machines off, the battery half way."""
    battery = site.battery
    soc = None if battery is None else (battery.floor_mwh + battery.ceiling_mwh) / 2.0
    classes = tuple(ClassState(name=m.name, units_on=0) for m in site.machines)
    return SiteState(at=at, classes=classes, soc_mwh=soc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The interval that begins `at` and lasts `hours`."""

    at: datetime
    hours: float

    @property
    def end(self) -> datetime:
        """When the interval ends."""
        return self.at + timedelta(hours=self.hours)


def feasible(
    site: Site,
    state: SiteState,
    setpoint: Setpoint,
    tick: Tick,
    *,
    hours: float | None = None,
    charge_first: bool = False,
) -> Setpoint:
    """Repair `setpoint` to one that the site can carry out for `hours` (default: the tick's).

    The law is that of `repaired`, with the strike prices of `tick`.
    """
    span = Span(at=tick.at, hours=tick.hours if hours is None else hours)
    ladder = strike_prices(site, tick)
    return repaired(site, state, setpoint, span, ladder, charge_first=charge_first)


def repaired(
    site: Site,
    state: SiteState,
    setpoint: Setpoint,
    span: Span,
    ladder: tuple[StrikePrice, ...],
    *,
    charge_first: bool = False,
) -> Setpoint:
    """Repair `setpoint` to one that the site can carry out through `span`.

    In this order: units are held to what is in service and to what must not stop yet; charge and
    discharge are netted and held to the battery's power and energy; too much import first ends
    charging, then sheds the class lowest on `ladder` (units that must not stop yet last of
    all: the connection, with the commitments to the grid, stands above the machines); with
    `charge_first` units that may stop are shed before charging ends; too much export cuts the discharge. Where the site has a ramp limit, import less export also stays
    within it, as far as the connection allows: units keep running, the dearest first.

    A set point that is feasible keeps its values, and lists every class.

    Raises
    ------
    InvalidValue
        The set point names a machine class that the site lacks, or the state lacks the energy of
        the battery.
    """
    _check_names(site, setpoint)
    low, high = _net_band_mw(site, state, span)
    charge, discharge = _battery_mw(site, state, setpoint, span.hours)
    units = {m.name: _held(site, state, m, setpoint, span.at) for m in site.machines}
    order = _shedding_order(site, ladder)
    floors = {m.name: locked_units(m, state.of(m.name), span.at) for m in site.machines}
    room = high + discharge
    if charge_first:
        units = _shed(units, floors, order, _running_mw(site, units) + charge - room)
    cut = min(charge, max(_running_mw(site, units) + charge - room, 0.0))
    for floor in (floors, dict.fromkeys(floors, 0)):
        units = _shed(units, floor, order, _running_mw(site, units) + charge - cut - room)
    short = low - (_running_mw(site, units) + charge - cut - discharge)
    most = {m.name: min(state.of(m.name).units_on, site.available(m.name)) for m in order}
    return Setpoint(
        units=_as_units(site, _kept_on(units, most, order[::-1], short - discharge)),
        charge_mw=charge - cut,
        discharge_mw=discharge - min(discharge, max(short, 0.0)),
    )


def locked_units(machine: MachineClass, state: ClassState, at: datetime) -> int:
    """Units of a class whose minimum run is not over at time `at`."""
    run = timedelta(minutes=machine.min_run_min)
    return sum(start.units for start in state.starts if start.at + run > at)


def battery_limits_mw(site: Site, state: SiteState, hours: float) -> tuple[float, float]:
    """Most charge and most discharge that the battery can hold for `hours`, in MW at the bus.

    Law: charge <= min(power, (ceiling - e) / (charge efficiency h)) and discharge <= min(power,
    (e - floor) x discharge efficiency / h); both zero without a battery.
    """
    battery = site.battery
    if battery is None:
        return 0.0, 0.0
    if state.soc_mwh is None:
        raise InvalidValue(f"Site {site.site_id}: soc_mwh of the state is missing for its battery")
    room = max(battery.ceiling_mwh - state.soc_mwh, 0.0) / (battery.charge_efficiency * hours)
    stored = max(state.soc_mwh - battery.floor_mwh, 0.0) * battery.discharge_efficiency / hours
    return min(battery.power_mw, room), min(battery.power_mw, stored)


def _check_names(site: Site, setpoint: Setpoint) -> None:
    for wanted in setpoint.units:
        site.machine(wanted.name)


def _net_band_mw(site: Site, state: SiteState, span: Span) -> tuple[float, float]:
    """Least and most import less export; the connection stands above the ramp."""
    cap = site.import_cap_mw(span.at, span.end)
    if site.ramp_mw_per_min is None:
        return -site.export_limit_mw, cap
    before = state.import_mw - state.export_mw
    ramp = site.ramp_mw_per_min * span.hours * MINUTES_PER_HOUR
    high = min(cap, before + ramp)
    return min(max(-site.export_limit_mw, before - ramp), high), high


def _battery_mw(
    site: Site, state: SiteState, setpoint: Setpoint, hours: float
) -> tuple[float, float]:
    most_charge, most_discharge = battery_limits_mw(site, state, hours)
    both = min(setpoint.charge_mw, setpoint.discharge_mw)
    return (
        min(setpoint.charge_mw - both, most_charge),
        min(setpoint.discharge_mw - both, most_discharge),
    )


def _held(
    site: Site, state: SiteState, machine: MachineClass, setpoint: Setpoint, at: datetime
) -> int:
    """Units wanted, but no fewer than are locked and no more than are in service."""
    locked = locked_units(machine, state.of(machine.name), at)
    return min(max(setpoint.of(machine.name), locked), site.available(machine.name))


def _running_mw(site: Site, units: dict[str, int]) -> float:
    return sum(m.unit_mw * units[m.name] for m in site.machines)


def _shedding_order(site: Site, ladder: tuple[StrikePrice, ...]) -> list[MachineClass]:
    """Classes without a price first, miners before inference, then by rising strike price."""
    strike = {s.name: s.usd_per_mwh for s in ladder}
    return sorted(
        site.machines,
        key=lambda m: (strike.get(m.name, -math.inf), m.kind is MachineKind.INFERENCE),
    )


def _shed(
    units: dict[str, int], floors: dict[str, int], order: list[MachineClass], excess_mw: float
) -> dict[str, int]:
    """Stop units above `floors` until `excess_mw` is gone."""
    left = dict(units)
    for machine in order:
        free = max(left[machine.name] - floors[machine.name], 0)
        stop = min(free, math.ceil(max(excess_mw - _SLACK_MW, 0.0) / machine.unit_mw))
        left[machine.name] -= stop
        excess_mw -= stop * machine.unit_mw
    return left


def _kept_on(
    units: dict[str, int], most: dict[str, int], order: list[MachineClass], short_mw: float
) -> dict[str, int]:
    """Keep units running that would stop, up to `most`, while they fit into `short_mw`."""
    kept = dict(units)
    for machine in order:
        fits = int(max(short_mw + _SLACK_MW, 0.0) / machine.unit_mw)
        more = min(max(most[machine.name] - kept[machine.name], 0), fits)
        kept[machine.name] += more
        short_mw -= more * machine.unit_mw
    return kept


def _as_units(site: Site, units: dict[str, int]) -> tuple[ClassUnits, ...]:
    return tuple(ClassUnits(name=m.name, units=units[m.name]) for m in site.machines)
