"""People's orders above the agents, and what REDUCING leaves of a set point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mara.domain import ClassUnits, Override, OverrideTarget, Setpoint, SiteState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["in_force", "lowered", "overridden"]


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


def lowered(point: Setpoint, state: SiteState) -> Setpoint:
    """Let no class grow beyond what runs now, and leave the battery idle."""
    units = tuple(
        ClassUnits(name=u.name, units=min(u.units, state.of(u.name).units_on)) for u in point.units
    )
    return Setpoint(units=units)
