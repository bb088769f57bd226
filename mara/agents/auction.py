"""Scarce power by auction: inference tiers and miners bid what power earns them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mara.domain import ClassUnits, MachineKind
from mara.games.mechanisms.divisible import PowerBid, divisible_vcg
from mara.models.strategies.allocation import allocate, firm_share, serving_units
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from collections.abc import Collection

    from mara.domain import MachineClass, Site, SiteState, SlaTier, Tick
    from mara.games.mechanisms.divisible import Grant

__all__ = ["auctioned_power", "vcg_allocation"]


def vcg_allocation(
    site: Site, state: SiteState, tick: Tick, allowed: Collection[str]
) -> tuple[ClassUnits, ...]:
    """Units of each class by a VCG auction of the connection, in place of the strike ladder.

    Every tier bids for the power that its new demand takes, at price factor x token price and, where
    it cannot wait, the penalty it saves; every allowed class of miners bids its strike price; the
    price of power is the reserve. Firm demand is served at any price, as everywhere. Where the site
    has no tiers, or power is paid for being used, the strike ladder decides.
    """
    servers = _servers(site, tick)
    if not site.tiers or not servers or tick.energy_usd_per_mwh < 0.0:
        return allocate(site, state, tick, allowed)
    grants = {grant.bid.bidder: grant for grant in auctioned_power(site, tick, allowed)}
    made = _mtok_per_mwh(site, servers)
    mtok = sum(grants[_tier(t)].mw * made for t in site.tiers if _tier(t) in grants)
    mtok = max(mtok, firm_share(site) * (tick.demand_mtok_per_h or 0.0))
    units = serving_units(site, servers, mtok)
    for machine in site.machines:
        if machine.name in grants:
            whole = math.floor(grants[machine.name].mw / machine.unit_mw + 1e-9)
            units[machine.name] = min(whole, site.available(machine.name))
    return tuple(ClassUnits(name=m.name, units=units.get(m.name, 0)) for m in site.machines)


def auctioned_power(site: Site, tick: Tick, allowed: Collection[str]) -> tuple[Grant, ...]:
    """Sell the connection's MW of the tick's interval to tiers and allowed miners."""
    bids = [*_tier_bids(site, tick), *_miner_bids(site, tick, allowed)]
    capacity = site.import_cap_mw(tick.at, tick.end)
    return divisible_vcg(bids, capacity, reserve_usd_per_mwh=tick.energy_usd_per_mwh)


def _tier(tier: SlaTier) -> str:
    return f"tier {tier.name}"


def _tier_bids(site: Site, tick: Tick) -> list[PowerBid]:
    """Bids of tiers for what servers can do, the dearest tier first."""
    servers = _servers(site, tick)
    if not servers:
        return []
    made = _mtok_per_mwh(site, servers)
    left = sum(site.available(m.name) * m.unit_mw for m in servers)
    token, demand = tick.token_usd_per_mtok or 0.0, tick.demand_mtok_per_h or 0.0
    worth = {t: _worth(t, token) for t in site.tiers}
    bids = []
    for tier in sorted(site.tiers, key=lambda t: -worth[t]):
        power = min(tier.share * demand / made, left)
        left -= power
        bids.append(PowerBid(bidder=_tier(tier), most_mw=power, usd_per_mwh=worth[tier] * made))
    return bids


def _worth(tier: SlaTier, token_usd_per_mtok: float) -> float:
    """USD a Mtok served now: its price, and the penalty saved where it cannot wait."""
    saved = tier.penalty_usd_per_mtok if tier.longest_delay_min == 0.0 else 0.0
    return tier.price_factor * token_usd_per_mtok + saved


def _miner_bids(site: Site, tick: Tick, allowed: Collection[str]) -> list[PowerBid]:
    return [
        PowerBid(
            bidder=strike.name,
            most_mw=site.available(strike.name) * site.machine(strike.name).unit_mw,
            usd_per_mwh=strike.usd_per_mwh,
        )
        for strike in strike_prices(site, tick)
        if strike.name in allowed and site.machine(strike.name).kind is MachineKind.MINER
    ]


def _servers(site: Site, tick: Tick) -> list[MachineClass]:
    """Classes that serve inference at a price and have units in service, dearest first."""
    ladder = [site.machine(s.name) for s in strike_prices(site, tick)]
    return [m for m in ladder if m.kind is MachineKind.INFERENCE and site.available(m.name)]


def _mtok_per_mwh(site: Site, servers: list[MachineClass]) -> float:
    """Give what a MWh makes on all servers together."""
    made = sum(site.available(m.name) * m.unit_mtok_per_h for m in servers)
    return made / sum(site.available(m.name) * m.unit_mw for m in servers)
