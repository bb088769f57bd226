"""Messages in one line each, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.agents.messages import Decided, Failed, ForecastsMade, MarketSeen, Proposed
from mara.agents.snapshot import AgentNote

if TYPE_CHECKING:
    from mara.agents.messages import Message
    from mara.domain import Decision

__all__ = ["note_of"]


def note_of(message: Message) -> AgentNote | None:
    """Say what a message says; None for those that only carry figures on."""
    match message:
        case MarketSeen():
            said = message.read.at, "data", _seen(message)
        case ForecastsMade():
            said = message.seen.read.at, "forecasting", _made(message)
        case Proposed():
            said = message.made.seen.read.at, message.agent, message.proposal.reason
        case Failed():
            said = message.tick_at, message.agent, message.reason
        case Decided():
            said = message.decision.tick_at, "manager", _decided(message.decision)
        case _:
            return None
    at, agent, text = said
    return AgentNote(at=at, agent=agent, text=text)


def _decided(decision: Decision) -> str:
    return f"{decision.chosen} by {decision.resolved_by}: {decision.reason}"


def _seen(seen: MarketSeen) -> str:
    tick = seen.read.tick
    price = f"energy at {tick.energy_usd_per_mwh:,.2f} USD/MWh"
    if not seen.anomalies:
        return f"{price}, nothing odd"
    return f"{price}; " + "; ".join(a.reason for a in seen.anomalies)


def _made(made: ForecastsMade) -> str:
    if not made.forecasts:
        return "too little history to forecast"
    first = made.forecasts[0]
    low, high = min(first.mean), max(first.mean)
    return f"{first.model}: {first.target} between {low:,.2f} and {high:,.2f} ahead"
