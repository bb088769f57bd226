"""The line over all tabs: time, price, power, charge, margin, alerts, state, data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from mara.ui import badges, commands, platform
from mara.ui import format as fmt

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["Figure", "header", "header_figures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A name and what it is now."""

    name: str
    value: str


def header() -> None:
    """Show the header, which refreshes itself."""
    st.fragment(_header, run_every=platform.refresh_s())()


def _header() -> None:
    with platform.turn():
        _show_header()


def _show_header() -> None:
    snapshot = platform.console().snapshot()
    commands.looked_at(snapshot)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="mara_header"):
        for figure in header_figures(snapshot):
            st.markdown(_text(figure), width="content")
        badges.show(badges.alerts_badge(snapshot.alerts))
        badges.show(badges.state_badge(snapshot.trading_state, snapshot.state_reason))
        badges.show(badges.data_badge(snapshot.market))


def _text(figure: Figure) -> str:
    return f":gray[:small[{fmt.plain(figure.name)}]] **{fmt.plain(figure.value)}**"


def header_figures(snapshot: Snapshot) -> tuple[Figure, ...]:
    """Say in five figures how the site stands."""
    tick, labels = snapshot.market.tick, snapshot.site.labels
    price = None if tick is None else tick.energy_usd_per_mwh
    earned = fmt.money(snapshot.books.earnings.margin_usd, labels.currency)
    return (
        Figure(
            name=fmt.speed(snapshot.speed),
            value=fmt.moment(snapshot.clock, snapshot.site.zone),
        ),
        Figure(name="Price", value=fmt.price(price, labels.energy_unit, labels.energy_factor)),
        Figure(name="Grid", value=_power(snapshot)),
        *_charge(snapshot),
        Figure(name="Margin today", value=earned),
    )


def _power(snapshot: Snapshot) -> str:
    limit = fmt.number(snapshot.site.import_limit_mw, "MW")
    if not snapshot.books.settlements:
        return f"{fmt.DASH} of {limit}"
    last = snapshot.books.settlements[-1]
    if last.export_mw > last.import_mw:
        return f"{fmt.number(last.export_mw, 'MW')} out"
    return f"{fmt.number(last.import_mw)} of {limit}"


def _charge(snapshot: Snapshot) -> tuple[Figure, ...]:
    battery = snapshot.site.battery
    stored = snapshot.state.soc_mwh if snapshot.state else None
    if battery is None or stored is None:
        return ()
    return (Figure(name="Battery", value=fmt.percent(stored / battery.energy_mwh)),)
