"""Charts of calibration and simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure
from mara.ui.format import words
from mara.ui.palette import BLUE, FADED, ORANGE, PRIMARY, RED, TEXT, faint

if TYPE_CHECKING:
    from mara.services.stochastic_work import Calibrated, Simulated

__all__ = [
    "acf_figure",
    "ends_figure",
    "estimates_figure",
    "fan_figure",
    "qq_figure",
    "spaghetti_figure",
    "spread_figure",
]

HEIGHT: Final = 300


def axis(title: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Make a plain numeric axis with its unit."""
    return {
        "type": "linear",
        "title": {"text": title, "font": {"size": 11}, "standoff": 6},
        "fixedrange": True,
        "automargin": True,
        "showgrid": False,
        "hoverformat": ",.4~g",
    } | more


def plain(
    traces: list[Any],
    *,
    x: str,
    y: str,
    revision: str,
    height: int = HEIGHT,
    **layout: Any,  # noqa: ANN401
) -> go.Figure:
    """Frame traces over a numeric axis."""
    chosen: dict[str, Any] = {
        "xaxis": axis(x),
        "yaxis": axis(y),
        "hovermode": "closest",
        "margin": {"l": 56, "r": 12, "t": 12, "b": 44},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 11},
        },
    }
    return figure(traces, height=height, revision=revision, **(chosen | layout))


def estimates_figure(found: Calibrated) -> go.Figure:
    """Draw each parameter relative to its value, with its 95 % interval."""
    estimates = found.calibration.estimates[::-1]
    scale = [abs(e.value) or 1.0 for e in estimates]
    bars = go.Scatter(
        x=[100.0 * e.value / s for e, s in zip(estimates, scale, strict=True)],
        y=np.array([words(e.name) for e in estimates]),
        mode="markers",
        marker={"color": PRIMARY, "size": 8},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                100.0 * (e.high - e.value) / s for e, s in zip(estimates, scale, strict=True)
            ],
            "arrayminus": [
                100.0 * (e.value - e.low) / s for e, s in zip(estimates, scale, strict=True)
            ],
            "color": PRIMARY,
        },
        customdata=np.array([[e.value, e.low, e.high] for e in estimates]),
        hovertemplate="%{y}: %{customdata[0]:.4g} (%{customdata[1]:.4g} to %{customdata[2]:.4g})"
        "<extra></extra>",
    )
    return plain(
        [bars],
        x="% of the value, bars to the ends of the 95 % interval",
        y="",
        yaxis=axis("", type="category"),
        revision="estimates",
        height=80 + 34 * len(estimates),
        showlegend=False,
    )


def qq_figure(found: Calibrated) -> go.Figure:
    """Draw residual quantiles against those of the standard normal."""
    fit = found.goodness
    reach = float(np.abs(fit.theory).max())
    line = go.Scatter(
        x=[-reach, reach],
        y=[-reach, reach],
        mode="lines",
        name="as the law says",
        line={"color": FADED, "dash": "dash", "width": 1.5},
        hoverinfo="skip",
    )
    dots = go.Scatter(
        x=fit.theory,
        y=fit.sample,
        mode="markers",
        name="residuals",
        marker={"color": BLUE, "size": 5},
        hovertemplate="normal %{x:.2f}, residual %{y:.2f}<extra></extra>",
    )
    return plain([line, dots], x="standard normal quantile", y="residual quantile", revision="qq")


def acf_figure(found: Calibrated) -> go.Figure:
    """Draw the autocorrelation of residuals with its 95 % band."""
    fit = found.goodness
    lags = np.arange(1, len(fit.autocorrelation) + 1)
    bars = go.Bar(
        x=lags,
        y=fit.autocorrelation,
        marker={"color": BLUE, "line": {"width": 0}},
        hovertemplate="lag %{x}: %{y:.3f}<extra></extra>",
    )
    chart = plain(
        [bars], x="lag (intervals)", y="correlation of residuals", revision="acf", showlegend=False
    )
    for level in (-fit.band, fit.band):
        chart.add_hline(y=level, line={"color": FADED, "dash": "dash", "width": 1})
    return chart


def spread_figure(found: Calibrated, unit: str) -> go.Figure:
    """Draw the histogram of the series against the law's own."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2.0
    seen = go.Bar(
        x=middle,
        y=found.seen,
        name="series",
        marker={"color": faint(BLUE, 0.5)},
        hovertemplate=f"%{{x:,.4~g}} {unit}: %{{y:.3g}}<extra>series</extra>",
    )
    drawn = go.Scatter(
        x=middle,
        y=found.drawn,
        name="law",
        mode="lines",
        line={"color": ORANGE, "width": 2},
        hovertemplate=f"%{{x:,.4~g}} {unit}: %{{y:.3g}}<extra>law</extra>",
    )
    return plain([seen, drawn], x=unit, y=f"density, 1/({unit})", revision="spread", bargap=0.02)


def fan_figure(found: Simulated, unit: str) -> go.Figure:
    """Draw the quantiles of the paths as a fan, and the law's own mean."""
    pairs = ((0, 4, 0.14, "5 to 95 %"), (1, 3, 0.28, "25 to 75 %"))
    traces: list[Any] = []
    for low, high, alpha, name in pairs:
        traces += _band(found.hours, found.fan[low], found.fan[high], alpha, name, unit)
    traces.append(_line(found.hours, found.fan[2], "median", BLUE, unit))
    if found.mean is not None:
        traces.append(_line(found.hours, found.mean, "mean of the law", ORANGE, unit, dash="dot"))
    return plain(traces, x="hours ahead", y=unit, revision="fan", hovermode="x unified", height=340)


def _band(x: Any, low: Any, high: Any, alpha: float, name: str, unit: str) -> list[Any]:  # noqa: ANN401
    common = {
        "x": x,
        "mode": "lines",
        "line": {"width": 0, "color": BLUE},
        "hovertemplate": f"%{{y:,.4~g}} {unit}",
    }
    below = go.Scatter(common | {"y": low, "showlegend": False, "name": f"{name}, low"})
    above = go.Scatter(
        common | {"y": high, "name": name, "fill": "tonexty", "fillcolor": faint(BLUE, alpha)}
    )
    return [below, above]


def _line(x: Any, y: Any, name: str, color: str, unit: str, dash: str = "solid") -> go.Scatter:  # noqa: ANN401
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        line={"color": color, "width": 1.8, "dash": dash},
        hovertemplate=f"%{{y:,.4~g}} {unit}",
    )


def spaghetti_figure(found: Simulated, unit: str) -> go.Figure:
    """Draw some paths as they are."""
    traces = [
        go.Scatter(
            x=found.hours,
            y=path,
            mode="lines",
            line={"width": 1},
            opacity=0.55,
            hoverinfo="skip",
        )
        for path in found.paths
    ]
    return plain(
        traces, x="hours ahead", y=unit, revision="spaghetti", showlegend=False, height=340
    )


def ends_figure(found: Simulated, unit: str) -> go.Figure:
    """Draw where the paths end, beside the normal law of the closed form's mean and spread."""
    middle = (found.edges[:-1] + found.edges[1:]) / 2.0
    traces: list[Any] = [
        go.Bar(
            x=middle,
            y=found.ends,
            name="paths' ends",
            marker={"color": faint(BLUE, 0.5)},
            hovertemplate=f"%{{x:,.4~g}} {unit}: %{{y:.3g}}<extra></extra>",
        )
    ]
    if found.mean is not None and found.spread is not None and found.spread[-1] > 0.0:
        z = (middle - found.mean[-1]) / found.spread[-1]
        density = np.exp(-0.5 * z * z) / (found.spread[-1] * np.sqrt(2.0 * np.pi))
        traces.append(_line(middle, density, "normal of the law's mean and spread", TEXT, ""))
    chart = plain(traces, x=unit, y=f"density, 1/({unit})", revision="ends", bargap=0.02)
    chart.add_vline(x=float(found.fan[0, -1]), line={"color": RED, "dash": "dot", "width": 1})
    chart.add_vline(x=float(found.fan[4, -1]), line={"color": RED, "dash": "dot", "width": 1})
    return chart
