"""The strike ladder: up to which price of power each machine class earns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mara.domain.checks import finite, named
from mara.units import hash_usd_per_h

if TYPE_CHECKING:
    from mara.domain import MachineClass, Site, Tick

__all__ = ["StrikePrice", "strike_price", "strike_prices"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikePrice:
    """Break-even price of power of the machine class called `name`."""

    name: str
    usd_per_mwh: float

    def __post_init__(self) -> None:
        named("StrikePrice", "name", self.name)
        finite(f"StrikePrice {self.name}", "usd_per_mwh", self.usd_per_mwh)


def strike_prices(site: Site, tick: Tick) -> tuple[StrikePrice, ...]:
    """Strike price of every class that has a price, highest first: the strike ladder.

    Classes of equal strike keep the site's order.
    """
    found = [(m.name, strike_price(site, m, tick)) for m in site.machines]
    ladder = [StrikePrice(name=n, usd_per_mwh=s) for n, s in found if s is not None]
    return tuple(sorted(ladder, key=lambda strike: -strike.usd_per_mwh))


def strike_price(site: Site, machine: MachineClass, tick: Tick) -> float | None:
    """Break-even price of power of one class, in USD/MWh; None where its output has no price.

    Law: strike = revenue an hour of a running unit / its power with cooling. Output of inference
    is valued at the token price times the mean price factor of the tiers, weighted by share.
    """
    revenue = _revenue_usd_per_h(site, machine, tick)
    return None if revenue is None else revenue / machine.unit_mw


def _revenue_usd_per_h(site: Site, machine: MachineClass, tick: Tick) -> float | None:
    if machine.hashrate_th_s is not None:
        price = tick.hash_usd_per_ph_day
        return None if price is None else hash_usd_per_h(machine.hashrate_th_s, price)
    token = tick.token_usd_per_mtok
    return None if token is None else machine.unit_mtok_per_h * token * _price_factor(site)


def _price_factor(site: Site) -> float:
    """Mean price factor of the tiers; one where all output is sold at the token price."""
    if not site.tiers:
        return 1.0
    return sum(tier.share * tier.price_factor for tier in site.tiers)
