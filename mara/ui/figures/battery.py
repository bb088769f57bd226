"""State of charge: how it was, and where the plan takes it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure, mark_limit, mark_now, millis
from mara.ui.figures.utilisation import planned, recent
from mara.ui.palette import GREEN, ORANGE, PRIMARY

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.domain import Battery, Plan

__all__ = ["battery_figure"]

_PAST_H: Final = 6.0
_AHEAD_H: Final = 18.0


def battery_figure(snapshot: Snapshot, battery: Battery) -> go.Figure:
    """Draw stored MWh at the end of each interval, above the power in and out."""
    verdict = snapshot.verdict
    plan = verdict.decision.plan if verdict and verdict.decision.plan else None
    ahead = 0 if plan is None else planned(plan, snapshot.clock + timedelta(hours=_AHEAD_H))
    traces: list[go.Scatter | go.Bar] = [
        *_stored(snapshot, plan, ahead),
        *_power(snapshot, plan, ahead),
    ]
    chart = figure(traces, height=330, revision="battery", unit="stored MWh")
    chart.update_layout(
        barmode="relative",
        yaxis={"domain": (0.36, 1.0), "range": (0.0, battery.energy_mwh * 1.08)},
        yaxis2={
            "domain": (0.0, 0.26),
            "title": {"text": "MW", "standoff": 6},
            "range": (-battery.power_mw * 1.1, battery.power_mw * 1.1),
            "fixedrange": True,
            "nticks": 3,
        },
    )
    chart.update_xaxes(anchor="y2")
    mark_limit(chart, battery.ceiling_mwh, f"most {battery.ceiling_mwh:,.1f} MWh")
    mark_limit(chart, battery.floor_mwh, f"least {battery.floor_mwh:,.1f} MWh")
    if plan is not None and ahead:
        first, last = millis(
            [plan.starts[0], plan.starts[ahead - 1]], snapshot.site.zone, snapshot.clock
        )
        mark_now(chart, float(first), float(last))
    return chart


def _stored(snapshot: Snapshot, plan: Plan | None, ahead: int) -> list[go.Scatter]:
    past = [s for s in recent(snapshot, _PAST_H) if s.soc_mwh is not None]
    ends = [s.at + timedelta(hours=s.hours) for s in past]
    line = {"color": PRIMARY, "width": 2.2}
    hover = "%{y:,.2f} MWh"
    drawn = go.Scatter(
        x=millis(ends, snapshot.site.zone, snapshot.clock),
        y=np.array([s.soc_mwh for s in past]),
        name="Stored",
        mode="lines",
        line=line,
        hovertemplate=hover,
    )
    if plan is None or not plan.soc_mwh:
        return [drawn]
    steps = zip(plan.starts[:ahead], plan.hours[:ahead], strict=True)
    times = [start + timedelta(hours=hours) for start, hours in steps]
    expected = go.Scatter(
        x=millis(times, snapshot.site.zone, snapshot.clock),
        y=np.asarray(plan.soc_mwh[:ahead]),
        name="Planned",
        mode="lines",
        line=line | {"dash": "dot"},
        hovertemplate=hover,
    )
    return [drawn, expected]


def _power(snapshot: Snapshot, plan: Plan | None, ahead: int) -> list[go.Bar]:
    past = recent(snapshot, _PAST_H)
    starts = [*(s.at for s in past), *(plan.starts[:ahead] if plan else ())]
    hours = np.array([*(s.hours for s in past), *(plan.hours[:ahead] if plan else ())])
    charge = [*(s.charge_mw for s in past), *(plan.charge_mw[:ahead] if plan else ())]
    out = [*(s.discharge_mw for s in past), *(plan.discharge_mw[:ahead] if plan else ())]
    x = millis(starts, snapshot.site.zone, snapshot.clock)
    return [
        _bars(x, np.array(charge), hours, "Charging", GREEN),
        _bars(x, -np.array(out), hours, "Discharging", ORANGE),
    ]


def _bars(x: np.ndarray, y: np.ndarray, hours: np.ndarray, name: str, color: str) -> go.Bar:
    return go.Bar(
        x=x,
        y=y,
        width=hours * 3600e3,
        offset=0,
        name=name,
        yaxis="y2",
        marker={"color": color, "line": {"width": 0}},
        hovertemplate="%{y:,.2f} MW",
    )
