"""Charts of the band between curtailing and resuming, and of the battery valued twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.stochastic import axis, plain
from mara.ui.format import words
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, RED, TEXT

if TYPE_CHECKING:
    from mara.services.stochastic_battery import BatteryReport
    from mara.services.stochastic_switching import SwitchingReport
    from mara.ui.figures.frame import Floats

__all__ = ["band_figure", "valued_figure"]

_WIDE: Final = 12.0
"""How many times the least price the greatest is where an even axis crowds the cheap classes."""

_TICKS: Final = [m * 10.0**k for k in range(-1, 5) for m in (1, 2, 5)]
_MARKS: Final = (
    ("resume below", GREEN, "triangle-left"),
    ("break-even price", TEXT, "line-ns-open"),
    ("curtail above", RED, "triangle-right"),
    ("newest price", BLUE, "circle-open"),
)


def band_figure(report: SwitchingReport, currency: str) -> go.Figure:
    """Draw each class's resume, break-even and curtail price on one line, and the newest price."""
    rows = [
        (words(c.name), (c.band.resume_below, c.strike_usd_per_mwh, c.band.curtail_above))
        for c in report.classes[::-1]
        if c.band is not None and c.band.whole
    ]
    names = np.array([name for name, _ in rows])
    prices = np.array([[*found, report.price_usd_per_mwh] for _, found in rows], dtype=np.float64)
    spans = [
        go.Scatter(
            x=band[[0, 2]],
            y=np.array([name, name]),
            mode="lines",
            line={"color": FADED, "width": 3},
            showlegend=False,
            hoverinfo="skip",
        )
        for name, band in zip(names, prices, strict=True)
    ]
    marks = [
        go.Scatter(
            x=prices[:, column],
            y=names,
            mode="markers",
            name=name,
            marker={"color": color, "size": 11, "symbol": symbol},
            hovertemplate=f"%{{y}}: {name} %{{x:,.2f}} {currency}/MWh<extra></extra>",
        )
        for column, (name, color, symbol) in enumerate(_MARKS)
    ]
    return plain(
        [*spans, *marks],
        x="",
        y="",
        xaxis=_price_axis(prices, f"price of power ({currency}/MWh)"),
        yaxis=axis("", type="category"),
        revision="band",
        height=130 + 42 * len(rows),
    )


def _price_axis(prices: Floats, title: str) -> dict[str, Any]:
    """Make an axis on which classes of very different prices are all told apart."""
    wide = prices.min() > 0.0 and prices.max() > _WIDE * prices.min()
    if not wide:
        return axis(title)
    return axis(f"{title}, logarithmic", type="log", tickvals=_TICKS, tickformat=",~g")


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
