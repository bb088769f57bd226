"""AI Insights & Analysis: the market, the agents, moves, sentiment and a chat, in words."""

from __future__ import annotations

import streamlit as st

from mara.ui import platform
from mara.ui.panels.insights import standing_line
from mara.ui.panels.insights_chat import chat_view
from mara.ui.panels.insights_views import (
    agents_view,
    commentary_panel,
    market_view,
    recommendations_view,
    sentiment_view,
)

console, insights = platform.console(), platform.insights()

VIEWS = {
    "Market insights": market_view,
    "Agent performance": agents_view,
    "Recommendations": recommendations_view,
    "Sentiment": sentiment_view,
    "Chat": chat_view,
}


@st.fragment
def views() -> None:
    """Show the view that the reader chose."""
    standing_line(insights)
    chosen = st.segmented_control(
        "View",
        list(VIEWS),
        default="Market insights",
        required=True,
        key="insights_view",
        label_visibility="collapsed",
    )
    VIEWS[chosen](console, insights)


@st.fragment(run_every=platform.panels_s())
def commentary() -> None:
    """Show the live commentary."""
    commentary_panel(console, insights)


words, live = st.columns([2.2, 1])
with words:
    views()
with live:
    commentary()
