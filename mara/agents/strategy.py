"""A strategy agent: proposes with its strategy, and keeps a shadow ledger of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from mara.agents.base import Prompt
from mara.agents.messages import Advance, Advanced, ForecastsMade, MarketRead, Message, Proposed
from mara.agents.shadow import ShadowLedger
from mara.domain import Setpoint
from mara.models.strategies.base import DecisionContext, Preparing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.domain import Proposal, SiteState
    from mara.models.strategies.base import Strategy

__all__ = ["StrategyAgent", "context_of"]


def context_of(made: ForecastsMade, state: SiteState | None = None) -> DecisionContext:
    """Gather what a strategy may see; `state` replaces the site's own."""
    read = made.seen.read
    return DecisionContext(
        site=read.situation.site,
        state=state or read.situation.state,
        tick=read.tick,
        history=read.history,
        forecasts=made.forecasts,
        known=read.known,
    )


def stored_worth_usd_per_mwh(read: MarketRead) -> float:
    """Put a price on a MWh stored: the day's mean price less losses and wear, not below zero."""
    battery = read.situation.site.battery
    if battery is None:
        return 0.0
    day = round(24 * 60 / read.history.minutes)
    mean = float(np.mean(read.history.series("energy_usd_per_mwh")[-day:]))
    return max(battery.discharge_efficiency * (mean - battery.wear_usd_per_mwh), 0.0)


class StrategyAgent(Prompt):
    """Answers forecasts by a proposal, and each interval by what its shadow earned.

    The shadow has a strategy of its own, so that what a strategy keeps from tick to tick to be
    quick (a solver's basis) depends on nothing but the site's own ticks.
    """

    def __init__(
        self, strategy: Strategy, twin: Strategy, *, shadow: ShadowLedger | None = None
    ) -> None:
        self.strategy = strategy
        self._twin = twin
        self.shadow = shadow
        self._last: tuple[SiteState, Proposal] | None = None

    @property
    def name(self) -> str:
        """Name of the strategy."""
        return self.strategy.name

    async def prepare(self, message: Message) -> None:
        """Await the strategy's long work, in a thread, so that the loop goes on."""
        if isinstance(message, ForecastsMade) and isinstance(self.strategy, Preparing):
            await asyncio.to_thread(self.strategy.prepare, context_of(message))

    def handle(self, message: Message) -> Sequence[Message]:
        """Propose, or move the shadow ledger."""
        match message:
            case ForecastsMade():
                return (self._propose(message),)
            case Advance():
                return (self._advance(message),)
            case _:
                return ()

    def _propose(self, made: ForecastsMade) -> Proposed:
        context = context_of(made)
        proposal = self.strategy.propose(context)
        self._last = (context.state, proposal)
        return Proposed(agent=self.name, made=made, proposal=proposal)

    def _advance(self, advance: Advance) -> Advanced:
        read = advance.made.seen.read
        site, tick = read.situation.site, read.tick
        shadow = self.shadow or ShadowLedger(
            state=read.situation.state, setpoint=Setpoint(units=())
        )
        before = shadow
        for missed in advance.missed:
            shadow = shadow.through(site, missed, shadow.setpoint)
        proposal = self._shadow_proposal(advance.made, shadow.at(tick.at).state)
        self.shadow = shadow.through(site, tick, proposal.plan.setpoint)
        worth = stored_worth_usd_per_mwh(read)
        gain = self.shadow.total_usd - before.total_usd
        gain += worth * ((self.shadow.state.soc_mwh or 0.0) - (before.state.soc_mwh or 0.0))
        return Advanced(agent=self.name, tick_at=tick.at, gain_usd=gain)

    def _shadow_proposal(self, made: ForecastsMade, state: SiteState) -> Proposal:
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        return self._twin.propose(context_of(made, state))

    def score(self) -> tuple[float, str] | None:
        """Shadow profit since the start; the runtime sets it against the strike rule's."""
        return None if self.shadow is None else (self.shadow.total_usd, "USD")
