"""Real-Time Analytics: prices, power, battery, margin, and why the site does what it does."""

from __future__ import annotations

import streamlit as st

from mara.ui import platform
from mara.ui.panels.agents import agents_panel
from mara.ui.panels.decision import decision_panel, what_if_panel
from mara.ui.panels.market import first_run_line, market_panel
from mara.ui.panels.site import battery_panel, earnings_panel, utilisation_panel

console = platform.console()
first_run_line(console.snapshot())
above, question, below = st.container(), st.container(), st.container()


@st.fragment(run_every=platform.panels_s())
def live() -> None:
    """Show what changes with each tick, around the question."""
    snapshot = console.snapshot()
    with above:
        prices, decision = st.columns([1.65, 1])
    with prices:
        market_panel(snapshot)
    with decision:
        decision_panel(snapshot)
    with below:
        power, battery, earnings = st.columns([1.2, 1, 1])
    with power:
        utilisation_panel(snapshot)
    with battery:
        battery_panel(snapshot)
    with earnings:
        earnings_panel(snapshot)
    with below:
        agents_panel(snapshot)


live()
with question:
    what_if_panel(console)
