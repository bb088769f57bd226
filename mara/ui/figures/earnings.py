"""Margin of the site's day, and how it and its baselines stand against the strike rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure, millis, thinned
from mara.ui.format import words
from mara.ui.palette import PRIMARY, faint

if TYPE_CHECKING:
    from mara.agents.snapshot import Earnings, Snapshot
    from mara.ui.figures.frame import Floats

__all__ = ["BASELINE", "earnings_figure"]

BASELINE: Final = "strike-rule"
"""Name of the strategy that all others are measured against."""

_OWN: Final = "MARA"


def earnings_figure(snapshot: Snapshot) -> go.Figure:
    """Draw today's cumulated margin above each one's lead over the strike rule.

    Lead of a strategy = its cumulated shadow margin - that of the strike rule, on the same ticks.
    """
    earned, currency = snapshot.books.earnings, snapshot.site.labels.currency
    x = millis(earned.at, snapshot.site.zone, snapshot.clock)
    margin = _line(
        x,
        np.asarray(earned.cumulated_usd),
        name=_OWN,
        line={"color": PRIMARY, "width": 2.6},
        fill="tozeroy",
        fillcolor=faint(PRIMARY, 0.1),
    )
    leads = [_lead(x, name, values) for name, values in _leads(earned).items()]
    chart = figure([margin, *leads], height=328, revision=f"earnings {earned.day}")
    chart.update_traces(hovertemplate=f"%{{y:,.0f}} {currency}")
    chart.update_xaxes(anchor="y2")
    chart.update_layout(
        yaxis={
            "domain": (0.5, 1.0),
            "title": {"text": f"{currency} today", "standoff": 6},
            "nticks": 5,
        },
        yaxis2={
            "domain": (0.0, 0.38),
            "title": {"text": "on strike rule", "standoff": 6},
            "fixedrange": True,
            "zeroline": True,
            "nticks": 4,
        },
    )
    return chart


def _leads(earned: Earnings) -> dict[str, Floats]:
    shadows = {s.name: np.asarray(s.cumulated_usd, dtype=np.float64) for s in earned.shadows}
    base = shadows.pop(BASELINE, None)
    if base is None:
        return {}
    return {_OWN: np.asarray(earned.cumulated_usd) - base} | {
        words(name): values - base for name, values in shadows.items()
    }


def _lead(x: Floats, name: str, values: Floats) -> go.Scatter:
    own = name == _OWN
    style = {"color": PRIMARY, "width": 2.6} if own else {"width": 1.6, "dash": "dash"}
    return _line(x, values, name=name, line=style, yaxis="y2", showlegend=not own)


def _line(x: Floats, y: Floats, **style: Any) -> go.Scatter:  # noqa: ANN401
    shown_x, shown_y = thinned(x, y)
    return go.Scatter(x=shown_x, y=shown_y, mode="lines", **style)
