"""Pictures of auctions: bids and payments, lies, and where bids meet asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mara.games.mechanisms.crossing import Role
from mara.ui.figures.games import framed
from mara.ui.palette import BLUE, FADED, GREEN, ORANGE, RED, faint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.mechanisms.crossing import Offer
    from mara.services.games_vcg import Auctioned, Exchanged, Lie

__all__ = ["crossing_figure", "lie_figure", "payments_figure"]


def payments_figure(answer: Auctioned, unit: str = "USD") -> go.Figure:
    """Draw for each bidder what he pays and keeps of his accepted bid, or the best bid he lost."""
    found = answer.outcome
    won = {win.bid.bidder: win for win in found.wins}
    names = list(found.bidders)
    best = {n: max(b.value for b in answer.market.bids if b.bidder == n) for n in names}
    paid = [won[n].payment if n in won else 0.0 for n in names]
    kept = [won[n].utility if n in won else 0.0 for n in names]
    lost = [0.0 if n in won else best[n] for n in names]
    bars = [
        go.Bar(
            x=names,
            y=values,
            name=name,
            marker={"color": color},
            hovertemplate=f"%{{y:,.2f}} {unit}<extra>{name}</extra>",
        )
        for name, values, color in (
            ("pays", paid, RED),
            ("keeps", kept, GREEN),
            ("bid that lost", lost, faint(FADED, 0.35)),
        )
    ]
    return framed(
        bars,
        height=340,
        revision="payments",
        y=f"value of the bid ({unit})",
        barmode="stack",
        xaxis={"type": "category"},
    )


def lie_figure(lie: Lie, unit: str = "USD") -> go.Figure:
    """Draw what the bidder truly gains and pays by what he reports."""
    explored = lie.explored
    x = np.array(lie.factors) * 100.0
    lines = [
        go.Scatter(
            x=x,
            y=[r.utility for r in explored.reports],
            name="true gain",
            line={"color": BLUE, "width": 3},
        ),
        go.Scatter(
            x=x,
            y=[r.payment for r in explored.reports],
            name="payment",
            line={"color": ORANGE, "width": 2, "dash": "dot"},
        ),
        go.Scatter(
            x=[100.0],
            y=[explored.truth.utility],
            name="the truth",
            mode="markers",
            marker={"color": RED, "size": 13},
        ),
    ]
    return framed(
        lines,
        height=320,
        revision="lie",
        x="report (% of the truth)",
        y=unit,
        yaxis={"zeroline": True},
    )


def crossing_figure(answer: Exchanged) -> go.Figure:
    """Draw bids from the dearest down and asks from the cheapest up."""
    traces = [
        _steps(answer.offers, Role.BUYER, "bids", BLUE),
        _steps(answer.offers, Role.SELLER, "asks", ORANGE),
    ]
    if answer.uniform.usd_per_mwh is not None:
        traces.append(
            go.Scatter(
                x=[answer.uniform.quantity_mwh],
                y=[answer.uniform.usd_per_mwh],
                name="one price",
                mode="markers",
                marker={"color": RED, "size": 13},
            )
        )
    return framed(traces, height=350, revision="crossing", x="quantity (MWh)", y="price (USD/MWh)")


def _steps(offers: Sequence[Offer], role: Role, name: str, color: str) -> go.Scatter:
    sign = -1.0 if role is Role.BUYER else 1.0
    ranked = sorted((o for o in offers if o.role is role), key=lambda o: sign * o.usd_per_mwh)
    ends = np.cumsum([0.0, *(o.quantity_mwh for o in ranked)])
    x = np.repeat(ends, 2)[1:-1]
    y = np.repeat([o.usd_per_mwh for o in ranked], 2)
    return go.Scatter(x=x, y=y, name=name, mode="lines", line={"color": color, "width": 3})
