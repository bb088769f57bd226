"""Cournot competition: sites choose quantities, one price clears the market.

Price ``P = a - b Q``; site i has cost ``c_i q + d_i q^2 / 2`` and capacity k_i. Its marginal profit
``a - b Q - c_i - (b + d_i) q_i`` vanishes inside its bounds, so that
``q_i = clip((a - c_i - b Q) / (b + d_i), 0, k_i)`` with Q the one root of ``sum q_i(Q) = Q``.
With equal constant costs ``q = (a - c) / (b (n + 1))``.

Source: Vives, Oligopoly Pricing, 1999, chapter 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from mara.domain.checks import finite, non_negative, positive
from mara.errors import InvalidValue
from mara.games import judge
from mara.games.continuous.best_response import ResponsePath, best_responses
from mara.games.continuous.conditions import Conditions, conditions_of
from mara.games.continuous.variational import VariationalProblem, onto_box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mara.games.continuous.variational import Floats

__all__ = ["CournotMarket", "CournotOutcome", "Seller", "cournot", "cournot_path"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """Cost ``cost q + slope q^2 / 2`` in USD for q MWh, up to `capacity` MWh."""

    name: str
    cost: float
    slope: float = 0.0
    capacity: float | None = None

    def __post_init__(self) -> None:
        finite(f"Seller {self.name}", "cost", self.cost)
        non_negative(f"Seller {self.name}", "slope", self.slope)
        if self.capacity is not None:
            positive(f"Seller {self.name}", "capacity", self.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class CournotMarket:
    """Inverse demand ``a - b Q`` in USD/MWh for Q MWh, and who sells."""

    a: float
    b: float
    sellers: tuple[Seller, ...]

    def __post_init__(self) -> None:
        finite("CournotMarket", "a", self.a)
        positive("CournotMarket", "b", self.b)
        if not self.sellers:
            raise InvalidValue("CournotMarket: sellers is empty; name at least one")

    @property
    def capacities(self) -> Floats:
        """Bounds of all quantities; without one, what the market takes at the seller's cost."""
        room = [max((self.a - s.cost) / self.b, 0.0) for s in self.sellers]
        given = [np.inf if s.capacity is None else s.capacity for s in self.sellers]
        return np.minimum(room, given)

    def price(self, quantities: Floats) -> float:
        """Price at which all quantities are sold."""
        return float(self.a - self.b * quantities.sum())

    def profit(self, seller: int, quantities: Floats) -> float:
        """Profit of one seller in USD."""
        own, firm = float(quantities[seller]), self.sellers[seller]
        return own * (self.price(quantities) - firm.cost - firm.slope * own / 2.0)

    def response(self, seller: int, quantities: Floats) -> float:
        """Best quantity of one seller while the others keep theirs."""
        firm = self.sellers[seller]
        others = float(quantities.sum() - quantities[seller])
        best = (self.a - firm.cost - self.b * others) / (2.0 * self.b + firm.slope)
        return float(np.clip(best, 0.0, self.capacities[seller]))

    def conditions(self) -> Conditions:
        """Uniqueness and convergence; profits are quadratic, so this is a proof."""
        slopes = np.array([firm.slope for firm in self.sellers])
        return conditions_of(-self.b * (np.ones((len(slopes),) * 2)) - np.diag(self.b + slopes))

    def variational(self) -> VariationalProblem:
        """Pose the game as a variational inequality over the box of capacities."""
        costs = np.array([firm.cost for firm in self.sellers])
        slopes = np.array([firm.slope for firm in self.sellers])

        def marginal(q: Floats) -> Floats:
            return np.asarray(costs + (self.b + slopes) * q - self.a + self.b * q.sum())

        return VariationalProblem(
            marginal=marginal, project=onto_box(np.zeros(len(costs)), self.capacities)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CournotOutcome:
    """Quantities in MWh, price in USD/MWh, profits in USD, and the judge's regret in USD."""

    quantities: tuple[float, ...]
    price: float
    profits: tuple[float, ...]
    conditions: Conditions
    regret: float


def cournot(market: CournotMarket) -> CournotOutcome:
    """Find the one equilibrium as the root of total supply less total quantity."""
    capacities = market.capacities
    total = _root(market, capacities)
    quantities = _supplied(market, capacities, total)
    return CournotOutcome(
        quantities=tuple(quantities.tolist()),
        price=market.price(quantities),
        profits=tuple(market.profit(i, quantities) for i in range(len(capacities))),
        conditions=market.conditions(),
        regret=judge.continuous_regret(
            market.profit, quantities, np.zeros(len(capacities)), capacities
        ),
    )


def cournot_path(
    market: CournotMarket, start: Sequence[float] | None = None, *, rounds: int = 10_000
) -> ResponsePath:
    """Best responses in turn, from nothing sold unless a start is given."""
    begin = np.zeros(len(market.sellers)) if start is None else start
    return best_responses(market.response, begin, rounds=rounds)


def _root(market: CournotMarket, capacities: Floats) -> float:
    def excess(total: float) -> float:
        return float(_supplied(market, capacities, total).sum() - total)

    most = float(capacities.sum())
    return 0.0 if most <= 0.0 else float(brentq(excess, 0.0, most, xtol=1e-13 * most, rtol=1e-15))


def _supplied(market: CournotMarket, capacities: Floats, total: float) -> Floats:
    wanted = [
        (market.a - firm.cost - market.b * total) / (market.b + firm.slope)
        for firm in market.sellers
    ]
    return np.clip(wanted, 0.0, capacities)
