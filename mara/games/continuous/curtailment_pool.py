"""Bidding of curtailment into a demand-response pool.

The grid needs D MWh curtailed. Site i bids b_i and curtails ``q_i = b_i p``; the price that gives
``sum q_i = D`` is ``p = D / sum b``. Against the others' bids B a site that curtails q is paid
``(D - q) / B`` a MWh, so that in equilibrium ``C_i'(q_i) (1 + q_i / (D - 2 q_i)) = p`` for every
site inside its bounds, with q_i < D / 2: three sites at least. The left side rises with q_i, so
one price clears the pool; as the sites grow many it falls to the competitive one, ``C_i' = p``.

Source: Chen, Li, Low and Doyle, Two market models for demand response in power networks, IEEE
SmartGridComm 2010, theorem 4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from mara.domain.checks import positive
from mara.errors import InvalidValue
from mara.games import judge
from mara.games.continuous.cournot import Seller

if TYPE_CHECKING:
    from mara.games.continuous.variational import Floats

__all__ = ["CurtailmentPool", "PoolOutcome", "pool_equilibrium"]

Supply = Callable[[Seller, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurtailmentPool:
    """MWh of curtailment wanted, and sites; a site's cost is what it forgoes by curtailing."""

    wanted: float
    sites: tuple[Seller, ...]

    def __post_init__(self) -> None:
        positive("CurtailmentPool", "wanted", self.wanted)
        if len(self.sites) < 3:
            raise InvalidValue(
                f"CurtailmentPool: {len(self.sites)} sites; with fewer than 3 no price is an "
                "equilibrium, for one site could ask any"
            )
        for site in self.sites:
            if site.cost < 0.0 or site.cost + site.slope <= 0.0:
                raise InvalidValue(
                    f"CurtailmentPool: site {site.name} has cost={site.cost!r} and "
                    f"slope={site.slope!r}; curtailing must cost something"
                )
        for odd, rest in ((site, [s for s in self.sites if s is not site]) for site in self.sites):
            if sum(self.most(s) for s in rest) <= self.wanted:
                raise InvalidValue(
                    f"CurtailmentPool: without site {odd.name} the others cannot curtail the "
                    f"{self.wanted:g} MWh wanted, so it could ask any price"
                )

    def most(self, site: Seller) -> float:
        """Largest amount that a site can curtail."""
        return self.wanted if site.capacity is None else site.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOutcome:
    """MWh curtailed and bids by site, the price, and beside it the competitive price, USD/MWh.

    `efficiency` is the least cost of the amount wanted over what it costs here.
    """

    curtailed: tuple[float, ...]
    bids: tuple[float, ...]
    price: float
    profits: tuple[float, ...]
    competitive_price: float
    efficiency: float
    regret: float


def pool_equilibrium(pool: CurtailmentPool) -> PoolOutcome:
    """Find the one equilibrium of bids, and the competitive outcome beside it."""
    price = _clearing(pool, lambda site, p: _strategic(pool, site, p))
    amounts = np.array([_strategic(pool, site, price) for site in pool.sites])
    fair = _clearing(pool, lambda site, p: _competitive(pool, site, p))
    honest = _shared(pool, fair)
    bids = amounts / price

    def profit(player: int, moved: Floats) -> float:
        """Profit of another amount, while the others keep their bids."""
        own = float(moved[player])
        paid = (pool.wanted - own) / float(bids.sum() - bids[player])
        return own * paid - _cost(pool.sites[player], own)

    most = [min(pool.most(site), pool.wanted) for site in pool.sites]
    return PoolOutcome(
        curtailed=tuple(amounts.tolist()),
        bids=tuple(bids.tolist()),
        price=price,
        profits=tuple(profit(i, amounts) for i in range(len(bids))),
        competitive_price=fair,
        efficiency=_total(pool, honest) / _total(pool, amounts),
        regret=judge.continuous_regret(profit, amounts, np.zeros(len(bids)), most),
    )


def _clearing(pool: CurtailmentPool, supply: Supply) -> float:
    """Price at which all sites together curtail what is wanted."""

    def short(price: float) -> float:
        return sum(supply(site, price) for site in pool.sites) - pool.wanted

    high = 1.0
    while short(high) < 0.0:
        high *= 2.0
    return float(brentq(short, 0.0, high, xtol=1e-14 * high, rtol=1e-15))


def _strategic(pool: CurtailmentPool, site: Seller, price: float) -> float:
    """Root q of ``(c + d q)(D - q) = p (D - 2 q)`` below D / 2, within the site's bounds."""
    c, d, wanted = site.cost, site.slope, pool.wanted
    linear = d * wanted - c + 2.0 * price
    constant = (c - price) * wanted
    if constant >= 0.0:
        return 0.0
    root = -2.0 * constant / (linear + np.sqrt(linear**2 + 4.0 * d * constant))
    return min(float(root), pool.most(site))


def _competitive(pool: CurtailmentPool, site: Seller, price: float) -> float:
    if price <= site.cost:
        return 0.0
    most = pool.most(site)
    return most if site.slope <= 0.0 else min((price - site.cost) / site.slope, most)


def _shared(pool: CurtailmentPool, price: float) -> Floats:
    """Competitive amounts; sites of flat cost at the margin share what is left."""
    below = np.array([_competitive(pool, site, price * (1.0 - 1e-12)) for site in pool.sites])
    above = np.array([_competitive(pool, site, price * (1.0 + 1e-12)) for site in pool.sites])
    room = above - below
    left = pool.wanted - below.sum()
    return np.asarray(below + room * (left / room.sum() if room.sum() > 0.0 else 0.0))


def _cost(site: Seller, amount: float) -> float:
    return site.cost * amount + site.slope * amount**2 / 2.0


def _total(pool: CurtailmentPool, amounts: Floats) -> float:
    return sum(_cost(site, float(q)) for site, q in zip(pool.sites, amounts, strict=True))
