"""Games in tables: what goes in, and what comes out, units in the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mara.services.games_markets import CournotAnswer, PoolAnswer, SupplyAnswer
from mara.services.games_nash import who
from mara.ui.format import DASH

if TYPE_CHECKING:
    from mara.services.games_cooperative import Sharing
    from mara.services.games_markets import FeederAnswer, MarketAnswer
    from mara.services.games_nash import Learning, Recommended, Solved
    from mara.services.games_stackelberg import CommitmentAnswer, Led, TariffAnswer
    from mara.services.games_vcg import Auctioned, Exchanged, Lie

__all__ = [
    "advice_frame",
    "auction_frame",
    "coalitions_frame",
    "commitment_frame",
    "equilibria_frame",
    "exchange_frame",
    "learning_frame",
    "led_frame",
    "lie_frame",
    "market_frame",
    "sharing_frame",
    "tariff_frame",
]

_SHOWN = 1e-9
_MOST_ROWS = 2_000


def _in(what: str, unit: str) -> str:
    return f"{what} ({unit})" if unit else what


def sharing_frame(sharing: Sharing) -> pd.DataFrame:
    """List what each player has alone and gets by each rule."""
    game, unit = sharing.game, sharing.unit
    columns: dict[str, Any] = {
        "Player": list(game.players),
        _in("Alone", unit): game.values[1 << np.arange(game.count)],
    }
    for rule in sharing.rules:
        columns[_in(rule.name, unit)] = list(rule.allocation.values)
    if sharing.least is not None:
        columns[_in("Least core", unit)] = list(sharing.least.payoffs)
    return pd.DataFrame(columns)


def coalitions_frame(sharing: Sharing) -> pd.DataFrame:
    """List every coalition with its figure, and what it would gain by leaving each sharing."""
    game, unit = sharing.game, sharing.unit
    masks = np.arange(1, 2**game.count)
    frame = {
        "Coalition": [game.name(int(m)) for m in masks],
        "Players": [int(m).bit_count() for m in masks],
        _in(str(game.kind).capitalize(), unit): game.values[masks],
    }
    for rule in sharing.rules[:2]:
        paid = np.array(rule.allocation.values)
        given = np.array([sum(paid[k] for k in range(game.count) if m >> k & 1) for m in masks])
        frame[_in(f"Gains by leaving {rule.name}", unit)] = game.worth[masks] - game.sign * given
    return pd.DataFrame(frame)


def equilibria_frame(solved: Solved) -> pd.DataFrame:
    """List each equilibrium's strategies in use, payoffs and the judge's regret."""
    game = solved.game
    rows = []
    for number, found in enumerate(solved.solution.equilibria, start=1):
        row: dict[str, Any] = {"No.": number}
        for player, names, law in zip(game.players, game.strategies, found.strategies, strict=True):
            row[f"{who(player)} plays"] = _mixture(names, law)
        for player, paid in zip(game.players, found.payoffs, strict=True):
            row[f"Payoff of {who(player)}"] = paid
        row["Regret (payoff)"] = f"{found.regret:.1e}"
        rows.append(row)
    return pd.DataFrame(rows)


def _mixture(names: tuple[str, ...], law: np.ndarray[Any, Any]) -> str:
    used = [f"{name}: {w:.6g}" for name, w in zip(names, law, strict=True) if w > _SHOWN]
    return ", ".join(used)


def advice_frame(said: Recommended, which: int) -> pd.DataFrame:
    """List the profiles that are recommended, with their odds."""
    game, answer = said.game, said.answers[which]
    rows = []
    for profile in np.argwhere(answer.distribution > _SHOWN)[:_MOST_ROWS]:
        at = tuple(int(k) for k in profile)
        row: dict[str, Any] = {
            str(player): game.strategies[seat][at[seat]] for seat, player in enumerate(game.players)
        }
        row["Probability (%)"] = 100.0 * float(answer.distribution[at])
        for seat, player in enumerate(game.players):
            row[f"Payoff of {player}"] = float(game.payoffs[(seat, *at)])
        rows.append(row)
    return pd.DataFrame(rows)


def learning_frame(learning: Learning) -> pd.DataFrame:
    """List where each way of learning ended."""
    game = learning.game
    rows = []
    for path in learning.paths:
        row: dict[str, Any] = {"Way": path.method.replace("-", " ")}
        row["Rounds or time"] = float(path.rounds[-1])
        for player, names, law in zip(game.players, game.strategies, path.last, strict=True):
            row[f"{who(player)} plays"] = _mixture(names, np.where(law > 5e-4, law, 0.0))
        row["Regret (payoff)"] = f"{path.regrets[-1]:.1e}"
        row["Settled"] = "yes" if path.converged else "no"
        rows.append(row)
    return pd.DataFrame(rows)


def market_frame(answer: MarketAnswer) -> pd.DataFrame:
    """List what each player of a game with quantities does and earns."""
    if isinstance(answer, CournotAnswer | SupplyAnswer):
        return _selling_frame(answer)
    if isinstance(answer, PoolAnswer):
        found = answer.outcome
        return pd.DataFrame(
            {
                "Site": [site.name for site in answer.pool.sites],
                "Bid (MWh per USD/MWh)": list(found.bids),
                "Curtailed (MWh)": list(found.curtailed),
                "Price (USD/MWh)": [found.price] * len(found.bids),
                "Profit (USD)": list(found.profits),
            }
        )
    return _feeder_frame(answer)


def _selling_frame(answer: CournotAnswer | SupplyAnswer) -> pd.DataFrame:
    found = answer.outcome
    columns: dict[str, Any] = {
        "Seller": [seller.name for seller in answer.market.sellers],
        "First cost (USD/MWh)": [seller.cost for seller in answer.market.sellers],
    }
    if isinstance(answer, SupplyAnswer):
        columns["Slope bid (MWh per USD/MWh)"] = list(answer.outcome.slopes)
    return pd.DataFrame(
        columns
        | {
            "Sells (MWh)": list(found.quantities),
            "Price (USD/MWh)": [found.price] * len(found.quantities),
            "Profit (USD)": list(found.profits),
        }
    )


def _feeder_frame(answer: FeederAnswer) -> pd.DataFrame:
    found = answer.outcome
    hours = {f"Hour {k + 1} (MWh)": found.draws[:, k].tolist() for k in range(found.draws.shape[1])}
    return pd.DataFrame(
        {"Site": [draw.name for draw in answer.feeder.draws], **hours}
        | {"Cost (USD)": list(found.costs)}
    )


def led_frame(answer: Led) -> pd.DataFrame:
    """List each firm's quantity and profit with a lead and without."""
    market, led, level = answer.market, answer.led, answer.level
    costs = [*market.leader_costs, *market.follower_costs]
    roles = ["leader"] * len(market.leader_costs) + ["follower"] * len(market.follower_costs)
    return pd.DataFrame(
        {
            "Role": roles,
            "Cost (USD/MWh)": costs,
            "Quantity, leaders first (MWh)": [*led.leaders, *led.followers],
            "Profit, leaders first (USD)": [*led.leader_profits, *led.follower_profits],
            "Quantity, all at once (MWh)": [*level.leaders, *level.followers],
            "Profit, all at once (USD)": [*level.leader_profits, *level.follower_profits],
            "Price, leaders first (USD/MWh)": [led.price] * len(costs),
        }
    )


def tariff_frame(answer: TariffAnswer) -> pd.DataFrame:
    """List prices by interval and what each site takes."""
    market, found = answer.market, answer.hourly
    return pd.DataFrame(
        {
            "Hour": list(range(1, len(found.tariff_usd_per_mwh) + 1)),
            "Wholesale (USD/MWh)": list(market.wholesale_usd_per_mwh),
            "Tariff (USD/MWh)": list(found.tariff_usd_per_mwh),
            "Best single price (USD/MWh)": list(answer.flat.tariff_usd_per_mwh),
        }
        | {
            f"{site.name} takes (MWh)": list(row)
            for site, row in zip(market.sites, found.taken_mwh, strict=True)
        }
    )


def commitment_frame(answer: CommitmentAnswer) -> pd.DataFrame:
    """List the leader's rows with their weights and payoffs against the follower's answer."""
    found = answer.found
    return pd.DataFrame(
        {
            "Row": list(range(1, len(found.strategy) + 1)),
            "Weight (%)": [100.0 * w for w in found.strategy],
            "Leader's payoff against the answer": answer.leader[:, found.answer].tolist(),
            "Follower's payoff of the answer": answer.follower[:, found.answer].tolist(),
        }
    )


def auction_frame(answer: Auctioned) -> pd.DataFrame:
    """List every bid: whether it was accepted, what it pays and leaves."""
    won = {id(win.bid): win for win in answer.outcome.wins}
    rows = []
    for bid in answer.market.bids:
        win = won.get(id(bid))
        rows.append(
            {
                "Bidder": bid.bidder,
                "Bundle": ", ".join(
                    item if q == 1.0 else f"{q:g} {item}" for item, q in bid.quantities
                ),
                "Value reported (USD)": bid.value,
                "Accepted": "yes" if win else "no",
                "Pays (USD)": win.payment if win else 0.0,
                "Keeps (USD)": win.utility if win else 0.0,
            }
        )
    return pd.DataFrame(rows)


def lie_frame(lie: Lie) -> pd.DataFrame:
    """List what each report leads to."""
    reports = lie.explored.reports
    return pd.DataFrame(
        {
            "Report (% of the truth)": [100.0 * f for f in lie.factors],
            "Wins": [", ".join(r.bundle) or DASH for r in reports],
            "Pays (USD)": [r.payment for r in reports],
            "True gain (USD)": [r.utility for r in reports],
        }
    )


def exchange_frame(answer: Exchanged) -> pd.DataFrame:
    """List what each offer trades, at one price and at its own."""
    one = {id(fill.offer): fill for fill in answer.uniform.fills}
    own = {id(fill.offer): fill for fill in answer.own.fills}
    return pd.DataFrame(
        {
            "Name": [offer.name for offer in answer.offers],
            "Role": [str(offer.role) for offer in answer.offers],
            "Offered (MWh)": [offer.quantity_mwh for offer in answer.offers],
            "Limit (USD/MWh)": [offer.usd_per_mwh for offer in answer.offers],
            "Trades (MWh)": [
                one[id(o)].quantity_mwh if id(o) in one else 0.0 for o in answer.offers
            ],
            "Gain at one price (USD)": [
                one[id(o)].gain_usd if id(o) in one else 0.0 for o in answer.offers
            ],
            "Gain at its own price (USD)": [
                own[id(o)].gain_usd if id(o) in own else 0.0 for o in answer.offers
            ],
        }
    )
