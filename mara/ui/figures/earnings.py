"""Margin of the site's day, against its baselines on the same ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import MAX_POINTS, figure, millis, thinned
from mara.ui.format import words
from mara.ui.palette import PRIMARY, faint

if TYPE_CHECKING:
    from mara.agents.snapshot import ShadowSeries, Snapshot
    from mara.ui.figures.frame import Floats

__all__ = ["earnings_figure"]


def earnings_figure(snapshot: Snapshot) -> go.Figure:
    """Draw the cumulated margin of today, and what each strategy alone would have earned."""
    earned = snapshot.books.earnings
    currency = snapshot.site.labels.currency
    x = millis(earned.at, snapshot.site.zone, snapshot.clock)
    own = go.Scatter(
        _line(x, np.asarray(earned.cumulated_usd), currency),
        name="MARA",
        line={"color": PRIMARY, "width": 3},
        fill="tozeroy",
        fillcolor=faint(PRIMARY, 0.1),
    )
    shadows = [_shadow(x, series, currency) for series in earned.shadows]
    return figure(
        [own, *shadows], height=360, revision=f"earnings {earned.day}", unit=f"{currency} today"
    )


def _line(x: Floats, y: Floats, currency: str) -> dict[str, object]:
    shown_x, shown_y = thinned(x, y, MAX_POINTS)
    return {
        "x": shown_x,
        "y": shown_y,
        "mode": "lines",
        "hovertemplate": f"%{{y:,.0f}} {currency}",
    }


def _shadow(x: Floats, series: ShadowSeries, currency: str) -> go.Scatter:
    kept = x[-len(series.cumulated_usd) :] if series.cumulated_usd else x[:0]
    return go.Scatter(
        _line(kept, np.asarray(series.cumulated_usd), currency),
        name=words(series.name),
        line={"width": 1.8, "dash": "dash"},
    )
