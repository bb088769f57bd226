"""From the engine's state to the immutable snapshot that everybody reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mara.agents.marketbook import MarketBook
from mara.agents.snapshot import (
    AgentMetrics,
    Books,
    Earnings,
    Market,
    Pace,
    ShadowSeries,
    Snapshot,
    Verdict,
)
from mara.domain import History, Mode, Site, TradingState

if TYPE_CHECKING:
    from mara.agents.books import Day, Position
    from mara.agents.control import SiteControl
    from mara.agents.memory import NamedShadow
    from mara.clock import Clock
    from mara.feeds.base import Feed
    from mara.models.dispatch.explain import DecisionCard

__all__ = ["first_snapshot", "snapshot_of"]

_STRIKE_RULE = "strike-rule"
_SETTLEMENTS = 288


def snapshot_of(control: SiteControl, version: int, card: DecisionCard | None) -> Snapshot:
    """Freeze the state of the engine."""
    manager = control.pipeline.manager()
    position = control.position
    return Snapshot(
        version=version,
        site=control.site,
        clock=control.clock.now(),
        speed=control.clock.speed,
        market=_market(control),
        state=position.state if position else None,
        verdict=_verdict(control, card),
        books=_books(position, control.pipeline.shadows(), control.open_intents),
        weights=manager.weights(),
        trading_state=manager.trading_state,
        state_reason=f"{manager.state.trading.author}: {manager.state.trading.reason}",
        mode=manager.state.mode,
        alerts=control.alerts.all(),
        overrides=manager.state.overrides,
        agents=_against_strike_rule(control.pipeline.metrics()),
        notes=tuple(control.pipeline.notes),
        ticks=control.ticks,
        started_at=control.started_at,
        finished=control.finished,
        pace=_pace(control),
    )


def first_snapshot(site: Site, clock: Clock, feed: Feed, mode: Mode) -> Snapshot:
    """Make the snapshot that stands before the first tick."""
    status = MarketBook(feed).status(clock.now())
    return Snapshot(
        version=0,
        site=site,
        clock=clock.now(),
        speed=clock.speed,
        market=Market(tick=None, feed=status, history=History(minutes=feed.minutes)),
        state=None,
        verdict=None,
        books=_books(None, ()),
        weights=(),
        trading_state=TradingState.ACTIVE,
        state_reason="starting",
        mode=mode,
        alerts=(),
        overrides=(),
        agents=(),
        notes=(),
        ticks=0,
        started_at=clock.now(),
    )


def _pace(control: SiteControl) -> Pace:
    decided, durable = control.decide_paces, control.durable_paces
    return Pace(
        decide_ms_p50=decided.percentile(0.5),
        decide_ms_p99=decided.percentile(0.99),
        durable_ms_p50=durable.percentile(0.5),
        durable_ms_p99=durable.percentile(0.99),
    )


def _market(control: SiteControl) -> Market:
    """Show the market of the last decision: its tick, past and forecasts belong together."""
    book, last = control.book, control.last
    made = last.made if last else None
    trends, anomalies = control.pipeline.signals()
    return Market(
        tick=last.read.tick if last else book.newest,
        feed=book.status(last.read.at if last else control.clock.now()),
        history=last.read.history if last else book.history,
        trends=trends,
        anomalies=anomalies,
        forecasts=made.forecasts if made else (),
        forecasting=control.pipeline.forecasting(),
    )


def _verdict(control: SiteControl, card: DecisionCard | None) -> Verdict | None:
    if control.last is None:
        return None
    return Verdict(
        decision=control.last.decision,
        proposals=control.last.proposals,
        card=card,
        decide_ms=control.decide_ms,
        durable_ms=control.durable_ms,
    )


def _books(
    position: Position | None, shadows: tuple[NamedShadow, ...], open_intents: int = 0
) -> Books:
    if position is None:
        empty = Earnings(
            day="",
            at=(),
            cumulated_usd=(),
            shadows=(),
            by_account=(),
            margin_usd=0.0,
            total_usd=0.0,
            versus_strike_usd=None,
        )
        return Books(settlements=(), earnings=empty)
    return Books(
        settlements=tuple(i.settlement for i in list(position.recent)[-_SETTLEMENTS:]),
        earnings=_earnings(position.day, shadows),
        trades=position.trades,
        position_mwh=position.open_mwh,
        pending_intents=open_intents,
    )


def _earnings(day: Day, shadows: tuple[NamedShadow, ...]) -> Earnings:
    starts_s = tuple(int(at.timestamp()) for at in day.at)
    series = tuple(
        ShadowSeries(name=s.name, cumulated_usd=s.shadow.cumulated_at(starts_s))
        for s in shadows
        if s.shadow.day == day.date
    )
    strike = next((s for s in series if s.name == _STRIKE_RULE and s.cumulated_usd), None)
    return Earnings(
        day=day.date,
        at=day.at,
        cumulated_usd=day.cumulated_usd,
        shadows=series,
        by_account=day.by_account,
        margin_usd=day.margin_usd,
        total_usd=day.margin_usd,
        versus_strike_usd=day.margin_usd - strike.cumulated_usd[-1] if strike else None,
    )


def _against_strike_rule(metrics: tuple[AgentMetrics, ...]) -> tuple[AgentMetrics, ...]:
    """Set the strategies' scores against that of the strike rule."""
    strike = next((m.score for m in metrics if m.name == _STRIKE_RULE), None)
    if strike is None:
        return metrics
    return tuple(
        replace(m, score=m.score - strike) if m.score_unit == "USD" and m.score is not None else m
        for m in metrics
    )
