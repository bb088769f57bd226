"""Power by machine class against the connection: what was drawn, and what is planned."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import MAX_POINTS, figure, mark_limit, mark_now, millis
from mara.ui.format import words
from mara.ui.palette import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mara.agents.snapshot import Snapshot
    from mara.domain import MachineClass, Plan, Settlement

__all__ = ["utilisation_figure"]

_PAST_H: Final = 6.0
_AHEAD_H: Final = 6.0


def utilisation_figure(snapshot: Snapshot) -> go.Figure:
    """Stack the MW of each class and of charging; the dashed line is the import limit."""
    past = recent(snapshot, _PAST_H)
    plan = snapshot.verdict.decision.plan if snapshot.verdict else None
    ahead = 0 if plan is None else planned(plan, snapshot.clock + timedelta(hours=_AHEAD_H))
    starts = [*(s.at for s in past), *(plan.starts[:ahead] if plan else ())]
    x = millis(starts, snapshot.site.zone, snapshot.clock)
    traces = [
        _area(x, _class_mw(machine, past, plan, ahead), words(machine.name))
        for machine in snapshot.site.machines
    ]
    traces.append(_area(x, _charging(past, plan, ahead), "Battery charging"))
    traces.append(_imported(x, past, plan, ahead))
    chart = figure(traces, height=330, revision="utilisation", unit="MW")
    mark_limit(chart, snapshot.site.import_limit_mw, _limit_text(snapshot))
    if plan is not None:
        now = millis([plan.starts[0]], snapshot.site.zone, snapshot.clock)[0]
        mark_now(chart, float(now), float(x[-1]) if x.size else None)
    return chart


def _limit_text(snapshot: Snapshot) -> str:
    return f"import limit {snapshot.site.import_limit_mw:,.1f} MW"


def recent(snapshot: Snapshot, hours: float) -> tuple[Settlement, ...]:
    """Find the settled intervals of the last `hours`."""
    since = snapshot.clock - timedelta(hours=hours)
    return tuple(s for s in snapshot.books.settlements if s.at >= since)[-MAX_POINTS:]


def planned(plan: Plan, until: datetime) -> int:
    """Count the intervals of a plan that begin by `until`."""
    return sum(start <= until for start in plan.starts)


def _class_mw(
    machine: MachineClass, past: Sequence[Settlement], plan: Plan | None, ahead: int
) -> NDArray[np.float64]:
    drawn = [
        next((c.power_mw for c in settled.classes if c.name == machine.name), 0.0)
        for settled in past
    ]
    units = (
        () if plan is None else next((s.values for s in plan.units if s.name == machine.name), ())
    )
    return np.array([*drawn, *(u * machine.unit_mw for u in units[:ahead])])


def _charging(past: Sequence[Settlement], plan: Plan | None, ahead: int) -> NDArray[np.float64]:
    return np.array([*(s.charge_mw for s in past), *(plan.charge_mw[:ahead] if plan else ())])


def _area(x: NDArray[np.float64], y: NDArray[np.float64], name: str) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines",
        stackgroup="power",
        line={"width": 0.5, "shape": "hv"},
        hovertemplate="%{y:,.2f} MW",
    )


def _imported(
    x: NDArray[np.float64], past: Sequence[Settlement], plan: Plan | None, ahead: int
) -> go.Scatter:
    y = np.array([*(s.import_mw for s in past), *(plan.import_mw[:ahead] if plan else ())])
    return go.Scatter(
        x=x,
        y=y,
        name="Grid import",
        mode="lines",
        line={"color": TEXT, "width": 1.6, "shape": "hv"},
        hovertemplate="%{y:,.2f} MW",
    )
