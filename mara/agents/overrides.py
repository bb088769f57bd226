"""People's orders above the agents, and what REDUCING leaves of a set point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mara.domain import (
    ClassUnits,
    Override,
    OverrideTarget,
    Setpoint,
    Site,
    SiteState,
    TradingState,
)
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["charges", "check_override", "in_force", "lowered", "overridden", "said"]

_SAME_MW = 0.005


def in_force(overrides: Sequence[Override], at: datetime) -> tuple[Override, ...]:
    """Keep the overrides that have not expired."""
    return tuple(o for o in overrides if o.expires_at > at)


def overridden(point: Setpoint, overrides: Sequence[Override]) -> Setpoint:
    """Put the overrides into a set point; the latest of two on one thing wins."""
    for override in sorted(overrides, key=lambda o: o.at):
        point = _with(point, override)
    return point


def _with(point: Setpoint, override: Override) -> Setpoint:
    value = override.value or 0.0
    match override.target:
        case OverrideTarget.CLASS_UNITS:
            name = override.machine_class or ""
            others = tuple(u for u in point.units if u.name != name)
            return replace(point, units=(*others, ClassUnits(name=name, units=round(value))))
        case OverrideTarget.BATTERY_MW:
            return replace(point, charge_mw=max(value, 0.0), discharge_mw=max(-value, 0.0))
        case OverrideTarget.STATE:
            return point


def charges(overrides: Sequence[Override]) -> bool:
    """Tell whether a person wants the battery charged: machines make room for that."""
    return any(o.target is OverrideTarget.BATTERY_MW and (o.value or 0.0) > 0.0 for o in overrides)


def check_override(override: Override, site: Site) -> None:
    """Refuse what the site cannot have.

    Raises
    ------
    InvalidValue
        The class is unknown, units are no whole number or more than the site has, or the power is
        more than the battery's.
    """
    value = override.value or 0.0
    if override.target is OverrideTarget.CLASS_UNITS:
        machine = site.machine(override.machine_class or "")
        if value > machine.count or value != round(value):
            raise InvalidValue(
                f"override: {value:g} units of {machine.name}; the site has {machine.count}, give a "
                "whole number up to that"
            )
    elif override.target is OverrideTarget.BATTERY_MW:
        power = 0.0 if site.battery is None else site.battery.power_mw
        if abs(value) > power:
            raise InvalidValue(
                f"override: {value:+g} MW of charging; the battery has {power:g} MW, stay within that"
            )


def said(override: Override, point: Setpoint | None = None) -> str:
    """Write an override in words; with the set point it led to, also what is possible of it."""
    value = override.value or 0.0
    match override.target:
        case OverrideTarget.STATE:
            return f"trading is {override.state or TradingState.ACTIVE}"
        case OverrideTarget.CLASS_UNITS:
            name = override.machine_class or ""
            text = f"{name} held at {value:g} units"
            done = None if point is None or point.of(name) == value else f"{point.of(name)}"
        case OverrideTarget.BATTERY_MW:
            text = f"battery held at {value:+g} MW"
            net = value if point is None else point.charge_mw - point.discharge_mw
            done = None if abs(net - value) < _SAME_MW else f"{net:+.2f} MW"
    return text if done is None else f"{text} ({done} is possible)"


def lowered(point: Setpoint, state: SiteState) -> Setpoint:
    """Let no class grow beyond what runs now, and leave the battery idle."""
    units = tuple(
        ClassUnits(name=u.name, units=min(u.units, state.of(u.name).units_on)) for u in point.units
    )
    return Setpoint(units=units)
