"""What all live figures share: the site's time axis, the look, and the shade over the plan.

A time axis shows the wall clock of the site at the offset from UTC in force `now`, so that it
runs evenly through a change of summer time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from mara.ui.palette import FADED, PRIMARY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

Floats = NDArray[np.float64]

__all__ = [
    "MAX_POINTS",
    "Floats",
    "broken",
    "figure",
    "local_ms",
    "mark_limit",
    "mark_now",
    "millis",
    "thinned",
]

MAX_POINTS: Final = 480
"""Points of a trace at most."""

_MS: Final = 1_000.0


def local_ms(epoch_s: NDArray[Any] | Sequence[float], zone: ZoneInfo, now: datetime) -> Floats:
    """Turn seconds since 1970 UTC into the milliseconds that draw as the site's wall clock."""
    offset = now.astimezone(zone).utcoffset()
    shift = offset.total_seconds() if offset is not None else 0.0
    return (np.asarray(epoch_s, dtype=np.float64) + shift) * _MS


def millis(times: Sequence[datetime], zone: ZoneInfo, now: datetime) -> Floats:
    """Turn times into the milliseconds that draw as the site's wall clock."""
    return local_ms([time.timestamp() for time in times], zone, now)


def broken(x: Floats, y: Floats, step_ms: float) -> tuple[Floats, Floats]:
    """Break a line where intervals are missing: nothing is drawn over a gap."""
    gaps = np.flatnonzero(np.diff(x) > 1.5 * step_ms) + 1
    return np.insert(x, gaps, x[gaps - 1] + step_ms), np.insert(y, gaps, np.nan)


def thinned(x: Floats, y: Floats, limit: int = MAX_POINTS) -> tuple[Floats, Floats]:
    """Keep at most `limit` points: of each stretch the most extreme, so that no spike vanishes."""
    if x.size <= limit:
        return x, y
    stretch = -(-x.size // limit)
    away = np.abs(np.nan_to_num(y - np.nanmedian(y)))
    starts = np.arange(0, x.size, stretch)
    keep = np.array([s + int(np.argmax(away[s : s + stretch])) for s in starts])
    return x[keep], y[keep]


def figure(
    traces: Sequence[go.Scatter | go.Bar],
    *,
    height: int,
    revision: str,
    unit: str = "",
    **layout: Any,  # noqa: ANN401
) -> go.Figure:
    """Frame traces as a live figure whose zoom is kept while `revision` stays the same."""
    shown: dict[str, Any] = {
        "template": go.layout.Template(),
        "height": height,
        "uirevision": revision,
        "margin": {"l": 52, "r": 12, "t": 14, "b": 28},
        "hovermode": "x unified",
        "dragmode": "zoom",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.2,
            "yanchor": "top",
            "font": {"size": 11},
            "traceorder": "normal",
            "itemwidth": 30,
        },
        "xaxis": {"type": "date", "hoverformat": "%a %d %b %H:%M", "showgrid": False},
        "yaxis": {"title": {"text": unit, "standoff": 6}, "fixedrange": True, "zeroline": True},
    }
    return go.Figure(data=list(traces), layout=go.Layout(shown | layout))


def mark_now(chart: go.Figure, now_ms: float, until_ms: float | None = None) -> None:
    """Draw a line at the present, and shade what lies ahead of it as plan."""
    chart.add_shape(
        type="line",
        x0=now_ms,
        x1=now_ms,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": PRIMARY, "width": 1.5, "dash": "dot"},
    )
    if until_ms is not None:
        chart.add_shape(
            type="rect",
            x0=now_ms,
            x1=until_ms,
            y0=0,
            y1=1,
            yref="paper",
            line={"width": 0},
            fillcolor=FADED,
            opacity=0.09,
            layer="below",
        )


def mark_limit(chart: go.Figure, level: float, text: str, **where: Any) -> None:  # noqa: ANN401
    """Draw a level that must not be passed, with its name at the right end."""
    chart.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="paper",
        y0=level,
        y1=level,
        line={"color": FADED, "width": 1.5, "dash": "dash"},
        **where,
    )
    chart.add_annotation(
        x=0.995,
        xref="paper",
        y=level,
        text=text,
        showarrow=False,
        xanchor="right",
        yanchor="bottom",
        font={"color": FADED, "size": 11},
        **where,
    )
