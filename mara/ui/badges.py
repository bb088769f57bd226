"""Data badges: what a panel's figures were computed from, and how old they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from mara.domain import Origin, Severity, TradingState
from mara.ui import format as fmt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import FeedStatus, Market
    from mara.domain import Alert

__all__ = [
    "Badge",
    "alerts_badge",
    "data_badge",
    "drawn_badge",
    "frozen_badge",
    "show",
    "state_badge",
]

Color = Literal["red", "orange", "yellow", "blue", "green", "violet", "gray", "primary"]

_ORIGIN_COLORS: Final[dict[Origin, Color]] = {
    Origin.LIVE: "green",
    Origin.SIMULATED: "violet",
    Origin.REPLAY: "blue",
    Origin.ASSUMED: "orange",
}
_STATE_COLORS: Final[dict[TradingState, Color]] = {
    TradingState.ACTIVE: "green",
    TradingState.REDUCING: "orange",
    TradingState.HALTED: "red",
}
_SEVERITY_COLORS: Final[dict[Severity, Color]] = {
    Severity.CRITICAL: "red",
    Severity.WARNING: "orange",
    Severity.INFO: "blue",
}
_MEANING: Final[dict[Origin, str]] = {
    Origin.LIVE: "prices of a host that is not this machine",
    Origin.SIMULATED: "prices drawn by the seeded simulator: no market stands behind them",
    Origin.REPLAY: "prices read from a file of the past",
    Origin.ASSUMED: "figures given by a person, not by the feed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A short coloured word with its explanation."""

    label: str
    color: Color
    help: str


def data_badge(market: Market, figures: Sequence[str] = ()) -> Badge:
    """Say where the figures come from; ASSUMED where one of `figures` was given by a person."""
    tick = market.tick
    if tick is None:
        return Badge(label="NO DATA YET", color="gray", help="the feed has given no tick yet")
    behind = _age(market.feed, tick.minutes)
    if market.feed.stale:
        return Badge(
            label=fmt.plain(f"STALE {behind}"), color="red", help=_help(market.feed, tick.origin)
        )
    assumed = any(tick.origin_of(figure) is Origin.ASSUMED for figure in figures)
    origin = Origin.ASSUMED if assumed else market.feed.origin
    label = "ASSUMED" if assumed else market.feed.label
    return Badge(
        label=fmt.plain(f"{label} · {behind}"),
        color=_ORIGIN_COLORS[origin],
        help=_help(market.feed, origin),
    )


def frozen_badge(origin: Origin, kind: str, label: str) -> Badge:
    """Say where figures come from that rest on a past frozen at a press."""
    return Badge(
        label=fmt.plain(f"{origin.value} · {kind}"),
        color=_ORIGIN_COLORS[origin],
        help=fmt.plain(f"{label}: {_MEANING[origin]}."),
    )


def drawn_badge(label: str) -> Badge:
    """Say that figures are drawn from a law that was calibrated to a past."""
    return Badge(
        label="SIMULATED · from the law",
        color=_ORIGIN_COLORS[Origin.SIMULATED],
        help=fmt.plain(f"Drawn from a law calibrated to {label}; no market quoted them."),
    )


def _age(feed: FeedStatus, minutes: float) -> str:
    if feed.age_ticks <= 0:
        return "current interval"
    return f"{fmt.age(timedelta(minutes=minutes * feed.age_ticks))} old"


def _help(feed: FeedStatus, origin: Origin) -> str:
    parts = [f"Feed {feed.name}: {_MEANING[origin]}."]
    parts += [f"Trouble: {feed.error}."] if feed.error else []
    parts += [f"Given by a person: {', '.join(feed.assumed)}."] if feed.assumed else []
    parts += [f"Records refused: {feed.quarantined:,}."] if feed.quarantined else []
    parts += [f"Server clock differs by {feed.skew_s:,.1f} s."] if feed.skew_s else []
    return fmt.plain(" ".join(parts))


def state_badge(state: TradingState, reason: str) -> Badge:
    """Show the trading state, with its reason."""
    return Badge(label=state.value, color=_STATE_COLORS[state], help=fmt.plain(reason))


def alerts_badge(alerts: Sequence[Alert]) -> Badge:
    """Count the alerts by severity; the worst gives the colour."""
    if not alerts:
        return Badge(label="no alerts", color="gray", help="Nothing asks for attention.")
    counts = {s: sum(a.severity is s for a in alerts) for s in _SEVERITY_COLORS}
    worst = next(severity for severity, count in counts.items() if count)
    label = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    listed = "\n\n".join(f"**{a.severity}**: {fmt.plain(a.text)}" for a in alerts[:12])
    return Badge(label=label, color=_SEVERITY_COLORS[worst], help=listed)


def show(badge: Badge) -> None:
    """Render a badge."""
    st.badge(badge.label, color=badge.color, help=badge.help)
