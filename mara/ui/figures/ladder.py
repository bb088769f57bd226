"""The strike ladder: up to which price of power each class earns, against the price."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure
from mara.ui.format import number, words
from mara.ui.palette import FADED, GREEN, RED, faint

if TYPE_CHECKING:
    from mara.domain import QuoteLabels
    from mara.models.dispatch.explain import DecisionCard

__all__ = ["ladder_figure"]


def ladder_figure(card: DecisionCard, labels: QuoteLabels) -> go.Figure:
    """Draw a bar a class up to its break-even price: green above the price, grey below it.

    The axis ends well above the middle of the ladder; a bar beyond it is cut, its figure is not.
    """
    factor, now = labels.energy_factor, card.energy_usd_per_mwh * labels.energy_factor
    ladder = card.strikes[::-1]
    strikes = [strike.usd_per_mwh * factor for strike in ladder]
    digits = 0 if max(strikes, default=0.0) > 100 else 2
    bars = go.Bar(
        x=strikes,
        y=np.array(
            [
                f"{words(strike.name)}  <b>{number(price, digits=digits)}</b>"
                for strike, price in zip(ladder, strikes, strict=True)
            ]
        ),
        orientation="h",
        marker={
            "color": [faint(GREEN, 0.55) if s > now else faint(FADED, 0.4) for s in strikes],
            "line": {"width": 0},
        },
        hovertemplate=f"earns below %{{x:,.4~g}} {labels.energy_unit}<extra></extra>",
    )
    chart = figure(
        [bars],
        height=70 + 26 * len(ladder),
        revision="ladder",
        xaxis={
            "range": _range(now, strikes),
            "title": {"text": labels.energy_unit, "font": {"size": 11}, "standoff": 4},
            "fixedrange": True,
            "nticks": 6,
        },
        yaxis={"fixedrange": True, "automargin": True},
        hovermode="closest",
        margin={"l": 8, "r": 12, "t": 18, "b": 36},
        showlegend=False,
    )
    _mark_price(chart, now, number(now, digits=2))
    return chart


def _range(now: float, strikes: list[float]) -> tuple[float, float]:
    high = 1.6 * max(now, median(strikes)) if strikes else 1.6 * now
    return min(0.0, 1.15 * now), max(high, 1e-9)


def _mark_price(chart: go.Figure, now: float, text: str) -> None:
    chart.add_shape(
        type="line", x0=now, x1=now, y0=0, y1=1, yref="paper", line={"color": RED, "width": 2}
    )
    chart.add_annotation(
        x=now,
        y=1,
        yref="paper",
        text=f"price {text}",
        showarrow=False,
        yanchor="bottom",
        font={"color": RED, "size": 11},
    )
