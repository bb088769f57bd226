"""Trust in each strategy, learnt from its shadow profit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.ui.figures.frame import figure
from mara.ui.format import words
from mara.ui.palette import PRIMARY

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["weights_figure"]


def weights_figure(snapshot: Snapshot) -> go.Figure:
    """Draw a bar a strategy, the most trusted on top, with its weight in percent."""
    ranked = sorted(snapshot.weights, key=lambda weight: weight.weight)
    bars = go.Bar(
        x=[100 * weight.weight for weight in ranked],
        y=np.array([words(weight.agent) for weight in ranked]),
        text=[f"{100 * weight.weight:.1f} %" for weight in ranked],
        orientation="h",
        textposition="auto",
        textangle=0,
        marker={"color": PRIMARY, "line": {"width": 0}},
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    return figure(
        [bars],
        height=60 + 44 * len(ranked),
        revision="weights",
        xaxis={"range": (0, 100), "title": {"text": "weight (%)"}, "fixedrange": True},
        yaxis={"fixedrange": True, "automargin": True},
        hovermode="closest",
        margin={"l": 8, "r": 12, "t": 4, "b": 36},
        showlegend=False,
    )
