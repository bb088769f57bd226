"""Figures of the insights: the news index, margins against foresight, and results of tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui import format as fmt
from mara.ui.figures.frame import figure, millis
from mara.ui.palette import BLUE, GREEN, ORANGE, PRIMARY, RED, VIOLET, faint

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from mara.insights.tools import Series

__all__ = ["index_figure", "margins_figure", "series_figure"]

_LINES = (BLUE, ORANGE, VIOLET, GREEN)


def index_figure(
    times: tuple[datetime, ...], values: tuple[float, ...], zone: ZoneInfo
) -> go.Figure:
    """Draw the news index: above zero points to cheaper power, below to dearer."""
    x, y = millis(times, zone, times[-1]), np.asarray(values)
    traces = [
        go.Scatter(
            x=x,
            y=part,
            name=name,
            mode="lines",
            fill="tozeroy",
            line={"color": color, "width": 1.5},
            fillcolor=faint(color, 0.18),
            hovertemplate="%{y:.2f}",
        )
        for name, color, part in (
            ("cheaper", GREEN, np.maximum(y, 0.0)),
            ("dearer", RED, np.minimum(y, 0.0)),
        )
    ]
    chart = figure(traces, height=220, revision="news index", unit="index", showlegend=False)
    chart.update_yaxes(range=[-1.05, 1.05])
    return chart


def margins_figure(rows: tuple[tuple[str, float], ...], currency: str) -> go.Figure:
    """Draw what each strategy earned today beside the site and perfect foresight."""
    names = [fmt.words(name) for name, _ in rows]
    bar = go.Bar(
        x=[value for _, value in rows],
        y=np.asarray(names),
        orientation="h",
        marker={"color": [PRIMARY if name == "site" else BLUE for name, _ in rows]},
        hovertemplate=f"%{{x:,.0f}} {currency}<extra></extra>",
    )
    chart = figure([bar], height=60 + 34 * len(rows), revision="margins", showlegend=False)
    chart.update_layout(hovermode="closest", margin={"l": 130, "r": 12, "t": 8, "b": 34})
    chart.update_xaxes(type="linear", title={"text": currency})
    chart.update_yaxes(autorange="reversed", title={"text": ""})
    return chart


def series_figure(series: tuple[Series, ...], zone: ZoneInfo) -> go.Figure:
    """Draw the series of a tool's result, each with its band where it has one."""
    traces: list[go.Scatter] = []
    for one, color in zip(series, _LINES, strict=False):
        x = millis(one.at, zone, one.at[0])
        traces += _band(one, x, color)
        traces.append(
            go.Scatter(
                x=x,
                y=list(one.values),
                name=one.name,
                mode="lines",
                line={"color": color, "width": 2},
                hovertemplate=f"%{{y:,.4~g}} {one.unit}",
            )
        )
    unit = series[0].unit
    return figure(
        traces, height=240, revision=series[0].name, unit=unit, showlegend=len(series) > 1
    )


def _band(one: Series, x: np.ndarray, color: str) -> list[go.Scatter]:
    edges = (("low", one.low), ("high", one.high))
    if not one.low:
        return []
    band = [
        go.Scatter(
            x=x,
            y=list(values),
            name=f"{one.name}, {name}",
            mode="lines",
            showlegend=False,
            line={"color": color, "width": 0},
            hovertemplate=f"%{{y:,.4~g}} {one.unit}",
        )
        for name, values in edges
    ]
    band[1].update(fill="tonexty", fillcolor=faint(color, 0.16))
    return band
