"""Pictures of games with quantities: reaction functions, supply lines, pools and feeders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from mara.services.games_markets import CournotAnswer, PoolAnswer, SupplyAnswer
from mara.ui.figures.games import framed
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, PRIMARY, RED, faint

if TYPE_CHECKING:
    from mara.services.games_markets import FeederAnswer, MarketAnswer

__all__ = ["market_figure", "reactions_figure"]


def market_figure(answer: MarketAnswer) -> go.Figure:
    """Draw the outcome of any game with quantities."""
    if isinstance(answer, CournotAnswer):
        return _sold(answer)
    if isinstance(answer, SupplyAnswer):
        return _lines(answer)
    if isinstance(answer, PoolAnswer):
        return _pool(answer)
    return _feeder(answer)


def reactions_figure(answer: CournotAnswer) -> go.Figure:
    """Draw what each of the first two sellers answers to the other, and responses in turn.

    All others sell their equilibrium quantities.
    """
    market = answer.market
    still = np.array(answer.outcome.quantities)
    most = np.minimum(market.capacities[:2], 2.2 * still[:2].max() + 1.0)
    first, second = market.sellers[:2]
    grids = [np.linspace(0.0, float(most[k]), 101) for k in (0, 1)]
    replies = [
        [market.response(seat, _moved(still, 1 - seat, q)) for q in grids[1 - seat]]
        for seat in (0, 1)
    ]
    traces: list[Any] = [
        go.Scatter(
            x=replies[0], y=grids[1], name=f"{first.name} answers", line={"color": BLUE, "width": 3}
        ),
        go.Scatter(
            x=grids[0],
            y=replies[1],
            name=f"{second.name} answers",
            line={"color": ORANGE, "width": 3, "dash": "dash"},
        ),
    ]
    if len(market.sellers) == 2:
        traces.append(_staircase(answer))
    traces.append(
        go.Scatter(
            x=still[:1],
            y=still[1:2],
            name="equilibrium",
            mode="markers",
            marker={"color": RED, "size": 13, "symbol": "circle-open", "line": {"width": 3}},
        )
    )
    return framed(
        traces,
        height=340,
        revision="reactions",
        x=f"{first.name} sells (MWh)",
        y=f"{second.name} sells (MWh)",
    )


def _moved(quantities: np.ndarray, seat: int, to: float) -> np.ndarray:
    moved = quantities.copy()
    moved[seat] = to
    return moved


def _staircase(answer: CournotAnswer) -> go.Scatter:
    """Two sellers in turn: each move changes one quantity."""
    points = answer.path.points
    x = np.repeat(points[:, 0], 2)[1:]
    y = np.repeat(points[:, 1], 2)[:-1]
    return go.Scatter(
        x=x[:40],
        y=y[:40],
        name="responses in turn",
        mode="lines",
        line={"color": FADED, "width": 1.4, "dash": "dot"},
    )


def _sold(answer: CournotAnswer) -> go.Figure:
    market, found = answer.market, answer.outcome
    total = sum(found.quantities)
    q = np.linspace(0.0, 1.4 * total + 1e-9, 60)
    demand = go.Scatter(
        x=q, y=market.a - market.b * q, name="demand", line={"color": FADED, "width": 2}
    )
    bars, start = [], 0.0
    for seller, amount in zip(market.sellers, found.quantities, strict=True):
        bars.append(
            go.Bar(
                x=[start + amount / 2.0],
                y=[found.price],
                width=[amount],
                name=seller.name,
                opacity=0.75,
                hovertemplate=f"{amount:,.2f} MWh at {found.price:,.2f} USD/MWh",
            )
        )
        start += amount
    return framed(
        [*bars, demand],
        height=340,
        revision="sold",
        x="sold (MWh)",
        y="price (USD/MWh)",
        yaxis={"rangemode": "tozero"},
    )


def _lines(answer: SupplyAnswer) -> go.Figure:
    market, found = answer.market, answer.outcome
    top = 1.6 * found.price
    traces: list[Any] = []
    for seller, slope in zip(market.sellers, found.slopes, strict=True):
        prices = np.array([seller.cost, max(top, seller.cost)])
        traces.append(
            go.Scatter(x=slope * (prices - seller.cost), y=prices, name=seller.name, mode="lines")
        )
    prices = np.linspace(min(s.cost for s in market.sellers), top, 40)
    each = [
        slope * np.maximum(prices - s.cost, 0.0)
        for s, slope in zip(market.sellers, found.slopes, strict=True)
    ]
    offered = np.sum(each, axis=0)
    traces += [
        go.Scatter(x=offered, y=prices, name="all together", line={"color": PRIMARY, "width": 3}),
        go.Scatter(
            x=market.demand - market.response * prices,
            y=prices,
            name="demand",
            line={"color": FADED, "width": 2, "dash": "dash"},
        ),
        go.Scatter(
            x=[sum(found.quantities)],
            y=[found.price],
            name="they meet",
            mode="markers",
            marker={"color": RED, "size": 12, "symbol": "circle-open", "line": {"width": 3}},
        ),
    ]
    return framed(traces, height=340, revision="supply", x="curtailed (MWh)", y="price (USD/MWh)")


def _pool(answer: PoolAnswer) -> go.Figure:
    found = answer.outcome
    names = [site.name for site in answer.pool.sites]
    bars = go.Bar(
        x=names,
        y=list(found.curtailed),
        name="curtailed (MWh)",
        marker={"color": PRIMARY},
        hovertemplate="%{y:,.2f} MWh<extra></extra>",
    )
    profits = go.Bar(
        x=names,
        y=list(found.profits),
        name="profit (USD)",
        yaxis="y2",
        marker={"color": faint(GREEN, 0.6)},
        hovertemplate="%{y:,.2f} USD<extra></extra>",
        offsetgroup=2,
    )
    bars.offsetgroup = "1"
    return framed(
        [bars, profits],
        height=320,
        revision="pool",
        y="curtailed (MWh)",
        barmode="group",
        xaxis={"type": "category"},
        yaxis2={"title": {"text": "profit (USD)"}, "overlaying": "y", "side": "right"},
        margin={"r": 60},
    )


def _feeder(answer: FeederAnswer) -> go.Figure:
    feeder, found = answer.feeder, answer.outcome
    hours = [f"hour {k}" for k in range(1, len(feeder.alpha) + 1)]
    bars = [
        go.Bar(x=hours, y=row, name=draw.name, hovertemplate="%{y:,.2f} MWh")
        for draw, row in zip(feeder.draws, found.draws, strict=True)
    ]
    load = found.draws.sum(axis=0) + np.array(feeder.base)
    price = np.array(feeder.alpha) + np.array(feeder.beta) * load
    lines = [
        go.Scatter(
            x=hours,
            y=values,
            name=name,
            yaxis="y2",
            mode="lines+markers",
            line={"color": color, "width": 2, "dash": dash},
        )
        for name, values, color, dash in (
            ("price with this load", price, RED, "solid"),
            ("price without load", np.array(feeder.alpha), FADED, "dot"),
        )
    ]
    return framed(
        [*bars, *lines],
        height=340,
        revision="feeder",
        y="drawn (MWh)",
        barmode="stack",
        xaxis={"type": "category"},
        yaxis2={
            "title": {"text": "price (USD/MWh)"},
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
        },
        margin={"r": 60},
    )
