"""The system manager: weighs the strategies, decides, and knows when to stand back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from mara.agents.base import Prompt
from mara.agents.consensus import at_most, resolve
from mara.agents.messages import Advanced, Decided, Failed, MarketRead, Message, Proposed
from mara.agents.overrides import charges, in_force, lowered, overridden, said
from mara.domain import (
    ClassUnits,
    Decision,
    MachineKind,
    Mode,
    Override,
    OverrideTarget,
    Proposal,
    Setpoint,
    TradingState,
    Weight,
)
from mara.models.learning.adahedge import AdaHedge
from mara.models.settlement import feasible
from mara.models.strategies.safe import SafeController, SafeState
from mara.models.strike import strike_prices
from mara.trading.states import StateChange, change_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

BASELINE: Final = "strike-rule"
"""The strategy against which all others are scored."""

ALONE: Final = "safe controller, the manager silent"
"""How a decision came about that the manager had no part in."""

__all__ = ["ALONE", "BASELINE", "ManagerState", "SystemManager", "decide_alone", "decision_id"]


def decision_id(site_id: str, at: datetime) -> str:
    """Name the one decision of a site's interval."""
    return f"{site_id}:{at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerState:
    """What the manager must not forget over a restart."""

    mode: Mode
    hedge: AdaHedge
    trading: StateChange
    safe: SafeState = field(default_factory=SafeState)
    overrides: tuple[Override, ...] = ()

    @property
    def trading_state(self) -> TradingState:
        """State in force: a person's override stands above the manager's own."""
        for override in self.overrides:
            if override.target is OverrideTarget.STATE and override.state is not None:
                return override.state
        return self.trading.state


def decide_alone(read: MarketRead, state: ManagerState, safe: SafeController) -> Decision:
    """Decide an interval for which the manager gives no answer; people's overrides still hold."""
    site, at = read.situation.site, read.at
    overrides = in_force(state.overrides, at)
    point, _, reason = safe.decide(
        site, read.situation.state, read.tick, stale=True, memory=SafeState(), at=at
    )
    alone = Decision(
        decision_id=decision_id(site.site_id, at),
        site_id=site.site_id,
        tick_at=at,
        setpoint=point,
        chosen=safe.name,
        resolved_by=ALONE,
        reason=f"the manager gave no answer: {reason}",
        state=state.trading_state,
        mode=state.mode,
        safe=True,
    )
    return _under(overrides, alone, read)


def _under(overrides: Sequence[Override], decision: Decision, read: MarketRead) -> Decision:
    """Put people's orders above a decision, repaired to what the site can do, and say so."""
    site, state = read.situation.site, read.situation.state
    tick = replace(read.tick, at=read.at)
    wanted = overridden(decision.setpoint, overrides)
    point = feasible(site, state, wanted, tick, charge_first=charges(overrides))
    moving = [o for o in overrides if o.target is not OverrideTarget.STATE]
    held = "; ".join(f"{said(o, point)} by {o.author}" for o in moving)
    return replace(
        decision,
        setpoint=point,
        reason=f"{held}; without that: {decision.reason}" if held else decision.reason,
        overrides=tuple(o.override_id for o in overrides),
    )


@dataclass(slots=True)
class _Round:
    """Answers gathered for one tick."""

    read: MarketRead
    proposals: dict[str, Proposed] = field(default_factory=dict)
    failures: dict[str, Failed] = field(default_factory=dict)
    closed: bool = False


class SystemManager(Prompt):
    """Gathers one answer of each strategy, then decides; alone by the safe controller if none.

    Weights are those of AdaHedge over the strategies' shadow margins: the decision of a tick uses
    only margins of earlier ticks. `before` is the state that the last decision was made from.
    """

    name = "manager"

    def __init__(
        self,
        *,
        strategies: Sequence[str],
        state: ManagerState,
        safe: SafeController,
        max_age_ticks: int,
    ) -> None:
        self._strategies = tuple(strategies)
        self._safe = safe
        self._max_age = max_age_ticks
        self._round: _Round | None = None
        self._gains: dict[str, Advanced] = {}
        self.state = self.before = state

    def handle(self, message: Message) -> Sequence[Message]:
        """Open a round, gather an answer, or learn from the shadows."""
        match message:
            case MarketRead():
                self._round = _Round(read=message)
                return self._close() if message.feed.age_ticks else ()
            case Proposed():
                return self._gather_proposal(message)
            case Failed():
                return self._gather_failure(message)
            case Advanced():
                self._learn(message)
                return ()
            case _:
                return ()

    def _too_old(self, read: MarketRead) -> bool:
        return read.feed.age_ticks >= self._max_age

    def _gather_proposal(self, proposed: Proposed) -> Sequence[Message]:
        if self._is_open_for(proposed.made.seen.read.at):
            self._open_round.proposals[proposed.agent] = proposed
        return self._close_if_complete()

    def _gather_failure(self, failed: Failed) -> Sequence[Message]:
        if not self._is_open_for(failed.tick_at):
            return ()
        self._open_round.failures[failed.agent] = failed
        return self._close_if_complete() if failed.agent in self._strategies else self._close()

    def _is_open_for(self, tick_at: object) -> bool:
        gathering = self._round
        return gathering is not None and not gathering.closed and gathering.read.at == tick_at

    @property
    def _open_round(self) -> _Round:
        if self._round is None:
            raise RuntimeError("SystemManager: no round is open")
        return self._round

    def _close_if_complete(self) -> Sequence[Message]:
        gathering = self._round
        if gathering is None or gathering.closed:
            return ()
        answered = len(gathering.proposals) + len(gathering.failures)
        return self._close() if answered >= len(self._strategies) else ()

    def _close(self) -> Sequence[Message]:
        gathering = self._open_round
        gathering.closed = True
        answered = [gathering.proposals[n] for n in self._strategies if n in gathering.proposals]
        proposals = tuple(p.proposal for p in answered)
        return (
            Decided(
                decision=self.decide(gathering.read, proposals),
                read=gathering.read,
                made=answered[0].made if answered else None,
                proposals=proposals,
                failures=tuple(gathering.failures.values()),
            ),
        )

    def decide(self, read: MarketRead, proposals: Sequence[Proposal]) -> Decision:
        """Decide one interval, then apply overrides and repair to what is feasible.

        The safe controller's counters move at every tick, whoever decides. A feed that has just
        gone silent leaves the allocation as it is; once it is too old, or trading is HALTED, or
        no strategy answered, the safe controller decides. Above the spike level no miner that
        loses money runs that the safe controller would stop, whatever the trust in who wants it.
        """
        self.before = self.state
        self.state = replace(self.state, overrides=in_force(self.state.overrides, read.at))
        safely = self._safely(read, proposals)
        if self._alone_because(read, proposals) is not None:
            base = safely
        elif read.feed.age_ticks:
            base = self._held(read)
        else:
            base = self._shed(self._together(read, proposals), read, safely.setpoint)
        return self._finished(base, read)

    def set_trading(self, wanted: StateChange) -> None:
        """Change the trading state, as `mara.trading.states` allows.

        Raises
        ------
        RefusedError
            A person must lift what holds.
        """
        self.state = replace(self.state, trading=change_state(self.state.trading, wanted))

    @property
    def trading_state(self) -> TradingState:
        """State in force."""
        return self.state.trading_state

    def _alone_because(self, read: MarketRead, proposals: Sequence[Proposal]) -> str | None:
        if self.trading_state is TradingState.HALTED:
            return "trading is HALTED"
        if read.feed.age_ticks >= self._max_age:
            return f"the feed is {read.feed.age_ticks} intervals old"
        if not proposals and not read.feed.age_ticks:
            return "no strategy answered"
        return None

    def _safely(self, read: MarketRead, proposals: Sequence[Proposal]) -> Decision:
        site, state = read.situation.site, read.situation.state
        point, memory, reason = self._safe.decide(
            site,
            state,
            read.tick,
            stale=bool(read.feed.age_ticks),
            memory=self.state.safe,
            at=read.at,
        )
        self.state = replace(self.state, safe=memory)
        why = self._alone_because(read, proposals)
        return self._decision(
            read,
            point,
            chosen=self._safe.name,
            by="safe controller",
            why=f"{why}: {reason}" if why else reason,
        )

    def _held(self, read: MarketRead) -> Decision:
        state = read.situation.state
        point = Setpoint(
            units=tuple(ClassUnits(name=c.name, units=c.units_on) for c in state.classes)
        )
        return self._decision(
            read,
            point,
            chosen="hold",
            by="last allocation held",
            why="no new tick yet: machines stay as they are, the battery rests",
        )

    def _together(self, read: MarketRead, proposals: Sequence[Proposal]) -> Decision:
        agreed = resolve(read.situation.site, read.tick, proposals, self.weights())
        made = self._decision(
            read,
            agreed.setpoint,
            chosen=agreed.leading.agent,
            by=agreed.resolved_by,
            why=agreed.leading.reason,
        )
        return replace(made, plan=agreed.leading.plan, safe=False)

    def _shed(self, decision: Decision, read: MarketRead, safely: Setpoint) -> Decision:
        site, price = read.situation.site, read.tick.energy_usd_per_mwh
        if price <= self._safe.levels.spike_usd_per_mwh:
            return decision
        miners = {m.name for m in site.machines if m.kind is MachineKind.MINER}
        losing = {s.name for s in strike_prices(site, read.tick) if s.usd_per_mwh < price}
        fewest = {name: safely.of(name) for name in miners & losing}
        return replace(decision, setpoint=at_most(decision.setpoint, fewest))

    def _decision(
        self, read: MarketRead, point: Setpoint, *, chosen: str, by: str, why: str
    ) -> Decision:
        return Decision(
            decision_id=decision_id(read.situation.site.site_id, read.at),
            site_id=read.situation.site.site_id,
            tick_at=read.at,
            setpoint=point,
            chosen=chosen,
            resolved_by=by,
            reason=why,
            state=self.trading_state,
            mode=self.state.mode,
            safe=True,
            weights=self.weights(),
        )

    def _finished(self, decision: Decision, read: MarketRead) -> Decision:
        if self.trading_state is TradingState.REDUCING:
            point = lowered(decision.setpoint, read.situation.state)
            decision = replace(decision, setpoint=point)
        return _under(self.state.overrides, decision, read)

    def weights(self) -> tuple[Weight, ...]:
        """Trust in each strategy now, and what its shadow gained over the strike rule's."""
        hedge = self.state.hedge
        rule = self._strategies.index(BASELINE) if BASELINE in self._strategies else 0
        return tuple(
            Weight(agent=name, weight=share, score_usd=total - hedge.totals[rule])
            for name, share, total in zip(
                self._strategies, hedge.weights, hedge.totals, strict=True
            )
        )

    def _learn(self, advanced: Advanced) -> None:
        """Learn from a tick of which every strategy told its gain; others compare nothing."""
        same = {n: a for n, a in self._gains.items() if a.tick_at == advanced.tick_at}
        self._gains = {**same, advanced.agent: advanced}
        if len(self._gains) == len(self._strategies):
            gains = [self._gains[name].gain_usd for name in self._strategies]
            self.state = replace(self.state, hedge=self.state.hedge.update(gains))
            self._gains = {}

    def score(self) -> tuple[float, str] | None:
        """Regret against the best strategy so far, in USD."""
        return self.state.hedge.regret, "USD regret"
