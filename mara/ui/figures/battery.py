"""State of charge: how it was, and where the plan takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.ahead import Ahead, ahead, recent
from mara.ui.figures.frame import figure, mark_limit, mark_now, millis
from mara.ui.palette import GREEN, ORANGE, PRIMARY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mara.agents.snapshot import Snapshot
    from mara.domain import Battery, Settlement
    from mara.ui.figures.frame import Floats

__all__ = ["battery_figure"]

_PAST_H: Final = 6.0
_AHEAD_H: Final = 18.0
_MS_PER_H: Final = 3_600_000.0


def battery_figure(snapshot: Snapshot, battery: Battery) -> go.Figure:
    """Draw stored MWh at the end of each interval, above the power in and out."""
    past, plan = recent(snapshot, _PAST_H), ahead(snapshot, _AHEAD_H)
    stored = [s for s in past if s.soc_mwh is not None]
    traces: list[go.Scatter | go.Bar] = [
        _stored(
            snapshot,
            [s.at + timedelta(hours=s.hours) for s in stored],
            [float(s.soc_mwh or 0.0) for s in stored],
            name="Stored",
        ),
        _stored(snapshot, plan.ends, plan.soc_mwh, name="Planned", dash="dot"),
        *_power(snapshot, past, plan),
    ]
    chart = figure(traces, height=360, revision="battery", **_layout(battery))
    chart.update_xaxes(anchor="y2")
    mark_limit(chart, battery.ceiling_mwh, f"most {battery.ceiling_mwh:,.1f} MWh")
    mark_limit(chart, battery.floor_mwh, f"least {battery.floor_mwh:,.1f} MWh")
    if plan.starts:
        first, last = millis([plan.starts[0], plan.ends[-1]], snapshot.site.zone, snapshot.clock)
        mark_now(chart, float(first), float(last))
    return chart


def _layout(battery: Battery) -> dict[str, Any]:
    return {
        "barmode": "relative",
        "yaxis": {
            "domain": (0.36, 1.0),
            "range": (0.0, battery.energy_mwh * 1.08),
            "title": {"text": "stored MWh", "standoff": 6},
            "fixedrange": True,
        },
        "yaxis2": {
            "domain": (0.0, 0.26),
            "range": (-battery.power_mw * 1.1, battery.power_mw * 1.1),
            "title": {"text": "MW", "standoff": 6},
            "fixedrange": True,
            "nticks": 3,
        },
    }


def _stored(
    snapshot: Snapshot,
    times: Sequence[datetime],
    values: Sequence[float],
    *,
    name: str,
    dash: str = "solid",
) -> go.Scatter:
    shown = times[: len(values)]
    return go.Scatter(
        x=millis(shown, snapshot.site.zone, snapshot.clock),
        y=np.asarray(values),
        name=name,
        mode="lines",
        line={"color": PRIMARY, "width": 2.2, "dash": dash},
        hovertemplate="%{y:,.2f} MWh",
    )


def _power(snapshot: Snapshot, past: Sequence[Settlement], plan: Ahead) -> list[go.Bar]:
    starts = [*(s.at for s in past), *plan.starts]
    x = millis(starts, snapshot.site.zone, snapshot.clock)
    width = np.array([*(s.hours for s in past), *plan.hours]) * _MS_PER_H
    charge = np.array([*(s.charge_mw for s in past), *plan.charge_mw])
    discharge = np.array([*(s.discharge_mw for s in past), *plan.discharge_mw])
    return [
        _bars(x, charge, width, name="Charging", color=GREEN),
        _bars(x, -discharge, width, name="Discharging", color=ORANGE),
    ]


def _bars(x: Floats, y: Floats, width: Floats, *, name: str, color: str) -> go.Bar:
    return go.Bar(
        x=x,
        y=y,
        width=width,
        offset=0,
        name=name,
        yaxis="y2",
        marker={"color": color, "line": {"width": 0}},
        hovertemplate="%{y:,.2f} MW",
    )
