"""Pictures of leaders and followers: reactions, tariffs, commitments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from mara.games.stackelberg.cournot import LinearMarket, cournot
from mara.ui.figures.games import framed
from mara.ui.palette import BLUE, FADED, ORANGE, PRIMARY, RED, VIOLET, faint

if TYPE_CHECKING:
    from mara.services.games_stackelberg import CommitmentAnswer, Led, TariffAnswer
    from mara.ui.figures.frame import Floats

__all__ = [
    "commitment_figure",
    "leading_figure",
    "profits_figure",
    "taken_figure",
    "tariff_figure",
]

_POINTS = 121


def leading_figure(answer: Led) -> go.Figure:
    """Draw how followers answer any quantity of the leaders, and where the lead takes them.

    The leaders' curve of equal profit touches the followers' reaction at the outcome.
    """
    market, led, level = answer.market, answer.led, answer.level
    most = market.a / market.b
    x = np.linspace(0.0, most, _POINTS)
    reaction = [_followed(market, q) for q in x]
    traces: list[Any] = [
        go.Scatter(x=x, y=reaction, name="followers' reaction", line={"color": ORANGE, "width": 3})
    ]
    if len(market.leader_costs) == 1:
        traces += _leader_curves(answer, x)
    for name, outcome, color, symbol in (
        ("leaders first", led, RED, "circle"),
        ("all at once", level, BLUE, "diamond"),
    ):
        traces.append(
            go.Scatter(
                x=[sum(outcome.leaders)],
                y=[sum(outcome.followers)],
                name=name,
                mode="markers",
                marker={"color": color, "size": 12, "symbol": symbol},
            )
        )
    top = 1.35 * max(*reaction, sum(level.followers), 1e-9)
    return framed(
        traces,
        height=350,
        revision="leading",
        x="leaders' quantity (all)",
        y="followers' quantity (all)",
        yaxis={"range": (-0.03 * top, top)},
        xaxis={"range": (0.0, most)},
    )


def _followed(market: LinearMarket, led: float) -> float:
    """Give what followers sell together when leaders sell `led`."""
    if not market.follower_costs:
        return 0.0
    left = LinearMarket(
        a=market.a - market.b * led,
        b=market.b,
        leader_costs=(),
        follower_costs=market.follower_costs,
    )
    return sum(cournot(left).followers)


def _leader_curves(answer: Led, x: Floats) -> list[go.Scatter]:
    """Draw what the one leader would answer if all chose at once, and his curve of equal profit."""
    market, cost = answer.market, answer.market.leader_costs[0]
    profit = answer.led.leader_profits[0]
    followers = np.linspace(0.0, market.a / market.b, _POINTS)
    best = np.maximum((market.a - cost - market.b * followers) / (2.0 * market.b), 0.0)
    sold = x[1:]
    equal = (market.a - cost - market.b * sold - profit / sold) / market.b
    kept = equal >= 0.0
    return [
        go.Scatter(
            x=best,
            y=followers,
            name="leader's reaction at once",
            line={"color": BLUE, "width": 2, "dash": "dash"},
        ),
        go.Scatter(
            x=sold[kept],
            y=equal[kept],
            name="leader earns the same",
            line={"color": faint(VIOLET, 0.8), "width": 1.6, "dash": "dot"},
        ),
    ]


def profits_figure(answer: Led) -> go.Figure:
    """Draw every firm's profit with a lead and without."""
    market = answer.market
    names = [f"leader {k}" for k in range(1, len(market.leader_costs) + 1)]
    names += [f"follower {k}" for k in range(1, len(market.follower_costs) + 1)]
    bars = [
        go.Bar(
            x=names,
            y=[*found.leader_profits, *found.follower_profits],
            name=name,
            marker={"color": color},
            hovertemplate="%{y:,.2f}",
        )
        for name, found, color in (
            ("leaders first", answer.led, RED),
            ("all at once", answer.level, BLUE),
        )
    ]
    return framed(bars, height=300, revision="profits", y="profit (USD)", barmode="group")


def tariff_figure(answer: TariffAnswer) -> go.Figure:
    """Draw prices by interval: what the utility pays, what it charges, and its best single price."""
    hours = [f"hour {k}" for k in range(1, len(answer.hourly.tariff_usd_per_mwh) + 1)]
    lines = [
        go.Scatter(
            x=hours,
            y=list(values),
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2.4, "dash": dash, "shape": "hvh"},
        )
        for name, values, color, dash in (
            ("wholesale", answer.market.wholesale_usd_per_mwh, FADED, "dot"),
            ("tariff", answer.hourly.tariff_usd_per_mwh, RED, "solid"),
            ("best single price", answer.flat.tariff_usd_per_mwh, BLUE, "dash"),
        )
    ]
    return framed(
        lines, height=320, revision="tariff", y="price (USD/MWh)", xaxis={"type": "category"}
    )


def taken_figure(answer: TariffAnswer) -> go.Figure:
    """Draw what each site takes under the tariff."""
    hours = [f"hour {k}" for k in range(1, len(answer.hourly.tariff_usd_per_mwh) + 1)]
    bars = [
        go.Bar(x=hours, y=list(row), name=site.name, hovertemplate="%{y:,.2f} MWh")
        for site, row in zip(answer.market.sites, answer.hourly.taken_mwh, strict=True)
    ]
    return framed(
        bars,
        height=300,
        revision="taken",
        y="taken (MWh)",
        barmode="stack",
        xaxis={"type": "category"},
    )


def commitment_figure(answer: CommitmentAnswer) -> go.Figure:
    """Draw what the leader earns by how he mixes; with more than two rows, the mixture itself."""
    if len(answer.leader) != 2:
        rows = [f"row {k}" for k in range(1, len(answer.leader) + 1)]
        bars = go.Bar(x=rows, y=list(answer.found.strategy), marker={"color": PRIMARY})
        return framed(
            [bars],
            height=320,
            revision="commitment",
            y="probability",
            yaxis={"tickformat": ".0%", "range": (0, 1.05)},
        )
    p = np.linspace(0.0, 1.0, 401)
    mixed = np.column_stack((p, 1.0 - p))
    theirs = mixed @ answer.follower
    best = theirs >= theirs.max(axis=1, keepdims=True) - 1e-9
    earned = np.where(best, mixed @ answer.leader, -np.inf).max(axis=1)
    traces = [
        go.Scatter(x=p, y=earned, name="leader earns", line={"color": BLUE, "width": 3}),
        go.Scatter(
            x=[answer.found.strategy[0]],
            y=[answer.found.leader_payoff],
            name="commitment",
            mode="markers",
            marker={"color": RED, "size": 13},
        ),
    ]
    return framed(
        traces,
        height=340,
        revision="commitment",
        x="weight of row 1",
        y="leader's payoff when the follower answers best",
        xaxis={"tickformat": ".0%"},
    )
