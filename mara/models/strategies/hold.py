"""Hold: the last allocation goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain import ClassUnits, Proposal, Setpoint
from mara.models.strategies.allocation import one_interval_plan

if TYPE_CHECKING:
    from mara.models.strategies.base import DecisionContext

__all__ = ["Hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keep every unit that is on, start none; the battery rests."""

    name: str = "hold"

    def propose(self, context: DecisionContext) -> Proposal:
        """Propose the units that are on now."""
        units = tuple(ClassUnits(name=c.name, units=c.units_on) for c in context.state.classes)
        plan = one_interval_plan(context, Setpoint(units=units), method="hold")
        on = ", ".join(f"{u.units} x {u.name}" for u in units if u.units)
        return Proposal(
            agent=self.name, plan=plan, reason=f"keeps the last allocation: {on or 'all off'}"
        )
