"""Trading & Agents: the switches, what agents propose and decide, orders and books."""

from __future__ import annotations

import streamlit as st

from mara.ui import platform
from mara.ui.panels.agents import pipeline_panel
from mara.ui.panels.control import halt_panel, mode_panel, standing_line, state_panel
from mara.ui.panels.records import records
from mara.ui.panels.strategies import proposals_panel, weights_panel
from mara.ui.panels.trade import trade_panel

console = platform.console()


@st.fragment
def switches() -> None:
    """Act on the running system."""
    standing_line(console.snapshot())
    halt, state, mode, trade = st.columns(4)
    with halt:
        halt_panel(console)
    with state:
        state_panel(console)
    with mode:
        mode_panel(console)
    with trade:
        trade_panel(console)


@st.fragment(run_every=platform.panels_s())
def live() -> None:
    """Show what changes with each tick."""
    snapshot = console.snapshot()
    pipeline_panel(snapshot)
    proposals, weights = st.columns([2.4, 1])
    with proposals:
        proposals_panel(snapshot)
    with weights:
        weights_panel(snapshot)


switches()
live()
st.fragment(records)(console)
