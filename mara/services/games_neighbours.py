"""The site's own numbers, and neighbours on its feeder assumed in proportion to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import MachineKind, Site, Tick
from mara.errors import RefusedError
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot

__all__ = ["ASSUMED", "MOST_NEIGHBOURS", "Feeder", "Neighbour", "feeder_of", "hourly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A site like ours in other proportions; `later_h` is how much later its demand peaks."""

    name: str
    size: float
    strike: float
    later_h: int
    battery: float


_NEIGHBOURS: Final = (
    Neighbour(name="Neighbour A", size=0.6, strike=0.85, later_h=6, battery=0.0),
    Neighbour(name="Neighbour B", size=0.4, strike=1.15, later_h=14, battery=0.8),
    Neighbour(name="Neighbour C", size=0.8, strike=0.7, later_h=10, battery=0.0),
    Neighbour(name="Neighbour D", size=0.3, strike=1.3, later_h=18, battery=0.5),
    Neighbour(name="Neighbour E", size=0.5, strike=0.95, later_h=3, battery=0.0),
    Neighbour(name="Neighbour F", size=0.7, strike=1.05, later_h=21, battery=0.3),
    Neighbour(name="Neighbour G", size=0.2, strike=0.6, later_h=8, battery=0.0),
)

MOST_NEIGHBOURS: Final = len(_NEIGHBOURS)
"""Neighbours that can be assumed beside the site."""

ASSUMED: Final = (
    "Assumed: neighbours are like this site in other proportions (A 60 %, B 40 %, C 80 % of its "
    "size, break-even prices 85, 115 and 70 % of its own, demand 6, 14 and 10 h later, ...)"
)
"""What a person must know of neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeder:
    """Our site as it stands, and the neighbours beside it.

    `flexible_mw` is the power of all miners in service, `strike_usd_per_mwh` their break-even
    price weighted by power, `price_usd_per_mwh` the price of power now.
    """

    site: Site
    tick: Tick
    flexible_mw: float
    strike_usd_per_mwh: float
    neighbours: tuple[Neighbour, ...]

    @property
    def price_usd_per_mwh(self) -> float:
        """Price of power now."""
        return self.tick.energy_usd_per_mwh

    def all(self) -> tuple[Neighbour, ...]:
        """Our site as one of them, then the neighbours."""
        own = Neighbour(name=self.site.site_id, size=1.0, strike=1.0, later_h=0, battery=1.0)
        return (own, *self.neighbours)

    def strike_of(self, one: Neighbour) -> float:
        """Break-even price of one's miners, USD/MWh."""
        return round(self.strike_usd_per_mwh * one.strike, 2)

    def flexible_of(self, one: Neighbour) -> float:
        """Power of one's miners, MW."""
        return round(self.flexible_mw * one.size, 2)


def feeder_of(snapshot: Snapshot, neighbours: int = 2) -> Feeder:
    """Read the site's numbers now.

    Raises
    ------
    RefusedError
        There is no tick yet, or no miner with a price.
    """
    site, tick = snapshot.site, snapshot.market.tick
    if tick is None:
        raise RefusedError("no tick was read yet; try again in a moment", rule="running")
    miners = {m.name for m in site.machines if m.kind is MachineKind.MINER}
    strikes = [s for s in strike_prices(site, tick) if s.name in miners]
    power = [site.available(s.name) * site.machine(s.name).unit_mw for s in strikes]
    total = sum(power)
    if total <= 0.0:
        raise RefusedError(
            "no miner in service has a price, so there is nothing to bargain over; put units back "
            "into service or choose a published game",
            rule="machines",
        )
    value = sum(s.usd_per_mwh * mw for s, mw in zip(strikes, power, strict=True))
    return Feeder(
        site=site,
        tick=tick,
        flexible_mw=min(total, site.import_limit_mw),
        strike_usd_per_mwh=value / total,
        neighbours=_NEIGHBOURS[:neighbours],
    )


def hourly(snapshot: Snapshot, figure: str, hours: int) -> tuple[float, ...]:
    """Means by hour of what is forecast of a figure; the figure now where nothing is."""
    forecast = next((f for f in snapshot.market.forecasts if f.target == figure), None)
    tick = snapshot.market.tick
    now = 0.0 if tick is None else (tick.figure(figure) or 0.0)
    per_hour = max(round(60.0 / snapshot.market.history.minutes), 1)
    values = np.array([] if forecast is None else forecast.mean[: hours * per_hour])
    means = (
        [
            float(v.mean())
            for v in np.split(values[: len(values) // per_hour * per_hour], len(values) // per_hour)
        ]
        if len(values) >= per_hour
        else []
    )
    return tuple(round(v, 4) for v in [*means, *[now] * (hours - len(means))][:hours])
