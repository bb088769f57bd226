"""Pictures of coalitional games: the triangle of three, the lattice of coalitions, who gains what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.games.cooperative.core_polygon import core_polygon
from mara.games.cooperative.subsets import members, sums
from mara.ui.figures.games import framed, in_triangle, labelled, outline
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, PRIMARY, RED, TEXT, VIOLET, faint

if TYPE_CHECKING:
    from mara.services.games_cooperative import Sharing
    from mara.ui.figures.frame import Floats

__all__ = ["core_figure", "gains_figure", "has_triangle", "lattice_figure", "shares_figure"]

_MARKS: Final = {
    "Shapley": (BLUE, "circle"),
    "Nucleolus": (RED, "diamond"),
    "Tau value": (VIOLET, "square"),
}


def has_triangle(sharing: Sharing) -> bool:
    """Tell whether there is a triangle to draw: three players who gain by cooperation."""
    game = sharing.game
    alone = game.worth[1 << np.arange(game.count)]
    return game.count == 3 and float(game.worth[-1] - alone.sum()) > 1e-9 * game.scale


def core_figure(sharing: Sharing) -> go.Figure:
    """Draw the sharings in which nobody gets less than alone, and in it the core of three players.

    A corner gives all that cooperation gains to one player.
    """
    game = sharing.game
    alone = game.worth[1 << np.arange(3)]
    gain = float(game.worth[-1] - alone.sum())

    def placed(payoffs: object) -> tuple[Floats, Floats]:
        worth = game.sign * np.asarray(payoffs, dtype=np.float64).reshape(-1, 3)
        return in_triangle((worth - alone) / gain)

    traces = [outline(), *_core_traces(sharing, placed)]
    for rule in sharing.rules:
        if rule.name in _MARKS:
            color, symbol = _MARKS[rule.name]
            x, y = placed(rule.allocation.values)
            traces.append(
                go.Scatter(
                    x=x,
                    y=y,
                    name=rule.name,
                    mode="markers",
                    marker={"color": color, "symbol": symbol, "size": 12},
                    hovertemplate=_payoffs(sharing, rule.allocation.values),
                )
            )
    traces.append(labelled(game.players))
    return _bare(traces, "core", height=390)


def _core_traces(sharing: Sharing, placed: Any) -> list[go.Scatter]:  # noqa: ANN401
    corners = core_polygon(sharing.game)
    if not corners:
        return []
    x, y = placed([*corners, corners[0]])
    return [
        go.Scatter(
            x=x,
            y=y,
            name="Core",
            mode="lines+markers",
            fill="toself",
            fillcolor=faint(GREEN, 0.25),
            line={"color": GREEN, "width": 2},
            marker={"color": GREEN, "size": 6},
            text=[_payoffs(sharing, c) for c in (*corners, corners[0])],
            hovertemplate="%{text}",
        )
    ]


def _payoffs(sharing: Sharing, values: tuple[float, ...]) -> str:
    pairs = zip(sharing.game.players, values, strict=True)
    return "<br>".join(f"{name}: {v:,.4g} {sharing.unit}" for name, v in pairs) + "<extra></extra>"


def _bare(traces: list[Any], revision: str, *, height: int) -> go.Figure:
    """Hide axes; a unit is as long upwards as sideways."""
    hidden = {"visible": False, "fixedrange": True}
    return framed(
        traces,
        height=height,
        revision=revision,
        xaxis={**hidden, "range": (-0.12, 1.12)},
        yaxis={**hidden, "scaleanchor": "x", "range": (-0.12, 0.98)},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"y": 0.0},
    )


def lattice_figure(sharing: Sharing) -> go.Figure:
    """Draw every coalition with its figure, single players below, all together on top.

    The colour says how much the coalition gains over its members alone.
    """
    game = sharing.game
    places = _places(game.count)
    x, y = np.array([places[m] for m in range(1, 2**game.count)]).T
    alone = sums(game.worth[1 << np.arange(game.count)])
    gains = (game.worth - alone)[1:]
    labels = [f"{game.name(m)}<br>{_short(float(game.values[m]))}" for m in range(1, 2**game.count)]
    nodes = go.Scatter(
        x=x,
        y=y,
        mode="markers+text",
        text=labels,
        textposition="top center",
        textfont={"size": 10, "color": TEXT},
        marker={
            "size": 15,
            "color": gains,
            "colorscale": [[0.0, faint(PRIMARY, 0.15)], [1.0, PRIMARY]],
            "line": {"color": FADED, "width": 1},
        },
        customdata=gains,
        hovertemplate="%{text}<br>gains %{customdata:,.5g} over its members alone<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
    hidden = {"visible": False, "fixedrange": True}
    return framed(
        [_edges(game.count, places), nodes],
        height=120 + 78 * game.count,
        revision="lattice",
        xaxis=hidden,
        yaxis={**hidden, "range": (0.7, game.count + 0.5)},
        margin={"l": 40, "r": 40, "t": 24, "b": 8},
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1_000.0 else f"{value:,.4g}"


def _places(count: int) -> dict[int, tuple[float, float]]:
    """Spread the coalitions of one size evenly over one level."""
    places = {}
    for size in range(1, count + 1):
        level = [m for m in range(1, 2**count) if m.bit_count() == size]
        level.sort(key=lambda m: members(m, count))
        for at, mask in enumerate(level):
            places[mask] = ((at + 1.0) / (len(level) + 1.0), float(size))
    return places


def _edges(count: int, places: dict[int, tuple[float, float]]) -> go.Scatter:
    x: list[Any] = []
    y: list[Any] = []
    for mask, low in places.items():
        for player in range(count):
            high = places.get(mask | 1 << player)
            if high is not None and not mask >> player & 1:
                x += [low[0], high[0], None]
                y += [low[1], high[1], None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": faint(FADED, 0.45), "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def shares_figure(sharing: Sharing) -> go.Figure:
    """Draw by rule what each player gets above what he has alone."""
    game = sharing.game
    alone = game.worth[1 << np.arange(game.count)]
    colors = {"Shapley": BLUE, "Nucleolus": RED, "Tau value": VIOLET, "Banzhaf": ORANGE}
    bars = [
        go.Bar(
            x=list(game.players),
            y=game.sign * np.array(rule.allocation.values) - alone,
            name=rule.name,
            marker={"color": colors[rule.name]},
            hovertemplate=f"%{{y:,.5g}} {sharing.unit}<extra>{rule.name}</extra>",
        )
        for rule in sharing.rules
    ]
    unit = f" ({sharing.unit})" if sharing.unit else ""
    return framed(
        bars,
        height=300,
        revision="shares",
        y=f"better than alone by{unit}",
        barmode="group",
        xaxis={"type": "category"},
    )


def gains_figure(sharing: Sharing) -> go.Figure:
    """Draw the mean gain over standing alone by size of the coalition, with its 10-90 % range."""
    sizes = [gain.size for gain in sharing.gains]
    mean = np.array([gain.mean for gain in sharing.gains]) * 100.0
    high = np.array([gain.high for gain in sharing.gains]) * 100.0 - mean
    low = mean - np.array([gain.low for gain in sharing.gains]) * 100.0
    bars = go.Bar(
        x=sizes,
        y=mean,
        marker={"color": PRIMARY},
        error_y={"type": "data", "array": high, "arrayminus": low, "color": TEXT, "width": 6},
        hovertemplate="%{y:,.2f} %<extra></extra>",
    )
    return framed(
        [bars],
        height=260,
        revision="gains",
        x="players in the coalition",
        y="gain over standing alone (%)",
        xaxis={"dtick": 1},
        showlegend=False,
    )
