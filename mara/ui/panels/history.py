"""Decisions of the past: listed, opened again, and decided again from what was stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.errors import MaraError
from mara.ui import format as fmt
from mara.ui.panels.box import panel, table
from mara.ui.tables.decisions import decisions_frame
from mara.ui.tables.market import prices_frame
from mara.ui.tables.strategies import record_frame

if TYPE_CHECKING:
    from datetime import datetime

    from mara.domain import Site
    from mara.services.console import Console

__all__ = ["decisions_panel"]

_ROWS = 100


def decisions_panel(console: Console) -> None:
    """List decisions; reopen one, or check that it comes out the same from its own inputs."""
    site = console.snapshot().site
    about = "Each decision is stored with all its inputs, so it can be opened and made again."
    with panel("Decisions", about=about):
        decisions = console.decisions(_ROWS)
        table(
            decisions_frame(decisions, site),
            key="trading_decisions",
            alt="Decisions, newest first",
            empty="Nothing was decided yet.",
            height=260,
        )
        if decisions:
            _open_again(console, site, [decision.tick_at for decision in decisions])


def _open_again(console: Console, site: Site, times: list[datetime]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Interval",
            times,
            format_func=lambda at: fmt.moment(at, site.zone),
            key="trading_decision_at",
            width=260,
        )
        opened = st.button("Open its record", key="trading_reopen")
        replayed = st.button("Decide it again and compare", key="trading_replay")
    try:
        if opened:
            _record(console, site, chosen)
        if replayed:
            _replayed(console, site, chosen)
    except MaraError as error:
        st.error(fmt.plain(str(error)))


def _record(console: Console, site: Site, at: datetime) -> None:
    record = console.reopen(at)
    st.markdown(
        f"**{fmt.moment(record.tick_at, site.zone)}**: "
        f"{fmt.plain(fmt.words(record.decision.chosen))} "
        f":gray[by {fmt.plain(record.decision.resolved_by)}.] {fmt.plain(record.decision.reason)}"
    )
    prices, proposals = st.columns([1, 1.4])
    with prices:
        if record.tick is None:
            st.caption("The feed had never spoken by then.")
        else:
            frame = prices_frame(record.tick, site.labels)
            table(frame, key="trading_record_prices", alt="Prices it saw", empty="No figure.")
    with proposals:
        frame = record_frame(site, record)
        table(frame, key="trading_record", alt="Proposals it weighed", empty="No proposal.")


def _replayed(console: Console, site: Site, at: datetime) -> None:
    answer = console.replay(at)
    shown = fmt.moment(at, site.zone)
    if answer.same:
        st.success(f"{shown}: decided again from its stored inputs, the same to the byte.")
    else:
        st.error(
            f"{shown}: decided again, it comes out otherwise: "
            f"{fmt.plain(fmt.words(answer.decision.chosen))}, {fmt.plain(answer.decision.reason)}"
        )
