"""The page around every tab: title, navigation, header."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from mara.ui import live_chart, platform
from mara.ui.header import header

__all__ = ["render"]

_PAGES: Final = Path(__file__).resolve().parents[2] / "pages"


def render() -> None:
    """Render the tab that the reader chose, under the header."""
    st.set_page_config(page_title="MARA", page_icon="⚡", layout="wide")
    page = st.navigation(
        [
            st.Page(
                _PAGES / "real_time.py",
                title="Real-Time Analytics",
                icon=":material/monitoring:",
                help="Prices, power, battery, margin, and why the site does what it does.",
                default=True,
            ),
            st.Page(
                _PAGES / "trading_agents.py",
                title="Trading & Agents",
                icon=":material/hub:",
                help="What agents propose and decide, orders and books, and the switches.",
            ),
            st.Page(
                _PAGES / "game_theory.py",
                title="Game Theory & Optimization",
                icon=":material/casino:",
                help="Who should get what, who moves first, and who would deviate.",
            ),
            st.Page(
                _PAGES / "stochastic_forecasting.py",
                title="Stochastic Models & Forecasting",
                icon=":material/show_chart:",
                help="Laws of prices, simulation, risk and stress; forecasts beside what came.",
            ),
            st.Page(
                _PAGES / "ai_insights.py",
                title="AI Insights & Analysis",
                icon=":material/forum:",
                help="The market, the agents, moves and headlines in words, and a chat.",
            ),
        ],
        position="top",
    )
    _wait_for_platform()
    header()
    page.run()


def _wait_for_platform() -> None:
    live_chart.prepare()
    if platform.is_starting():
        with st.spinner("The agents are starting; prices appear in a moment."):
            platform.console()
