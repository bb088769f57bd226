"""Prices of the last hours, and what is expected of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import broken, figure, local_ms, mark_now, millis, thinned
from mara.ui.palette import BLUE, FADED, GREEN, VIOLET, faint

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.domain import Forecast, QuoteLabels
    from mara.ui.figures.frame import Floats

__all__ = ["market_figure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One price in the figure: its colour, axis and share of the height."""

    target: str
    name: str
    color: str
    axis: str
    domain: tuple[float, float]
    unit: str
    factor: float


_LOW: Final = 0.1
_HIGH: Final = 0.9


def _rows(labels: QuoteLabels) -> tuple[_Row, ...]:
    return (
        _Row(
            target="energy_usd_per_mwh",
            name="Energy",
            color=BLUE,
            axis="y",
            domain=(0.52, 1.0),
            unit=labels.energy_unit,
            factor=labels.energy_factor,
        ),
        _Row(
            target="hash_usd_per_ph_day",
            name="Hash",
            color=VIOLET,
            axis="y2",
            domain=(0.26, 0.44),
            unit=labels.hash_unit,
            factor=labels.hash_factor,
        ),
        _Row(
            target="token_usd_per_mtok",
            name="Token",
            color=GREEN,
            axis="y3",
            domain=(0.0, 0.18),
            unit=labels.token_unit,
            factor=labels.token_factor,
        ),
    )


def market_figure(snapshot: Snapshot, hours: int) -> go.Figure:
    """Draw energy, hash and token price over one time axis, with their forecast bands ahead.

    `hours` of the past are shown, and a quarter as much of what is forecast.
    """
    rows = _rows(snapshot.site.labels)
    traces = [trace for row in rows for trace in _traces(snapshot, row, hours)]
    chart = figure(traces, height=505, revision=f"market {hours}", **_axes(rows))
    chart.update_xaxes(anchor="y3")
    _note_missing(chart, snapshot, rows)
    if snapshot.market.tick is not None:
        at = snapshot.market.tick.at
        mark_now(chart, float(millis([at], snapshot.site.zone, snapshot.clock)[0]))
    return chart


def _axes(rows: tuple[_Row, ...]) -> dict[str, Any]:
    return {
        f"yaxis{row.axis[1:]}": {
            "domain": row.domain,
            "title": {"text": f"{row.name}<br>{row.unit}", "standoff": 6, "font": {"size": 11}},
            "fixedrange": True,
            "nticks": 5,
        }
        for row in rows
    } | {"showlegend": False, "margin": {"l": 68, "r": 12, "t": 8, "b": 28}}


def _traces(snapshot: Snapshot, row: _Row, hours: int) -> list[go.Scatter]:
    forecast = next((f for f in snapshot.market.forecasts if f.target == row.target), None)
    ahead = [] if forecast is None else _band(snapshot, row, forecast, hours)
    return [*ahead, _past(snapshot, row, hours)]


def _past(snapshot: Snapshot, row: _Row, hours: int) -> go.Scatter:
    history = snapshot.market.history
    recent = history.last(round(hours * 60 / history.minutes))
    x = local_ms(recent.epoch_s, snapshot.site.zone, snapshot.clock)
    x, y = broken(x, recent.series(row.target) * row.factor, history.minutes * 60e3)
    x, y = thinned(x, y)
    return go.Scatter(
        x=x,
        y=y,
        name=row.name,
        yaxis=row.axis,
        mode="lines",
        line={"color": row.color, "width": 1.8, "shape": "hv"},
        hovertemplate=f"%{{y:,.4~g}} {row.unit}",
    )


def _band(snapshot: Snapshot, row: _Row, forecast: Forecast, hours: int) -> list[go.Scatter]:
    until = snapshot.clock + timedelta(hours=hours / 4)
    count = sum(start <= until for start in forecast.starts)
    x = millis(forecast.starts[:count], snapshot.site.zone, snapshot.clock)
    mean = np.asarray(forecast.mean[:count]) * row.factor
    levels = [q.level for q in forecast.quantiles]
    line = go.Scatter(
        x=x,
        y=mean,
        name=f"{row.name} expected",
        yaxis=row.axis,
        mode="lines",
        line={"color": row.color, "width": 1.4, "dash": "dot"},
        hovertemplate=f"%{{y:,.4~g}} {row.unit}",
    )
    if len(levels) < 2:
        return [line]
    low = min(levels, key=lambda level: abs(level - _LOW))
    high = min(levels, key=lambda level: abs(level - _HIGH))
    edges = [np.asarray(forecast.quantile(level)[:count]) * row.factor for level in (low, high)]
    return [*_filled(x, (edges[0], edges[1]), row, (low, high)), line]


def _filled(
    x: Floats,
    edges: tuple[Floats, Floats],
    row: _Row,
    levels: tuple[float, float],
) -> list[go.Scatter]:
    common = {
        "x": x,
        "yaxis": row.axis,
        "mode": "lines",
        "line": {"color": row.color, "width": 0},
        "hovertemplate": f"%{{y:,.4~g}} {row.unit}",
    }
    lower = go.Scatter(common | {"y": edges[0], "name": f"{row.name} {levels[0]:.0%} quantile"})
    upper = go.Scatter(
        common
        | {
            "y": edges[1],
            "name": f"{row.name} {levels[1]:.0%} quantile",
            "fill": "tonexty",
            "fillcolor": faint(row.color, 0.18),
        }
    )
    return [lower, upper]


def _note_missing(chart: go.Figure, snapshot: Snapshot, rows: tuple[_Row, ...]) -> None:
    tick = snapshot.market.tick
    for row in rows:
        if tick is not None and tick.figure(row.target) is None:
            chart.add_annotation(
                xref="paper",
                yref="paper",
                x=0.5,
                y=sum(row.domain) / 2,
                text=f"no {row.name.lower()} price from this feed: its machines stay off",
                showarrow=False,
                font={"color": FADED},
            )
