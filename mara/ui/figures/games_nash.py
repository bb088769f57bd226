"""Pictures of finite games: payoffs with equilibria, best replies, and paths of learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.services.games_nash import who
from mara.ui.figures.games import framed, in_triangle, labelled, outline
from mara.ui.palette import BLUE, GREEN, ORANGE, PRIMARY, RED, TEXT, VIOLET, faint

if TYPE_CHECKING:
    from mara.games.normal_form.path import Path
    from mara.services.games_nash import Learning, Recommended, Solved
    from mara.ui.figures.frame import Floats

__all__ = [
    "advice_figure",
    "best_replies_figure",
    "heat_figure",
    "mixtures_figure",
    "paths_figure",
    "regrets_figure",
]

_WRITTEN_CELLS: Final = 100
_SHOWN: Final = 1e-6
_COLORS: Final = (BLUE, RED, GREEN, VIOLET)


def heat_figure(solved: Solved, seat: int, number: int | None) -> go.Figure:
    """Draw what the player of `seat` gets, rows the first player's strategies, columns the second's.

    Where there are more players, the others play equilibrium `number`; circles show it, their area
    the probability of the cell.
    """
    game, laws = solved.game, _laws(solved, number)
    table = _for_two(game.payoffs[seat], laws)
    rows, columns = game.strategies[0], _columns(solved)
    heat = _heat(
        z=table,
        x=list(columns),
        y=list(rows),
        colorscale=[[0.0, faint(PRIMARY, 0.04)], [1.0, faint(PRIMARY, 0.75)]],
        showscale=table.size > _WRITTEN_CELLS,
        texttemplate="%{z:,.5~g}" if table.size <= _WRITTEN_CELLS else None,
        hovertemplate="%{y} against %{x}: %{z:,.6g}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    marks = [] if number is None else [_circles(laws, rows, columns)]
    second = game.players[1] if len(game.shape) > 1 else ""
    return framed(
        [heat, *marks],
        height=max(210, min(90 + 44 * len(rows), 430)),
        revision=f"heat {seat}",
        x=who(second),
        y=who(game.players[0]),
        xaxis={"type": "category", "side": "bottom", "showgrid": False, "nticks": 12},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "nticks": 12},
        showlegend=False,
    )


def _heat(**style: Any) -> go.Heatmap:  # noqa: ANN401
    return go.Heatmap(**style)


def _laws(solved: Solved, number: int | None) -> tuple[Floats, ...]:
    if number is None:
        return tuple(np.full(count, 1.0 / count) for count in solved.game.shape)
    return solved.solution.equilibria[number].strategies


def _columns(solved: Solved) -> tuple[str, ...]:
    return solved.game.strategies[1] if len(solved.game.shape) > 1 else ("",)


def _for_two(table: Floats, laws: tuple[Floats, ...]) -> Floats:
    """Average over all players but the first two."""
    for other in reversed(range(2, len(laws))):
        table = np.tensordot(table, laws[other], axes=(other, 0))
    return table if table.ndim == 2 else table[:, None]


def _circles(laws: tuple[Floats, ...], rows: Any, columns: Any) -> go.Scatter:  # noqa: ANN401
    joint = np.outer(laws[0], laws[1] if len(laws) > 1 else [1.0])
    at = np.argwhere(joint > _SHOWN)
    odds = joint[joint > _SHOWN]
    return go.Scatter(
        x=[columns[c] for _, c in at],
        y=[rows[r] for r, _ in at],
        mode="markers",
        marker={
            "size": 16.0 + 26.0 * np.sqrt(odds),
            "color": faint(RED, 0.0),
            "line": {"color": RED, "width": 2.5},
        },
        customdata=odds,
        hovertemplate="played with %{customdata:.2%}<extra></extra>",
    )


def best_replies_figure(solved: Solved) -> go.Figure:
    """Draw best replies of a 2 x 2 game: they cross in equilibria."""
    game = solved.game
    grid = np.linspace(0.0, 1.0, 201)
    mixed = np.column_stack((grid, 1.0 - grid))
    first = _reply(mixed @ game.payoffs[0].T)
    second = _reply(mixed @ game.payoffs[1])
    one, two = (who(game.players[seat]) for seat in (0, 1))
    traces = [
        go.Scatter(x=grid, y=first, name=f"best reply of {one}", line={"color": BLUE, "width": 3}),
        go.Scatter(
            x=second,
            y=grid,
            name=f"best reply of {two}",
            line={"color": ORANGE, "width": 3, "dash": "dash"},
        ),
        go.Scatter(
            x=[float(e.strategies[1][0]) for e in solved.solution.equilibria],
            y=[float(e.strategies[0][0]) for e in solved.solution.equilibria],
            name="equilibrium",
            mode="markers",
            marker={"color": RED, "size": 13, "symbol": "circle-open", "line": {"width": 3}},
        ),
    ]
    span = {"range": (-0.05, 1.05), "tickformat": ".0%", "fixedrange": True}
    return framed(
        traces,
        height=330,
        revision="replies",
        x=f"{two} plays {game.strategies[1][0]}",
        y=f"{one} plays {game.strategies[0][0]}",
        xaxis=span,
        yaxis=span,
    )


def _reply(values: Floats) -> Floats:
    """Weight of the first strategy in the best reply; half where both pay the same."""
    gain = values[:, 0] - values[:, 1]
    return np.where(np.abs(gain) < 1e-12, 0.5, (gain > 0.0).astype(np.float64))


def mixtures_figure(solved: Solved, number: int) -> go.Figure:
    """Draw how often each player uses each strategy in equilibrium `number`."""
    game, found = solved.game, solved.solution.equilibria[number]
    bars = []
    for player, names, law in zip(game.players, game.strategies, found.strategies, strict=True):
        used = np.flatnonzero(law > _SHOWN)
        bars.append(
            go.Bar(
                x=[f"{who(player)}: {names[k]}" for k in used],
                y=law[used],
                name=who(player),
                hovertemplate="%{y:.4%}<extra></extra>",
            )
        )
    return framed(
        bars,
        height=300,
        revision="mixtures",
        y="probability",
        yaxis={"range": (0, 1.05), "tickformat": ".0%"},
        xaxis={"type": "category"},
        showlegend=False,
    )


def advice_figure(said: Recommended, which: int) -> go.Figure:
    """Draw the probability of each profile of the first two players under a mediator's advice."""
    game, odds = said.game, said.answers[which].distribution
    table = odds.reshape(*odds.shape[:2], -1).sum(axis=2) if odds.ndim > 1 else odds[:, None]
    heat = _heat(
        z=table,
        x=list(game.strategies[1]) if odds.ndim > 1 else [""],
        y=list(game.strategies[0]),
        colorscale=[[0.0, faint(VIOLET, 0.03)], [1.0, faint(VIOLET, 0.75)]],
        showscale=False,
        texttemplate="%{z:.1%}" if table.size <= _WRITTEN_CELLS else None,
        hovertemplate="%{y} against %{x}: %{z:.3%}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    return framed(
        [heat],
        height=max(210, min(90 + 44 * len(table), 430)),
        revision=f"advice {which}",
        xaxis={"type": "category", "showgrid": False, "nticks": 12},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "nticks": 12},
    )


def regrets_figure(learning: Learning) -> go.Figure:
    """Draw the judge's regret along each path, both axes logarithmic."""
    lines = [
        go.Scatter(
            x=path.rounds[1:],
            y=np.maximum(path.regrets[1:], 1e-8),
            name=_words(path),
            mode="lines",
            line={"color": color, "width": 2},
        )
        for path, color in zip(learning.paths, _COLORS, strict=True)
    ]
    return framed(
        lines,
        height=330,
        revision="regrets",
        x="rounds (replicator: time)",
        y="largest gain from deviating",
        xaxis={"type": "log"},
        yaxis={"type": "log", "exponentformat": "power"},
    )


def _words(path: Path) -> str:
    return path.method.replace("-", " ")


def paths_figure(learning: Learning) -> go.Figure:
    """Draw where each way of learning goes.

    Two players of two strategies: the square of both; three strategies: the first player's
    triangle; else the weight of the first player's first strategies over time.
    """
    shape = learning.game.shape
    if shape == (2, 2):
        return _square(learning)
    return _triangle(learning) if shape[0] == 3 else _over_time(learning)


def _square(learning: Learning) -> go.Figure:
    game = learning.game
    traces = [
        _trail(path.laws[1][:, 0], path.laws[0][:, 0], _words(path), color)
        for path, color in zip(learning.paths, _COLORS, strict=True)
    ]
    span = {"range": (-0.05, 1.05), "tickformat": ".0%"}
    return framed(
        traces,
        height=330,
        revision="paths",
        x=f"{who(game.players[1])} plays {game.strategies[1][0]}",
        y=f"{who(game.players[0])} plays {game.strategies[0][0]}",
        xaxis=span,
        yaxis=span,
    )


def _triangle(learning: Learning) -> go.Figure:
    game = learning.game
    traces = [
        _trail(*in_triangle(path.laws[0]), _words(path), color)
        for path, color in zip(learning.paths, _COLORS, strict=True)
    ]
    hidden = {"visible": False, "fixedrange": True}
    return framed(
        [outline(), *traces, labelled(game.strategies[0])],
        height=360,
        revision="paths",
        xaxis={**hidden, "range": (-0.2, 1.2)},
        yaxis={**hidden, "scaleanchor": "x", "range": (-0.12, 0.98)},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={"y": 0.0},
    )


def _trail(x: Floats, y: Floats, name: str, color: str) -> go.Scatter:
    sizes = np.full(len(x), 3.0)
    sizes[-1] = 11.0
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"color": color, "width": 1.6},
        marker={"color": color, "size": sizes},
    )


def _over_time(learning: Learning) -> go.Figure:
    path = learning.paths[-1]
    top = np.argsort(-path.laws[0][-1])[:6]
    names = learning.game.strategies[0]
    lines = [
        go.Scatter(x=path.rounds, y=path.laws[0][:, k], name=names[k], mode="lines") for k in top
    ]
    return framed(
        lines,
        height=330,
        revision="paths",
        x=f"rounds of {_words(path)}",
        y=f"weights of {who(learning.game.players[0])}",
        xaxis={"type": "log"},
        yaxis={"range": (-0.05, 1.05), "tickformat": ".0%"},
        font={"color": TEXT},
    )
