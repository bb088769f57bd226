"""Forecasts against what came, and where their errors lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.models.forecasting.live.book import ENSEMBLE
from mara.services.forecasting import NAIVE, UNITS
from mara.ui.figures.frame import broken, figure, local_ms, mark_now, millis, thinned
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, PRIMARY, RED, TEXT, VIOLET, faint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from mara.agents.forecast_report import FigureReport
    from mara.agents.snapshot import Snapshot
    from mara.domain import Forecast
    from mara.models.forecasting.past import Predicted
    from mara.services.forecasting_league import League, Standing
    from mara.ui.figures.frame import Floats

__all__ = [
    "ahead_figure",
    "calibration_figure",
    "hour_figure",
    "importance_figure",
    "lead_figure",
    "said_figure",
]

_COLORS: Final = (ORANGE, GREEN, VIOLET, RED, PRIMARY, TEXT)
_HEIGHT: Final = 380
_SMALL: Final = 290
_STEP_MS: Final = 60_000.0


def ahead_figure(snapshot: Snapshot, target: str, report: FigureReport | None) -> go.Figure:
    """Draw what came, what was expected of it a day ago, and what is expected now."""
    market = snapshot.market
    zone, now = snapshot.site.zone, snapshot.clock
    forecast = next((f for f in market.forecasts if f.target == target), None)
    past = market.history.last(round(48 * 60 / market.history.minutes))
    x = local_ms(past.epoch_s, zone, now)
    x, y = thinned(*broken(x, past.series(target), market.history.minutes * _STEP_MS))
    traces = _said_a_day_ago(report, zone, now)
    traces.append(_line(x, y, "what came", TEXT, width=1.5))
    if forecast is not None:
        traces += _bands(
            millis(forecast.starts, zone, now),
            {q.level: np.asarray(q.values) for q in forecast.quantiles},
            np.asarray(forecast.mean),
            "expected now",
            BLUE,
        )
    chart = figure(
        traces, height=_HEIGHT, revision=f"forecasting {target}", unit=UNITS.get(target, "")
    )
    mark_now(chart, float(millis([now], zone, now)[0]))
    chart.update_yaxes(range=_reach(y, forecast))
    return chart


def _reach(came: Floats, forecast: Forecast | None) -> list[float] | None:
    """Bounds of the axis: what came and the band, without the outermost percents."""
    told = (
        []
        if forecast is None
        else [*forecast.mean, *(v for q in forecast.quantiles for v in q.values)]
    )
    known = np.concatenate([came[np.isfinite(came)], np.asarray(told, dtype=np.float64)])
    if not known.size:
        return None
    low, high = np.quantile(known, (0.005, 0.985))
    room = 0.08 * max(high - low, 1e-9)
    return [float(low - room), float(high + room)]


def _said_a_day_ago(report: FigureReport | None, zone: ZoneInfo, now: Any) -> list[go.Scatter]:  # noqa: ANN401
    """Trace what the ensemble said 24 hours ago, where it did."""
    if report is None or not report.issues:
        return []
    wanted = report.issues[-1].issued_s - 24 * 3_600
    issue = min(report.issues, key=lambda one: abs(one.issued_s - wanted))
    if issue.together is None or abs(issue.issued_s - wanted) > 6 * 3_600:
        return []
    return said_traces(issue.together, zone, now, "said a day ago", ORANGE)


def said_traces(
    made: Predicted,
    zone: ZoneInfo,
    now: Any,  # noqa: ANN401
    name: str,
    color: str,
) -> list[go.Scatter]:
    """Trace a prediction with its 90 % band."""
    edges = {lv: made.quantile(lv) for lv in (0.05, 0.95) if lv in made.levels}
    return _bands(local_ms(made.epoch_s, zone, now), edges, made.mean, name, color)


def said_figure(league: League, standing: Standing, zone: ZoneInfo, now: Any) -> go.Figure:  # noqa: ANN401
    """Draw one model's first-day forecasts over the test, against what came."""
    track = standing.track.within(24.0)
    unit = UNITS.get(league.past.target, "")
    x = local_ms(track.start_s, zone, now)
    edges = {lv: track.quantile(lv) for lv in (0.05, 0.95)}
    traces = _bands(x, edges, track.mean, standing.model, BLUE)
    traces.append(_line(x, track.actual, "what came", TEXT, width=1.5))
    return figure(traces, height=_HEIGHT, revision=f"said {standing.model}", unit=unit)


def _bands(
    x: Floats, edges: dict[float, Floats], mean: Floats, name: str, color: str
) -> list[go.Scatter]:
    """Draw a mean and the bands between its quantiles, the widest first."""
    levels = sorted(level for level in edges if level < 0.5)
    traces: list[go.Scatter] = []
    for level in levels:
        upper = round(1.0 - level, 9)
        low = _line(x, edges[level], f"{name}, {level:.0%}", color, width=0)
        high = _line(x, edges[upper], f"{name}, {upper:.0%}", color, width=0)
        high.update(fill="tonexty", fillcolor=faint(color, 0.16))
        for edge in (low, high):
            edge.update(showlegend=False)
        traces += [low, high]
    traces.append(_line(x, mean, name, color, dash="dot"))
    return traces


def _line(
    x: Floats, y: Floats, name: str, color: str, *, width: float = 2.0, dash: str = "solid"
) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        line={"color": color, "width": width, "dash": dash},
        hovertemplate="%{y:,.4~g}",
    )


def lead_figure(league: League) -> go.Figure:
    """Draw the error by hours ahead, a line a model."""
    return _profile(league, [(s.model, s.by_lead) for s in league.standings], "hours ahead")


def hour_figure(league: League) -> go.Figure:
    """Draw the error by the hour of the local day."""
    return _profile(league, [(s.model, s.by_hour) for s in league.standings], "hour of the day")


def _profile(league: League, rows: Sequence[tuple[str, Any]], title: str) -> go.Figure:
    looks = _looks(league)
    traces = [
        go.Scatter(
            x=[slot.hour for slot in slots],
            y=[slot.mae for slot in slots],
            name=model,
            mode="lines",
            line=looks[model],
            hovertemplate="%{y:,.4~g}",
        )
        for model, slots in rows
    ]
    return figure(
        traces,
        height=_SMALL,
        revision=title,
        unit=f"MAE, {UNITS.get(league.past.target, '')}",
        xaxis=_plain_axis(title),
    )


def calibration_figure(league: League) -> go.Figure:
    """Draw how often values stayed below each quantile: on the diagonal they did as it says."""
    looks = _looks(league)
    diagonal = go.Scatter(
        x=[0, 100],
        y=[0, 100],
        name="as it should",
        mode="lines",
        line={"color": FADED, "dash": "dash", "width": 1},
        hoverinfo="skip",
    )
    traces = [
        go.Scatter(
            x=[100 * c.level for c in s.calibration],
            y=[100 * c.observed for c in s.calibration],
            name=s.model,
            mode="lines+markers",
            line=looks[s.model],
            hovertemplate="%{y:.1f} %",
        )
        for s in league.standings
        if s.calibration
    ]
    return figure(
        [diagonal, *traces],
        height=_SMALL,
        revision="calibration",
        unit="came below, %",
        xaxis=_plain_axis("level of the quantile, %"),
    )


def importance_figure(standing: Standing, unit: str) -> go.Figure:
    """Draw by how much a model errs more without each group of inputs."""
    rows = standing.importance[::-1]
    groups: Any = [row.group for row in rows]
    bars = go.Bar(
        x=[row.increase for row in rows],
        y=np.arange(len(rows), dtype=np.float64),
        customdata=groups,
        orientation="h",
        marker={"color": BLUE},
        hovertemplate=f"%{{customdata}}: %{{x:,.3~g}} {unit}<extra></extra>",
    )
    return figure(
        [bars],
        height=_SMALL,
        revision=f"importance {standing.model}",
        xaxis=_plain_axis(f"the error grows by, {unit}"),
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": groups,
            "fixedrange": True,
        },
        showlegend=False,
        hovermode="closest",
        margin={"l": 130, "r": 12, "t": 14, "b": 28},
    )


def _looks(league: League) -> dict[str, dict[str, Any]]:
    """Draw each model alike in every chart: the ensemble bold, the naive grey and dashed."""
    names = sorted(s.model for s in league.standings if s.model not in {ENSEMBLE, NAIVE})
    looks: dict[str, dict[str, Any]] = {
        name: {"color": _COLORS[i % len(_COLORS)], "width": 1.5} for i, name in enumerate(names)
    }
    looks[ENSEMBLE] = {"color": BLUE, "width": 3.0}
    looks[NAIVE] = {"color": FADED, "width": 1.5, "dash": "dash"}
    return looks


def _plain_axis(title: str) -> dict[str, Any]:
    return {"type": "linear", "title": {"text": title, "standoff": 6}, "showgrid": False}
