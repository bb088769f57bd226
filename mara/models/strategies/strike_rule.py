"""The strike rule: run a class while it earns more than its power costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain import Proposal, Setpoint
from mara.models.strategies.allocation import allocate, one_interval_plan
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from mara.models.strategies.base import DecisionContext

__all__ = ["StrikeRule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeRule:
    """Run a class where strike price >= price of power; the battery rests.

    Firm demand for inference is served at any price; the connection sheds the lowest strike first.
    """

    name: str = "strike-rule"

    def propose(self, context: DecisionContext) -> Proposal:
        """Compare each class's strike price with the price of power now."""
        tick = context.tick
        price = tick.energy_usd_per_mwh
        ladder = strike_prices(context.site, tick)
        allowed = [s.name for s in ladder if s.usd_per_mwh >= price]
        units = allocate(context.site, context.state, tick, allowed)
        plan = one_interval_plan(context, Setpoint(units=units), method="strike rule")
        above = ", ".join(f"{s.name} {s.usd_per_mwh:,.0f}" for s in ladder if s.name in allowed)
        reason = f"power at {price:,.2f} USD/MWh; break-even at or above it: {above or 'none'}"
        return Proposal(agent=self.name, plan=plan, reason=reason)
