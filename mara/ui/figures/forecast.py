"""One forecast: mean and quantile band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure, millis
from mara.ui.palette import BLUE, faint

if TYPE_CHECKING:
    from mara.domain import Forecast, Site

__all__ = ["forecast_figure"]


def forecast_figure(forecast: Forecast, site: Site, unit: str, factor: float) -> go.Figure:
    """Draw the mean, and the band between the outermost quantiles."""
    x = millis(forecast.starts, site.zone, forecast.issued_at)
    edges = list(forecast.quantiles[:1] + forecast.quantiles[-1:])
    band = [
        go.Scatter(
            x=x,
            y=np.asarray(edge.values) * factor,
            name=f"{edge.level:.0%} quantile",
            mode="lines",
            line={"color": BLUE, "width": 0},
            hovertemplate=f"%{{y:,.4~g}} {unit}",
        )
        for edge in edges
    ]
    if len(band) == 2:
        band[1].update(fill="tonexty", fillcolor=faint(BLUE, 0.18))
    mean = go.Scatter(
        x=x,
        y=np.asarray(forecast.mean) * factor,
        name="mean",
        mode="lines",
        line={"color": BLUE, "width": 2},
        hovertemplate=f"%{{y:,.4~g}} {unit}",
    )
    return figure(
        [*band, mean],
        height=260,
        revision=f"forecast {forecast.target}",
        unit=unit,
        showlegend=False,
    )
