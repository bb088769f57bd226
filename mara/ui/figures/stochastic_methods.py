"""Charts of the band between curtailing and resuming, and of the battery valued twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.stochastic import axis, plain
from mara.ui.format import words
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, RED, TEXT

if TYPE_CHECKING:
    from mara.services.stochastic_battery import BatteryReport
    from mara.services.stochastic_switching import SwitchingReport

__all__ = ["band_figure", "valued_figure"]


def band_figure(report: SwitchingReport, currency: str) -> go.Figure:
    """Draw each class's resume, break-even and curtail price on one line, and the newest price."""
    found = [
        (words(c.name), c.band.resume_below, c.strike_usd_per_mwh, c.band.curtail_above)
        for c in report.classes[::-1]
        if c.band is not None and c.band.resume_below is not None
    ]
    drawn = [row for row in found if row[3] is not None]
    names = np.array([row[0] for row in drawn])
    spans = [
        go.Scatter(
            x=[row[1], row[3]],
            y=np.array([row[0], row[0]]),
            mode="lines",
            line={"color": FADED, "width": 3},
            showlegend=False,
            hoverinfo="skip",
        )
        for row in drawn
    ]
    marks = [
        go.Scatter(
            x=[row[column] for row in drawn],
            y=names,
            mode="markers",
            name=name,
            marker={"color": color, "size": 11, "symbol": symbol},
            hovertemplate=f"%{{y}}: {name} %{{x:,.2f}} {currency}/MWh<extra></extra>",
        )
        for column, name, color, symbol in (
            (1, "resume below", GREEN, "triangle-left"),
            (2, "break-even price", TEXT, "line-ns-open"),
            (3, "curtail above", RED, "triangle-right"),
        )
    ]
    chart = plain(
        [*spans, *marks],
        x=f"price of power ({currency}/MWh)",
        y="",
        yaxis=axis("", type="category"),
        revision="band",
        height=130 + 42 * max(len(drawn), 1),
    )
    chart.add_vline(x=report.price_usd_per_mwh, line={"color": BLUE, "width": 1.5, "dash": "dot"})
    chart.add_annotation(
        x=report.price_usd_per_mwh,
        y=0,
        yref="paper",
        text="newest price",
        showarrow=False,
        textangle=-90,
        xanchor="right",
        yanchor="bottom",
        font={"color": BLUE, "size": 11},
    )
    return chart


def valued_figure(report: BatteryReport, currency: str) -> go.Figure:
    """Draw both values, the simulated one with two standard errors on each side."""
    found = report.simulated
    simulated = go.Scatter(
        x=[found.value],
        y=np.array(["Longstaff-Schwartz"]),
        mode="markers",
        marker={"color": ORANGE, "size": 11},
        error_x={"type": "data", "array": [2.0 * found.standard_error], "color": ORANGE},
        hovertemplate=f"%{{x:,.2f}} {currency}<extra>Longstaff-Schwartz</extra>",
    )
    exact = go.Scatter(
        x=[report.dynamic_usd],
        y=np.array(["Dynamic programming"]),
        mode="markers",
        marker={"color": BLUE, "size": 11},
        hovertemplate=f"%{{x:,.2f}} {currency}<extra>Dynamic programming</extra>",
    )
    chart = plain(
        [simulated, exact],
        x=f"value of the empty battery ({currency}), bars of two standard errors",
        y="",
        yaxis=axis("", type="category"),
        revision="valued",
        height=190,
        showlegend=False,
    )
    chart.add_vline(x=report.dynamic_usd, line={"color": BLUE, "width": 1, "dash": "dot"})
    return chart
