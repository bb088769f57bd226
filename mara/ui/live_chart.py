"""Charts that change in place: zoom, hidden traces and hover survive each refresh.

`st.plotly_chart` (1.67) makes a new chart of every changed figure, and ECharts and Vega charts are
redrawn from their data: each forgets the reader's zoom. This component hands the same `go.Figure`
to `Plotly.react`. The library comes from the installed plotly package, by a route of the app.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import plotly
import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    import plotly.graph_objects as go

__all__ = ["PLOTLY_ADDRESS", "chart", "plotly_file"]

PLOTLY_ADDRESS: Final = "assets/plotly.min.js"
"""Where the app serves Plotly's library, relative to its root."""

_HTML = '<div class="mara-chart" role="img"></div>\n<span></span>'
_CSS = ".mara-chart { width: 100%; }\n.mara-chart .main-svg { overflow: visible; }"
_KEPT = 24


def plotly_file() -> Path:
    """Find Plotly's library for browsers in the installed package."""
    return files(plotly) / "package_data" / "plotly.min.js"  # type: ignore[return-value]


@cache
def _component() -> Callable[..., Any]:
    script = (files("mara.ui") / "assets" / "live_chart.js").read_text(encoding="utf-8")
    return st.components.v2.component(
        "mara_live_chart", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


@lru_cache(maxsize=_KEPT)
def _drawn(build: Callable[..., go.Figure], arguments: tuple[Hashable, ...]) -> str:
    """Build a figure once for all sessions that look at the same values."""
    return str(build(*arguments).to_json())


def chart(build: Callable[..., go.Figure], *arguments: Hashable, key: str, alt: str) -> None:
    """Show the figure that `build` makes of `arguments`, under a stable `key`.

    Values are compared as their class does: a snapshot, which is one value a tick, by identity.
    `alt` says in one sentence what the chart shows.
    """
    figure = _drawn(build, arguments)
    data = {
        "figure": figure,
        "plotly": f"{PLOTLY_ADDRESS}?v={version('plotly')}",
        "alt": alt,
    }
    _component()(key=key, data=data)
