"""Energy games posed on the site's own numbers, with neighbours on the same feeder.

What no feed tells (neighbours, slopes of demand, charges) is assumed, said so in the words, and
can be edited in the tab.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from mara.agents.snapshot import Snapshot
from mara.domain import MachineKind
from mara.games.cooperative.site_player import energy_site_of
from mara.models.strike import strike_prices
from mara.services.games import Preset, as_text
from mara.services.games_neighbours import ASSUMED, feeder_of, hourly

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mara.games.cooperative.energy import EnergySite
    from mara.services.games_neighbours import Feeder, Neighbour

__all__ = ["COOPERATIVE_POSES", "NASH_POSES", "STACKELBERG_POSES", "VCG_POSES", "Pose"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A way to pose a game; `least` neighbours, and whether their number may be `chosen`."""

    make: Callable[[Snapshot, int], Preset]
    least: int = 1
    chosen: bool = True


_DAY_H: Final = 24
_EVENING_H: Final = 6
_DELIVERY_USD_PER_MWH: Final = 8.0
_SPREAD_USD_PER_MWH: Final = 2.0
_PEAK_USD_PER_MW: Final = 150.0
_LEVELS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_SOURCE: Final = "Site's machines, battery, prices and forecasts of this moment. " + ASSUMED


def _cooperation(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    prices = hourly(snapshot, "energy_usd_per_mwh", _DAY_H)
    demand = hourly(snapshot, "demand_mtok_per_h", _DAY_H)
    strikes = {s.name: s.usd_per_mwh for s in strike_prices(feeder.site, feeder.tick)}
    servers = [m for m in feeder.site.machines if m.kind is MachineKind.INFERENCE]
    served = any(m.name in strikes and feeder.site.available(m.name) for m in servers)
    own = energy_site_of(
        feeder.site,
        strike_usd_per_mwh=strikes,
        demand_mtok_per_h=demand if served else (0.0,) * _DAY_H,
    )
    record = {
        "hours": 1.0,
        "import_usd_per_mwh": [round(p + _DELIVERY_USD_PER_MWH, 4) for p in prices],
        "export_usd_per_mwh": [round(p - _SPREAD_USD_PER_MWH, 4) for p in prices],
        "peak_usd_per_mw": _PEAK_USD_PER_MW,
        "sites": [_energy_record(own, one) for one in feeder.all()],
    }
    return Preset(
        document=as_text(record),
        words=(
            f"{len(feeder.all())} sites behind one connection plan the next 24 hours: apart, or "
            "together with one connection, battery, common peak and shared servers. The worth of a "
            "coalition is its best joint dispatch, a linear programme for each. Power is bought at "
            f"the forecast price plus {_DELIVERY_USD_PER_MWH:g} USD/MWh for delivery, sold at "
            f"{_SPREAD_USD_PER_MWH:g} below it; the highest import costs {_PEAK_USD_PER_MW:g} "
            "USD/MW (charges assumed)."
        ),
        source=_SOURCE,
    )


def _energy_record(own: EnergySite, one: Neighbour) -> dict[str, Any]:
    work = own.work_mw[-one.later_h :] + own.work_mw[: -one.later_h] if one.later_h else own.work_mw
    battery = own.battery
    return {
        "name": one.name,
        "import_limit_mw": round(own.import_limit_mw * one.size, 3),
        "export_limit_mw": round(own.export_limit_mw * one.size, 3),
        "blocks": [
            [round(b.power_mw * one.size, 3), round(b.usd_per_mwh * one.strike, 3)]
            for b in own.blocks
        ],
        "compute_mw": round(own.compute_mw * one.size * 0.75 ** bool(one.later_h), 3),
        "work_mw": [round(w * one.size, 4) for w in work],
        "work_usd_per_mwh": round(own.work_usd_per_mwh, 3),
        "battery": None
        if battery is None or one.battery <= 0.0
        else {
            "energy_mwh": round(battery.energy_mwh * one.battery, 3),
            "power_mw": round(battery.power_mw * one.battery, 3),
            "wear_usd_per_mwh": battery.wear_usd_per_mwh,
        },
    }


def _curtailing_costs(feeder: Feeder) -> list[float]:
    """Give what a MWh not drawn forgoes: the break-even price less the price of power, not below 0."""
    return [
        round(max(feeder.strike_of(one) - feeder.price_usd_per_mwh, 0.0), 2) for one in feeder.all()
    ]


def _demand_for_relief(feeder: Feeder) -> tuple[float, float]:
    """Intercept and slope of what the grid pays for curtailment: twice the dearest cost at none."""
    top = round(2.0 * max(*_curtailing_costs(feeder), 10.0), 2)
    return top, round(top / (2.0 * feeder.flexible_mw), 4)


def _leading(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    a, b = _demand_for_relief(feeder)
    costs = [{"cost": c} for c in _curtailing_costs(feeder)]
    return Preset(
        document=as_text(
            {"demand": {"a": a, "b": b}, "leaders": costs[:1], "followers": costs[1:]}
        ),
        words=(
            "The grid buys curtailment for the next hour. This site offers first, its neighbours "
            "see it and answer. A MWh curtailed forgoes the miners' break-even price "
            f"({feeder.strike_usd_per_mwh:,.2f} USD/MWh here) and saves the price of power "
            f"({feeder.price_usd_per_mwh:,.2f}). The grid's price falls as more is offered "
            f"(assumed: {a:g} - {b:g} Q)."
        ),
        source=_SOURCE,
    )


def _tariff(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    prices = hourly(snapshot, "energy_usd_per_mwh", _EVENING_H)
    top = round(1.5 * max(*prices, feeder.strike_usd_per_mwh), 2)
    record = {
        "wholesale_usd_per_mwh": list(prices),
        "low_usd_per_mwh": min(0.0, *prices),
        "high_usd_per_mwh": top,
        "tariff_sites": [
            {
                "name": one.name,
                "need_mwh": round(4.0 * feeder.flexible_of(one), 2),
                "most_mwh": feeder.flexible_of(one),
                "own_usd_per_mwh": feeder.strike_of(one),
            }
            for one in feeder.all()
        ],
    }
    return Preset(
        document=as_text(record),
        words=(
            f"The utility of this feeder buys at the forecast prices of the next {_EVENING_H} "
            "hours and sets its own for each. Each site's miners want four hours of power, "
            "whenever it is cheapest, and stop where it costs more than they earn."
        ),
        source=_SOURCE,
    )


def _rush(snapshot: Snapshot, neighbours: int) -> Preset:
    del neighbours
    feeder = feeder_of(snapshot, 1)
    price = feeder.price_usd_per_mwh
    rise = round(max(feeder.strike_usd_per_mwh, abs(price)) / feeder.flexible_mw, 4)
    ours, theirs = feeder.all()
    names = [f"{share:.0%}" for share in _LEVELS]
    power = [[share * feeder.flexible_of(one) for share in _LEVELS] for one in (ours, theirs)]
    tables = [
        [
            [
                round(own * (feeder.strike_of(one) - price - rise * (x + y)), 2)
                for y in power[1]
                for own in [(x, y)[seat]]
            ]
            for x in power[0]
        ]
        for seat, one in enumerate((ours, theirs))
    ]
    return Preset(
        document=as_text(
            {
                "title": "How much to run at the peak",
                "players": [ours.name, theirs.name],
                "strategies": [names, names],
                "payoffs": tables,
            }
        ),
        words=(
            "Two sites on one feeder choose which share of their miners runs in the coming hour. "
            f"Power costs {price:,.2f} USD/MWh now and {rise:g} more for each MW that the two draw "
            "together (rise assumed); what is earned is the break-even price less that. Payoffs "
            "are USD for the hour."
        ),
        source=_SOURCE,
    )


def _sellers(feeder: Feeder, **more: float) -> list[dict[str, Any]]:
    rows = zip(feeder.all(), _curtailing_costs(feeder), strict=True)
    return [
        {"name": one.name, "cost": cost, "capacity": feeder.flexible_of(one), **more}
        for one, cost in rows
    ]


def _quantities(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    a, b = _demand_for_relief(feeder)
    return Preset(
        document=as_text({"a": a, "b": b, "sellers": _sellers(feeder, slope=0.5)}),
        words=(
            "All sites offer curtailment for the next hour at once; one price clears the market, "
            f"{a:g} - {b:g} Q USD/MWh (assumed). Each site's cost is what its miners would have "
            "earned above the price of power, rising by 0.5 USD/MWh for each MWh (assumed)."
        ),
        source=_SOURCE,
    )


def _supply(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    sellers = _sellers(feeder, slope=2.0)
    low = min(seller["cost"] for seller in sellers)
    rows = [
        {key: value for key, value in seller.items() if key != "capacity"} | {"cost": low}
        for seller in sellers
    ]
    return Preset(
        document=as_text(
            {"demand": round(feeder.flexible_mw, 2), "response": 0.1, "supply_sellers": rows}
        ),
        words=(
            f"Sites bid straight lines: how much they curtail at each price. The grid wants "
            f"{feeder.flexible_mw:,.1f} MWh, and 0.1 less for each USD/MWh (assumed). All begin at "
            f"the cheapest site's cost, {low:g} USD/MWh, and rise by 2 for each MWh (assumed)."
        ),
        source=_SOURCE,
    )


def _pool(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    wanted = round(0.4 * feeder.flexible_mw, 2)
    rows = [row | {"cost": max(row["cost"], 1.0), "slope": 1.0} for row in _sellers(feeder)]
    return Preset(
        document=as_text({"wanted": wanted, "curtailers": rows}),
        words=(
            f"A demand-response pool needs {wanted:g} MWh curtailed in the next hour (assumed: "
            "40 % of this site's miners). Each site bids how much it gives per USD/MWh; the "
            "price makes the bids meet the need."
        ),
        source=_SOURCE,
    )


def _congestion(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    prices = hourly(snapshot, "energy_usd_per_mwh", _EVENING_H)
    rise = round(0.5 * max(abs(feeder.price_usd_per_mwh), 10.0) / feeder.flexible_mw, 4)
    return Preset(
        document=as_text(
            {
                "alpha": list(prices),
                "beta": [rise] * _EVENING_H,
                "base": [0.0] * _EVENING_H,
                "draws": [
                    {
                        "name": one.name,
                        "energy": round(3.0 * feeder.flexible_of(one), 2),
                        "limit": feeder.flexible_of(one),
                    }
                    for one in feeder.all()
                ],
            }
        ),
        words=(
            f"Each site's miners want three hours of power within the next {_EVENING_H}. A MWh "
            f"costs the forecast price and {rise:g} more for each MWh that all draw in the hour "
            "(assumed): where all run at once, all pay."
        ),
        source=_SOURCE,
    )


def _scarce_power(snapshot: Snapshot, neighbours: int) -> Preset:
    del neighbours
    feeder = feeder_of(snapshot, 0)
    site, tick = feeder.site, feeder.tick
    servers = [
        m for m in site.machines if m.kind is MachineKind.INFERENCE and site.available(m.name)
    ]
    made = sum(site.available(m.name) * m.unit_mtok_per_h for m in servers)
    drawn = sum(site.available(m.name) * m.unit_mw for m in servers)
    token, demand = tick.token_usd_per_mtok or 0.0, tick.demand_mtok_per_h or 0.0
    bids = []
    for tier in site.tiers if made > 0.0 else ():
        mtok = tier.share * demand
        worth = tier.price_factor * token + tier.penalty_usd_per_mtok
        bids += _halves(tier.name, mtok * drawn / made, mtok * worth)
    for strike in strike_prices(site, tick):
        machine = site.machine(strike.name)
        if machine.kind is MachineKind.MINER:
            power = site.available(strike.name) * machine.unit_mw
            bids += _halves(strike.name, power, power * strike.usd_per_mwh)
    capacity = round(0.3 * site.import_limit_mw, 2)
    return Preset(
        document=as_text({"items": {"MW": capacity}, "bids": bids}),
        words=(
            f"The grid leaves this site {capacity:g} MW for an hour (assumed: 30 % of its "
            "connection). Inference tiers bid what their demand earns at the token price and saves "
            "in penalties, miners what they earn; each asks for all it can use or for half."
        ),
        source="Site's machines, tiers and prices of this moment. Assumed: the MW left",
    )


def _halves(bidder: str, power_mw: float, usd: float) -> list[dict[str, Any]]:
    return [
        {
            "bidder": bidder,
            "bundle": {"MW": round(power_mw * share, 3)},
            "value": round(usd * share, 2),
        }
        for share in (1.0, 0.5)
        if round(power_mw * share, 3) > 0.0
    ]


def _exchange(snapshot: Snapshot, neighbours: int) -> Preset:
    feeder = feeder_of(snapshot, neighbours)
    offers: list[dict[str, Any]] = []
    for place, one in enumerate(feeder.all()):
        seller = place % 2 == 1
        price = feeder.price_usd_per_mwh if seller else feeder.strike_of(one)
        offers.append(
            {
                "name": one.name,
                "role": "seller" if seller else "buyer",
                "quantity_mwh": feeder.flexible_of(one),
                "usd_per_mwh": round(price * one.strike if seller else price, 2),
            }
        )
    return Preset(
        document=as_text({"offers": offers}),
        words=(
            "Sites on the feeder trade power for the next hour among themselves. Buyers bid "
            "their miners' break-even prices; sellers ask around the market's price (assumed: "
            "which site sells, and its asking price)."
        ),
        source=_SOURCE,
    )


COOPERATIVE_POSES: Final[Mapping[str, Pose]] = MappingProxyType(
    {"This site and its neighbours": Pose(make=_cooperation)}
)
STACKELBERG_POSES: Final[Mapping[str, Pose]] = MappingProxyType(
    {
        "This site leads its neighbours": Pose(make=_leading),
        "A utility sets prices for this feeder": Pose(make=_tariff),
    }
)
NASH_POSES: Final[Mapping[str, Pose]] = MappingProxyType(
    {
        "This site and a neighbour at the peak": Pose(make=_rush, chosen=False),
        "Sites sell curtailment (Cournot)": Pose(make=_quantities),
        "Sites bid supply functions": Pose(make=_supply),
        "Demand-response pool": Pose(make=_pool, least=2),
        "Congestion on the feeder": Pose(make=_congestion),
    }
)
VCG_POSES: Final[Mapping[str, Pose]] = MappingProxyType(
    {
        "Scarce power among tiers and miners": Pose(make=_scarce_power, chosen=False),
        "Sites trade on the feeder": Pose(make=_exchange, least=2),
    }
)
