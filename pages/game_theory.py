"""Game Theory & Optimization: sharing, leading, deviating and bidding, on the site's own numbers."""

from __future__ import annotations

import streamlit as st

from mara.ui import platform
from mara.ui.panels.games import games

st.fragment(games)(platform.console())
