"""Supply-function competition: sites bid ``S_i(p) = beta_i (p - c_i)``, demand is ``n - g p``.

With cost ``c_i q + d_i q^2 / 2`` the best slope against the others is
``beta_i = G_i / (1 + d_i G_i)``, ``G_i = g + sum over j != i of beta_j`` the slope of the demand
that is left. For g > 0 and d > 0 this map is positive, rising and scalable
(``r(t beta) < t r(beta)`` for t > 1), hence has one fixed point, to which responses converge from
anywhere.

Sources: Klemperer and Meyer, Supply function equilibria in oligopoly under uncertainty, 1989;
Baldick, Grant and Kahn, Theory and application of linear supply function equilibrium in electricity
markets, 2004; Yates, A framework for uplink power control, 1995, theorem 2 (convergence).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.domain.checks import positive
from mara.errors import InvalidValue, SolverFailed
from mara.games import judge
from mara.games.continuous.best_response import best_responses
from mara.games.continuous.cournot import Seller

if TYPE_CHECKING:
    from mara.games.continuous.variational import Floats

__all__ = ["SupplyMarket", "SupplyOutcome", "supply_functions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyMarket:
    """Demand ``demand - response p`` in MWh at p USD/MWh, and sellers with rising unit costs.

    Capacities of sellers are not part of this game and are refused.
    """

    demand: float
    response: float
    sellers: tuple[Seller, ...]

    def __post_init__(self) -> None:
        positive("SupplyMarket", "demand", self.demand)
        positive("SupplyMarket", "response", self.response)
        if not self.sellers:
            raise InvalidValue("SupplyMarket: sellers is empty; name at least one")
        for seller in self.sellers:
            positive(f"SupplyMarket: seller {seller.name}", "slope", seller.slope)
            if seller.capacity is not None:
                raise InvalidValue(
                    f"SupplyMarket: seller {seller.name} has capacity={seller.capacity!r}; "
                    "straight supply functions know no capacity, use cournot instead"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyOutcome:
    """Slopes in MWh per USD/MWh, quantities in MWh, price in USD/MWh, profits in USD."""

    slopes: tuple[float, ...]
    quantities: tuple[float, ...]
    price: float
    profits: tuple[float, ...]
    rounds: int
    regret: float


def supply_functions(market: SupplyMarket, *, rounds: int = 10_000) -> SupplyOutcome:
    """Find the one equilibrium in straight supply functions by best responses in turn.

    Raises
    ------
    InvalidValue
        A seller's cost is above the price, so that his function would buy.
    SolverFailed
        Responses did not settle within `rounds`.
    """
    steep = np.array([seller.slope for seller in market.sellers])

    def answer(seller: int, slopes: Floats) -> float:
        left = market.response + float(slopes.sum() - slopes[seller])
        return left / (1.0 + float(steep[seller]) * left)

    path = best_responses(answer, 1.0 / steep, tolerance=1e-14, rounds=rounds)
    if not path.converged:
        raise SolverFailed(
            f"supply_functions: slopes still change by {path.change:g} after "
            f"{len(path.points) - 1} rounds; make costs or demand less flat"
        )
    return _outcome(market, path.last, len(path.points) - 1)


def _outcome(market: SupplyMarket, slopes: Floats, rounds: int) -> SupplyOutcome:
    costs = np.array([seller.cost for seller in market.sellers])
    price = float((market.demand + slopes @ costs) / (market.response + slopes.sum()))
    quantities = slopes * (price - costs)
    if quantities.min() < 0.0:
        worst = int(quantities.argmin())
        raise InvalidValue(
            f"supply_functions: seller {market.sellers[worst].name} has cost={costs[worst]:g} "
            f"above the price of {price:g}; leave that seller out"
        )

    def profit(player: int, amounts: Floats) -> float:
        """Profit with one's own amount, while the others keep their functions."""
        others = slopes @ costs - slopes[player] * costs[player]
        left = market.response + slopes.sum() - slopes[player]
        own, firm = float(amounts[player]), market.sellers[player]
        paid = float((market.demand + others - own) / left)
        return own * (paid - firm.cost - firm.slope * own / 2.0)

    return SupplyOutcome(
        slopes=tuple(slopes.tolist()),
        quantities=tuple(quantities.tolist()),
        price=price,
        profits=tuple(profit(i, quantities) for i in range(len(slopes))),
        rounds=rounds,
        regret=judge.continuous_regret(
            profit, quantities, np.zeros(len(slopes)), quantities * 3.0 + 1.0
        ),
    )
