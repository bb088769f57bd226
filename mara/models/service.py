"""How an interval's inference output meets the promises of the tiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mara.domain import Backlog, Site, SlaTier, Tick
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Service", "serve"]

_DUST_MTOK = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Work served, missed and carried over, with the money of the first two.

    Conservation: demand of the interval + backlog before = served + missed + `backlog`, in Mtok.
    """

    served_mtok: float
    missed_mtok: float
    income_usd: float
    penalty_usd: float
    backlog: tuple[Backlog, ...] = ()


def serve(
    site: Site, backlog: tuple[Backlog, ...], tick: Tick, *, hours: float, capacity_mtok: float
) -> Service:
    """Sell an output of `capacity_mtok` made over `hours`.

    Law: without tiers all output is sold at the token price. With them, the interval's demand is
    split by share and joins the backlog, due `longest_delay_min` after the interval's end; output
    goes to what is due first; all that is due by the interval's end counts as equal, and there the
    greatest price and penalty lead (firm work, then backlog that falls due). Served work earns price factor x token price of this
    interval; what is due by the interval's end and unserved is missed and costs its penalty.
    Without a token price nothing new is accepted, and what is served earns nothing.
    """
    if not site.tiers:
        return _sell_all(tick, capacity_mtok)
    token = tick.token_usd_per_mtok or 0.0
    end = tick.at + timedelta(hours=hours)
    tiers = {tier.name: tier for tier in site.tiers}
    served = missed = income = penalty = 0.0
    carried: list[Backlog] = []
    for item in _queue((*backlog, *_accepted(site, tick, hours)), tiers, tick, hours):
        done = min(item.mtok, capacity_mtok - served)
        left = item.mtok - done
        served += done
        income += done * tiers[item.tier].price_factor * token
        if item.due <= end:
            missed += left
            penalty += left * tiers[item.tier].penalty_usd_per_mtok
        elif left > _DUST_MTOK:
            carried.append(Backlog(tier=item.tier, due=item.due, mtok=left))
    return Service(
        served_mtok=served,
        missed_mtok=missed,
        income_usd=income,
        penalty_usd=penalty,
        backlog=tuple(carried),
    )


def _sell_all(tick: Tick, capacity_mtok: float) -> Service:
    price = tick.token_usd_per_mtok
    sold = 0.0 if price is None else capacity_mtok
    return Service(
        served_mtok=sold, missed_mtok=0.0, income_usd=sold * (price or 0.0), penalty_usd=0.0
    )


def _accepted(site: Site, tick: Tick, hours: float) -> Iterable[Backlog]:
    """Yield the new work of the interval, by tier."""
    if tick.token_usd_per_mtok is None:
        return
    demand = (tick.demand_mtok_per_h or 0.0) * hours
    end = tick.at + timedelta(hours=hours)
    for tier in site.tiers:
        if demand * tier.share > 0.0:
            due = end + timedelta(minutes=tier.longest_delay_min)
            yield Backlog(tier=tier.name, due=due, mtok=demand * tier.share)


def _queue(
    work: tuple[Backlog, ...], tiers: dict[str, SlaTier], tick: Tick, hours: float
) -> list[Backlog]:
    """Work in the order of service; what is due within the interval counts as due at its end."""
    end = tick.at + timedelta(hours=hours)
    for item in work:
        if item.tier not in tiers:
            raise InvalidValue(
                f"serve: backlog of tier {item.tier!r}, but the site has {sorted(tiers)}; "
                "settle the backlog before tiers change"
            )
    token = tick.token_usd_per_mtok or 0.0
    worth = {t.name: t.price_factor * token + t.penalty_usd_per_mtok for t in tiers.values()}
    return sorted(work, key=lambda item: (max(item.due, end), -worth[item.tier]))
