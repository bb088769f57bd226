"""The law of one interval: flows, service, money, and the state that follows.

Balance, in MW at the bus: import + discharge = export + charge + machines. Energy is power x real
elapsed hours. The same law plans and settles: `feasible` repairs a set point, `settle` applies it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mara.domain import (
    CashItem,
    ClassMargin,
    ClassState,
    MachineClass,
    Setpoint,
    Settlement,
    Site,
    SiteState,
    Start,
    Tick,
)
from mara.errors import InvalidValue
from mara.models.feasibility import battery_limits_mw, feasible, initial_state, locked_units
from mara.models.service import Service, serve
from mara.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR, hash_usd_per_h

__all__ = ["earning_unit_hours", "feasible", "initial_state", "locked_units", "settle"]

_SLACK_MW = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one class did: its state after switching, units started, unit-hours that earned."""

    machine: MachineClass
    state: ClassState
    started: int
    earning_h: float

    @property
    def power_mw(self) -> float:
        return self.state.units_on * self.machine.unit_mw

    @property
    def mtok(self) -> float:
        return self.earning_h * self.machine.unit_mtok_per_h


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interval:
    """All that happened between `tick.at` and `end`."""

    site: Site
    setpoint: Setpoint
    tick: Tick
    hours: float
    end: datetime
    runs: tuple[_Run, ...]
    service: Service

    @property
    def machines_mw(self) -> float:
        return sum(run.power_mw for run in self.runs)

    @property
    def net_mw(self) -> float:
        """Import (positive) or export (negative)."""
        return self.machines_mw + self.setpoint.charge_mw - self.setpoint.discharge_mw


def settle(
    site: Site, state: SiteState, setpoint: Setpoint, tick: Tick, *, hours: float | None = None
) -> tuple[Settlement, SiteState]:
    """Apply `setpoint` from `tick.at` for `hours` (default: the tick's), and say what it did.

    Law: units on draw full power, those that warm up earn nothing; where units stop, those that
    warm up and may stop go first, then the longest running. Import and export are the two signs of machines + charge - discharge.
    Stored energy follows `Battery`, service `mara.models.service.serve`. Cash, in USD: hash and
    token income, + export x h x price, - import x h x price, - penalties, - discharge x h x wear,
    - starts x cost of a start. Import and export are booked as they come, even above a limit:
    call `feasible` first to stay within.

    Returns
    -------
    The settlement and the state at the interval's end.

    Raises
    ------
    InvalidValue
        The interval begins before the state, or the set point is physically impossible: more
        units than there are, an unknown class, a battery beyond its power or energy.
    """
    span_h = tick.hours if hours is None else hours
    _check(site, state, setpoint, tick.at, span_h)
    end = tick.at + timedelta(hours=span_h)
    runs = tuple(_run(m, state, setpoint, tick.at, end) for m in site.machines)
    capacity = sum(run.mtok for run in runs)
    interval = _Interval(
        site=site,
        setpoint=setpoint,
        tick=tick,
        hours=span_h,
        end=end,
        runs=runs,
        service=serve(site, state.backlog, tick, hours=span_h, capacity_mtok=capacity),
    )
    after = _state_after(interval, state)
    return _settlement(interval, after), after


def earning_unit_hours(
    machine: MachineClass, state: ClassState, start: datetime, end: datetime
) -> float:
    """Unit-hours between `start` and `end` in which units on of a class are warm.

    Law: units_on x (end - start) - the sum over starts of units x the part of their warm-up that
    lies within. No start lies after `start`.
    """
    warm_up = timedelta(minutes=machine.warm_up_min)
    lost = sum(
        s.units * max((min(s.at + warm_up, end) - start).total_seconds(), 0.0) for s in state.starts
    )
    return (state.units_on * (end - start).total_seconds() - lost) / SECONDS_PER_HOUR


def _check(site: Site, state: SiteState, setpoint: Setpoint, at: datetime, hours: float) -> None:
    owner = f"settle {site.site_id}"
    if at < state.at:
        raise InvalidValue(f"{owner}: tick.at={at} lies before the state at {state.at}")
    if hours <= 0:
        raise InvalidValue(f"{owner}: hours={hours} must be above zero")
    for wanted in setpoint.units:
        if wanted.units > (count := site.machine(wanted.name).count):
            raise InvalidValue(f"{owner}: {wanted.units} x {wanted.name} exceeds the {count} owned")
    most_charge, most_discharge = battery_limits_mw(site, state, hours)
    for name, most in (("charge_mw", most_charge), ("discharge_mw", most_discharge)):
        if (value := getattr(setpoint, name)) > most + _SLACK_MW:
            raise InvalidValue(f"{owner}: {name}={value} exceeds {most}; call feasible first")


def _run(
    machine: MachineClass, state: SiteState, setpoint: Setpoint, start: datetime, end: datetime
) -> _Run:
    before = state.of(machine.name)
    units = setpoint.of(machine.name)
    after = _switched(machine, before, units, start)
    return _Run(
        machine=machine,
        state=after,
        started=max(units - before.units_on, 0),
        earning_h=earning_unit_hours(machine, after, start, end),
    )


def _switched(machine: MachineClass, before: ClassState, units: int, at: datetime) -> ClassState:
    """State with `units` on, new starts recorded."""
    if units < before.units_on:
        starts = _kept_starts(machine, before, before.units_on - units, at)
    elif units > before.units_on:
        starts = (*before.starts, Start(at=at, units=units - before.units_on))
    else:
        starts = before.starts
    return ClassState(name=before.name, units_on=units, starts=starts)


def _kept_starts(
    machine: MachineClass, before: ClassState, stopped: int, at: datetime
) -> tuple[Start, ...]:
    """Keep the starts whose units run on when `stopped` stop: `_loose` go first, then old ones."""
    loose = [i for i, s in enumerate(before.starts) if _loose(machine, s, at)]
    others = [i for i in range(len(before.starts)) if i not in loose]
    settled = before.units_on - sum(s.units for s in before.starts)
    left = [s.units for s in before.starts]
    for index in (*reversed(loose), None, *others):
        there = settled if index is None else left[index]
        cut = min(there, stopped)
        stopped -= cut
        if index is not None:
            left[index] -= cut
    return tuple(Start(at=s.at, units=n) for s, n in zip(before.starts, left, strict=True) if n)


def _loose(machine: MachineClass, start: Start, at: datetime) -> bool:
    """Whether units of `start` still warm up and may stop: they are the least worth keeping."""
    age_min = (at - start.at).total_seconds() / SECONDS_PER_HOUR * MINUTES_PER_HOUR
    return machine.min_run_min <= age_min < machine.warm_up_min


def _state_after(interval: _Interval, before: SiteState) -> SiteState:
    return SiteState(
        at=interval.end,
        classes=tuple(_pruned(run, interval.end) for run in interval.runs),
        soc_mwh=_soc_after(interval, before),
        backlog=interval.service.backlog,
        import_mw=max(interval.net_mw, 0.0),
        export_mw=max(-interval.net_mw, 0.0),
    )


def _pruned(run: _Run, end: datetime) -> ClassState:
    """State without the starts that no longer matter after `end`."""
    matters = timedelta(minutes=max(run.machine.warm_up_min, run.machine.min_run_min))
    starts = tuple(s for s in run.state.starts if s.at + matters > end)
    return ClassState(name=run.state.name, units_on=run.state.units_on, starts=starts)


def _soc_after(interval: _Interval, before: SiteState) -> float | None:
    """Energy after the interval; rounding beyond floor and ceiling is removed."""
    battery, soc = interval.site.battery, before.soc_mwh
    if battery is None or soc is None:
        return None
    charged = battery.charge_efficiency * interval.setpoint.charge_mw * interval.hours
    discharged = interval.setpoint.discharge_mw * interval.hours / battery.discharge_efficiency
    low, high = min(soc, battery.floor_mwh), max(soc, battery.ceiling_mwh)
    return min(max(soc + charged - discharged, low), high)


def _settlement(interval: _Interval, after: SiteState) -> Settlement:
    return Settlement(
        site_id=interval.site.site_id,
        at=interval.tick.at,
        hours=interval.hours,
        setpoint=interval.setpoint,
        import_mw=after.import_mw,
        export_mw=after.export_mw,
        charge_mw=interval.setpoint.charge_mw,
        discharge_mw=interval.setpoint.discharge_mw,
        machines_mw=interval.machines_mw,
        soc_mwh=after.soc_mwh,
        served_mtok=interval.service.served_mtok,
        missed_mtok=interval.service.missed_mtok,
        classes=_margins(interval),
        cash=_cash(interval, after),
    )


def _hash_income(run: _Run, tick: Tick) -> float:
    rate, price = run.machine.hashrate_th_s, tick.hash_usd_per_ph_day
    if rate is None or price is None:
        return 0.0
    return hash_usd_per_h(rate, price) * run.earning_h


def _margins(interval: _Interval) -> tuple[ClassMargin, ...]:
    """Revenue by class; token income is shared by output."""
    made = sum(run.mtok for run in interval.runs)
    token = interval.service.income_usd / made if made > 0.0 else 0.0
    return tuple(
        ClassMargin(
            name=run.machine.name,
            units_on=run.state.units_on,
            power_mw=run.power_mw,
            revenue_usd=_hash_income(run, interval.tick) + token * run.mtok,
        )
        for run in interval.runs
    )


def _cash(interval: _Interval, after: SiteState) -> tuple[CashItem, ...]:
    """Money by account, without empty items."""
    battery, service = interval.site.battery, interval.service
    usd_per_mw = interval.hours * interval.tick.energy_usd_per_mwh
    wear = 0.0 if battery is None else battery.wear_usd_per_mwh
    amounts = {
        "income:hash": sum(_hash_income(run, interval.tick) for run in interval.runs),
        "income:tokens": service.income_usd,
        "income:export": after.export_mw * usd_per_mw,
        "expense:energy": -after.import_mw * usd_per_mw,
        "expense:sla": -service.penalty_usd,
        "expense:wear": -interval.setpoint.discharge_mw * interval.hours * wear,
        "expense:switching": -sum(r.started * r.machine.switch_cost_usd for r in interval.runs),
    }
    return tuple(CashItem(account=a, amount_usd=v) for a, v in amounts.items() if v)
