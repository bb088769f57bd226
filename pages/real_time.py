"""Real-Time Analytics: prices, power, battery, margin, and why the site does what it does."""

from __future__ import annotations

import streamlit as st

from mara.ui import platform
from mara.ui.panels.agents import agents_panel
from mara.ui.panels.decision import decision_panel, what_if_panel
from mara.ui.panels.market import first_run_line, market_panel
from mara.ui.panels.site import battery_panel, earnings_panel, utilisation_panel

console = platform.console()


@st.fragment(run_every=platform.refresh_s())
def market() -> None:
    """Show prices as they come."""
    market_panel(console.snapshot())


@st.fragment(run_every=platform.refresh_s())
def decision() -> None:
    """Show the newest decision and its reasons."""
    decision_panel(console.snapshot())


@st.fragment(run_every=platform.refresh_s())
def site() -> None:
    """Show what the site does, earns, and how its agents are."""
    snapshot = console.snapshot()
    power, battery, earnings = st.columns([1.2, 1, 1])
    with power:
        utilisation_panel(snapshot)
    with battery:
        battery_panel(snapshot)
    with earnings:
        earnings_panel(snapshot)
    agents_panel(snapshot)


first_run_line(console.snapshot())
left, right = st.columns([1.65, 1])
with left:
    market()
with right:
    decision()
what_if_panel(console)
site()
