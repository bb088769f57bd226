"""What one tick makes durable, and what the gate sees of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from mara.agents.effects import TickWrite, allocation
from mara.agents.manager import ALONE
from mara.agents.memory import Memory
from mara.agents.replay import recorded_inputs
from mara.domain import Mode, RecordedInput, TickRecord
from mara.ledger.codec import encode
from mara.trading.gate import GateView
from mara.units import money

if TYPE_CHECKING:
    from datetime import datetime

    from mara.agents.books import Day
    from mara.agents.control import Made, SiteControl
    from mara.domain import Forecast, Setpoint, SiteState

__all__ = ["gate_view", "memory_now", "tick_write"]

_NOT_DECIDED_BY: Final = "grid_load_mw"
_ENERGY: Final = "energy_usd_per_mwh"
_BY_QUANTILES: Final = frozenset({"two-stage"})
"""A figure that is forecast for people: no strategy reads it."""


def gate_view(control: SiteControl, made: Made) -> GateView:
    """Gather what the gate knows of the interval being decided."""
    position, decision = control.standing, made.decision
    return GateView(
        site=control.site,
        limits=control.limits,
        state=decision.state,
        mode=decision.mode,
        tick=made.read.tick,
        now=made.read.at,
        margin_today_usd=money(position.day.margin_usd),
        exposure_mw=position.exposure_mw(control.site),
        soc_mwh=made.read.situation.state.soc_mwh,
        safe=decision.safe or bool(decision.overrides),
    )


def tick_write(control: SiteControl, made: Made) -> TickWrite:
    """Gather all that the tick makes durable before anything is sent."""
    now = control.clock.now()
    return TickWrite(
        ticks=control.fresh,
        quarantined=control.bad,
        intervals=control.over,
        intent=allocation(made.decision, now),
        record=_record(control, made, now),
        memory=encode(_memory_after(control, made)),
    )


def _record(control: SiteControl, made: Made, now: datetime) -> TickRecord:
    run = f"{control.run}:{control.pipeline.restarts()}"
    manager = control.pipeline.manager()
    alone = made.decision.resolved_by == ALONE
    return TickRecord(
        site_id=control.site.site_id,
        tick_at=made.read.at,
        made_at=now,
        tick=made.read.tick,
        state=made.read.situation.state,
        decision=made.decision,
        forecasts=_means(made),
        proposals=made.proposals,
        alerts=control.alerts.all(),
        inputs=(
            *recorded_inputs(
                control.site,
                manager.state if alone else manager.before,
                made.read.history,
                run,
                made.read.known,
            ),
            *_fits(made),
        ),
    )


def _means(made: Made) -> tuple[Forecast, ...]:
    """Forecasts as far as a decision depends on them: their means, and not that of the load.

    Where a strategy that plans by quantiles proposed, those of the energy price are kept.
    """
    if made.made is None:
        return ()
    used = (f for f in made.made.forecasts if f.target != _NOT_DECIDED_BY)
    whole = any(proposal.agent in _BY_QUANTILES for proposal in made.proposals)
    return tuple(f if whole and f.target == _ENERGY else replace(f, quantiles=()) for f in used)


def _fits(made: Made) -> tuple[RecordedInput, ...]:
    """Name the fits that came in at this tick: whatever arrived by time is an input."""
    arrived = made.made.arrived if made.made else ()
    return (RecordedInput(name="fits", value="; ".join(arrived)),) if arrived else ()


def _memory_after(control: SiteControl, made: Made) -> Memory:
    """Gather what an engine must know that starts right after this tick was made durable."""
    position = control.standing
    day = position.day
    for interval in control.over:
        day = day.with_(interval, control.site)
    sent = made.decision.mode is not Mode.ADVISORY
    return _memory(
        control,
        state=position.ahead,
        in_force=made.decision.setpoint if sent else position.in_force,
        day=day,
        ticks=control.ticks + 1,
        decided_at=made.read.at,
    )


def memory_now(control: SiteControl) -> Memory:
    """Gather what an engine must know that starts now."""
    position = control.standing
    return _memory(
        control,
        state=position.state,
        in_force=position.in_force,
        day=position.day,
        ticks=control.ticks,
        decided_at=control.decided_at,
    )


def _memory(
    control: SiteControl,
    *,
    state: SiteState,
    in_force: Setpoint,
    day: Day,
    ticks: int,
    decided_at: datetime | None,
) -> Memory:
    newest_at = control.book.newest_at
    return Memory(
        state=state,
        in_force=in_force,
        day=day,
        manager=control.pipeline.manager().state,
        shadows=control.pipeline.shadows(),
        outages=control.site.outages,
        commitments=control.site.commitments,
        ticks=ticks,
        newest_tick_at=state.at if newest_at is None else newest_at,
        started_at=control.started_at,
        decided_at=decided_at,
    )
