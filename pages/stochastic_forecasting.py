"""Stochastic Models & Forecasting: laws, simulation, risk, stress, scenarios, stored energy."""

from __future__ import annotations

import streamlit as st

from mara.ui.panels.forecasting import FORECAST_VIEWS
from mara.ui.panels.stochastic import VIEWS, sub_tabs

st.fragment(sub_tabs)({**FORECAST_VIEWS, **VIEWS})
