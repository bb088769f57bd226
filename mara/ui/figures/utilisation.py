"""Power by machine class against the connection: what was drawn, and what is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.ahead import Ahead, ahead, recent
from mara.ui.figures.frame import figure, mark_limit, mark_now, millis
from mara.ui.format import words
from mara.ui.palette import TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.agents.snapshot import Snapshot
    from mara.domain import MachineClass, Settlement
    from mara.ui.figures.frame import Floats

__all__ = ["utilisation_figure"]

_PAST_H: Final = 6.0
_AHEAD_H: Final = 6.0


def utilisation_figure(snapshot: Snapshot) -> go.Figure:
    """Stack the MW of each class and of charging; the dashed line is the import limit."""
    past, plan = recent(snapshot, _PAST_H), ahead(snapshot, _AHEAD_H)
    starts = [*(settled.at for settled in past), *plan.starts]
    x = millis(starts, snapshot.site.zone, snapshot.clock)
    traces = [
        _area(x, _class_mw(machine, past, plan), words(machine.name))
        for machine in snapshot.site.machines
    ]
    charging = np.array([*(settled.charge_mw for settled in past), *plan.charge_mw])
    imported = np.array([*(settled.import_mw for settled in past), *plan.import_mw])
    traces += [_area(x, charging, "Battery charging"), _line(x, imported, "Grid import")]
    chart = figure(traces, height=360, revision="utilisation", unit="MW")
    limit = snapshot.site.import_limit_mw
    mark_limit(chart, limit, f"import limit {limit:,.1f} MW")
    if plan.starts:
        mark_now(chart, float(x[len(past)]), float(x[-1]))
    return chart


def _class_mw(machine: MachineClass, past: Sequence[Settlement], plan: Ahead) -> Floats:
    drawn = [
        next((c.power_mw for c in settled.classes if c.name == machine.name), 0.0)
        for settled in past
    ]
    return np.array([*drawn, *(units * machine.unit_mw for units in plan.units_of(machine.name))])


def _area(x: Floats, y: Floats, name: str) -> go.Scatter:
    return _trace(x, y, name, stackgroup="power", line={"width": 0.5, "shape": "hv"})


def _line(x: Floats, y: Floats, name: str) -> go.Scatter:
    return _trace(x, y, name, line={"color": TEXT, "width": 1.6, "shape": "hv"})


def _trace(x: Floats, y: Floats, name: str, **style: Any) -> go.Scatter:  # noqa: ANN401
    return go.Scatter(x=x, y=y, name=name, mode="lines", hovertemplate="%{y:,.2f} MW", **style)
