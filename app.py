"""The dashboard: `streamlit run app.py`, or `uvicorn app:app`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mara.ui.frame import page_failed
from mara.ui.lifespan import ROUTES, lifespan

app = st.App(
    Path(__file__).resolve().parent / "pages" / "shell.py",
    lifespan=lifespan,
    routes=ROUTES,
    on_script_error=page_failed,
)
