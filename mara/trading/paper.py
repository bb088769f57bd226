"""A market and a site on paper: orders fill at the feed's price, machines follow at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mara.domain import ClassUnits, Receipt, Setpoint, Side, Trade
from mara.units import money

if TYPE_CHECKING:
    from decimal import Decimal

    from mara.domain import Decision, Order, Site, Tick

__all__ = ["PaperVenue", "fill", "quote"]


def quote(side: Side, tick: Tick, spread_usd_per_mwh: float) -> Decimal:
    """Price at which the paper market trades now, in USD/MWh.

    Law: buy at price + spread, sell at price - spread; each rounded to the cent once.
    """
    spread = money(spread_usd_per_mwh)
    price = money(tick.energy_usd_per_mwh)
    return price + spread if side is Side.BUY else price - spread


def fill(order: Order, tick: Tick, spread_usd_per_mwh: float) -> Trade | None:
    """Fill the whole order at the quote, or None where its limit does not allow that.

    A trade is a swap of energy for delivery in one interval: no money moves now, and at delivery
    it pays signed MWh x (real-time price - fill price). The trade's id follows from the order's,
    so filling twice gives the same trade id.
    """
    price = quote(order.side, tick, spread_usd_per_mwh)
    limit = order.limit_usd_per_mwh
    if price > limit if order.side is Side.BUY else price < limit:
        return None
    return Trade(
        trade_id=f"trade:{order.order_id}",
        order_id=order.order_id,
        site_id=order.site_id,
        at=order.at,
        side=order.side,
        quantity_mwh=order.quantity_mwh,
        price_usd_per_mwh=price,
        delivery=order.delivery,
    )


class PaperVenue:
    """A site whose machines and battery do at once what a decision says.

    `in_force` is what they did when last seen; None for a site that has never run.
    """

    name = "paper"

    def __init__(self, in_force: Setpoint | None = None) -> None:
        self._in_force = in_force

    async def apply(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        """Carry `decision` out."""
        self._in_force = decision.setpoint
        return await self.read_back(site, decision, tick)

    async def read_back(self, site: Site, decision: Decision, tick: Tick) -> Receipt:
        """Read what is in force now."""
        return Receipt(
            decision_id=decision.decision_id,
            at=tick.at,
            setpoint=self._in_force or _all_off(site),
            venue=self.name,
        )


def _all_off(site: Site) -> Setpoint:
    return Setpoint(units=tuple(ClassUnits(name=m.name, units=0) for m in site.machines))
