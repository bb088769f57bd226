"""Charts of risk, stress, scenarios and stored energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.stochastic import axis, plain
from mara.ui.format import words
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, PRIMARY, RED, TEXT, faint

if TYPE_CHECKING:
    from mara.models.risk.stress import StressResult
    from mara.services.stochastic_scenarios import ScenarioReport
    from mara.services.stochastic_storage import WorthMap
    from mara.services.stochastic_work import RiskReport

__all__ = [
    "contributions_figure",
    "draw_figure",
    "exceptions_figure",
    "frontier_figure",
    "map_figure",
    "margins_figure",
    "stress_figure",
    "var_figure",
    "worth_figure",
]

_BINS = 70
_LINES = 7
_SHADES = (0.35, 0.6, 1.0)


def var_figure(report: RiskReport, currency: str) -> go.Figure:
    """Draw VaR and, as a mark above it, CVaR of every method at each level."""
    levels = sorted({f.level for f in report.figures})
    traces: list[Any] = []
    for level, shade in zip(levels, _SHADES, strict=False):
        figures = [f for f in report.figures if f.level == level]
        names = [str(f.method) for f in figures]
        traces.append(
            go.Bar(
                x=names,
                y=[f.var_usd for f in figures],
                name=f"VaR {level:.0%}",
                marker={"color": faint(BLUE, shade)},
                customdata=np.array([[f.cvar_usd, f.quantile_usd] for f in figures]),
                hovertemplate=f"%{{x}}: VaR %{{y:,.0f}} {currency}, CVaR %{{customdata[0]:,.0f}}, "
                "margin undercut %{customdata[1]:,.0f}<extra></extra>",
            )
        )
    return plain(
        traces,
        x="",
        y=f"VaR ({currency})",
        revision="var",
        height=440,
        xaxis=axis("", type="category"),
        barmode="group",
    )


def margins_figure(report: RiskReport, level: float, currency: str) -> go.Figure:
    """Draw tomorrow's margin over the scenarios, with what is undercut at `level`."""
    counts, edges = np.histogram(report.margins_usd, bins=_BINS, weights=report.probabilities)
    bars = go.Bar(
        x=(edges[:-1] + edges[1:]) / 2.0,
        y=100.0 * counts,
        marker={"color": faint(BLUE, 0.6)},
        hovertemplate=f"%{{x:,.0f}} {currency}: %{{y:.2f}} %<extra></extra>",
    )
    chart = plain(
        [bars],
        x=f"tomorrow's margin ({currency})",
        y="scenarios (%)",
        revision="margins",
        bargap=0.02,
        showlegend=False,
    )
    drawn = [f for f in report.figures if f.n == report.scenarios and f.level == level]
    for found in drawn[-1:]:
        _mark(chart, found.quantile_usd, f"{level:.0%} VaR", RED)
        _mark(chart, found.worst_usd, "mean of the tail", ORANGE)
        _mark(chart, found.expected_usd, "expected", TEXT)
    return chart


def _mark(chart: go.Figure, x: float, text: str, color: str) -> None:
    chart.add_vline(x=x, line={"color": color, "width": 1.5, "dash": "dot"})
    chart.add_annotation(
        x=x,
        y=1,
        yref="paper",
        text=text,
        showarrow=False,
        textangle=-90,
        xanchor="right",
        yanchor="top",
        font={"color": color, "size": 11},
    )


def contributions_figure(report: RiskReport, currency: str) -> go.Figure:
    """Draw what each part adds to CVaR; parts below zero hedge."""
    parts = sorted(report.contributions, key=lambda p: p.cvar_usd)
    bars = go.Bar(
        x=[p.cvar_usd for p in parts],
        y=np.array([words(p.part) for p in parts]),
        orientation="h",
        marker={"color": [RED if p.cvar_usd > 0.0 else GREEN for p in parts]},
        hovertemplate=f"%{{y}}: %{{x:,.0f}} {currency}<extra></extra>",
    )
    return plain(
        [bars],
        x=f"adds to CVaR ({currency})",
        y="",
        yaxis=axis("", type="category"),
        revision="contributions",
        showlegend=False,
    )


def exceptions_figure(report: RiskReport, currency: str) -> go.Figure:
    """Draw each past day's margin against what its plan expected."""
    at = [record.begins for record in report.records]
    earned = go.Scatter(
        x=at,
        y=[r.deviation_usd for r in report.records],
        mode="markers",
        marker={
            "size": 6,
            "color": [RED if r.deviation_usd < 0.0 else GREEN for r in report.records],
        },
        hovertemplate=f"%{{x|%d %b}}: %{{y:+,.0f}} {currency}<extra></extra>",
    )
    chart = plain(
        [earned],
        x="",
        y=f"earned less expected ({currency})",
        revision="days",
        xaxis={"type": "date", "fixedrange": True, "showgrid": False},
        showlegend=False,
    )
    chart.add_hline(y=0.0, line={"color": FADED, "width": 1})
    return chart


def stress_figure(results: tuple[StressResult, ...], currency: str) -> go.Figure:
    """Draw the day's margin under each stress: old plan kept, and planned anew."""
    names = np.array([r.stress.name for r in results][::-1])
    rows = results[::-1]
    kept = go.Bar(
        x=[r.unanswered_usd for r in rows],
        y=names,
        name="old plan kept",
        orientation="h",
        marker={"color": faint(ORANGE, 0.7)},
        hovertemplate=f"%{{y}}: %{{x:,.0f}} {currency}<extra>old plan kept</extra>",
    )
    anew = go.Bar(
        x=[r.replanned_usd for r in rows],
        y=names,
        name="planned anew",
        orientation="h",
        marker={"color": PRIMARY},
        hovertemplate=f"%{{y}}: %{{x:,.0f}} {currency}<extra>planned anew</extra>",
    )
    chart = plain(
        [kept, anew],
        x=f"margin of the day ({currency})",
        y="",
        revision="stress",
        height=90 + 46 * len(rows),
        barmode="group",
        yaxis=axis("", type="category"),
    )
    if rows:
        _mark(chart, rows[0].normal_usd, "normal day", TEXT)
    return chart


def draw_figure(report: ScenarioReport, unit: str) -> go.Figure:
    """Draw the scenarios kept, the likelier the bolder, over the fan of all."""
    draw = report.draw
    low = go.Scatter(
        x=draw.hours,
        y=draw.fan[0],
        mode="lines",
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
    )
    high = go.Scatter(
        x=draw.hours,
        y=draw.fan[2],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=faint(FADED, 0.2),
        name=f"5 to 95 % of {draw.many:,}",
        hoverinfo="skip",
    )
    shares = draw.few.probabilities
    kept = [
        go.Scatter(
            x=draw.hours,
            y=path,
            mode="lines",
            name=f"{share:.0%}",
            line={"width": 1.0 + 5.0 * float(share)},
            hovertemplate=f"%{{y:,.4~g}} {unit}",
        )
        for path, share in zip(draw.few.energy_usd_per_mwh, shares, strict=True)
    ]
    return plain([low, high, *kept], x="hours ahead", y=unit, revision="draw", height=340)


def frontier_figure(report: ScenarioReport, currency: str) -> go.Figure:
    """Draw the mean margin and the tail's, as the tail gains weight."""
    weights = [100.0 * p.weight for p in report.frontier]
    series = (
        ("expected", [p.expected_usd for p in report.frontier], PRIMARY),
        ("mean in the tail", [p.tail_usd for p in report.frontier], RED),
    )
    lines = [
        go.Scatter(
            x=weights,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            hovertemplate=f"%{{y:,.0f}} {currency}",
        )
        for name, values, color in series
    ]
    return plain(
        lines,
        x="weight of the tail (%)",
        y=f"margin ({currency})",
        revision="frontier",
        hovermode="x unified",
    )


def map_figure(found: WorthMap, currency: str) -> go.Figure:
    """Draw the worth of one more MWh by charge, a line for each of some prices of now."""
    rows = np.unique(np.linspace(0, len(found.price_usd_per_mwh) - 1, _LINES).round().astype(int))
    lines = [
        go.Scatter(
            x=found.stored_mwh,
            y=found.usd_per_mwh[row],
            name=f"{found.price_usd_per_mwh[row]:,.0f} {currency}/MWh now",
            mode="lines",
            line={"width": 2},
            hovertemplate=f"%{{x:.1f}} MWh: %{{y:,.2f}} {currency}/MWh",
        )
        for row in rows.tolist()
    ]
    return plain(
        lines,
        x="energy in store (MWh)",
        y=f"one more MWh is worth ({currency}/MWh)",
        revision="map",
        height=380,
    )


def worth_figure(soc_mwh: tuple[float, ...], worth: tuple[float, ...], currency: str) -> go.Figure:
    """Draw what one more MWh in store is worth, by how much is there."""
    line = go.Scatter(
        x=soc_mwh,
        y=worth,
        mode="lines+markers",
        line={"color": PRIMARY, "width": 2, "shape": "hv"},
        hovertemplate=f"%{{x:.1f}} MWh: %{{y:,.2f}} {currency}/MWh<extra></extra>",
    )
    return plain(
        [line],
        x="energy in store (MWh)",
        y=f"one more MWh is worth ({currency}/MWh)",
        revision="worth",
        showlegend=False,
    )
