"""Best response: our site answers a learnt model of what its competitors supply.

Competitors offer a straight supply line ``p = a + b d`` over the demand d that the day brings; a and b
are learnt from yesterday's prices. Whoever draws x MW more moves the price by ``b x`` along that line,
so a MW is worth what it earns less the price and less what it makes all our other MW dearer:

- a class of strike price k runs where ``k >= p + b (x - x0) + b x``, x our draw with it, x0 the
  draw that stands in the price already;
- the battery gives ``q = (p - v / n_out - wear) / (2 b)`` MW where that is above zero, and takes
  ``q = (v n_in - p) / (2 b)``, v the median price of the day: the Cournot answer to a straight line.

Source: Klemperer and Meyer, Econometrica 57, 1989 (residual demand); Cournot 1838 (the answer).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import ClassUnits, Proposal, Setpoint, Site, SiteState, Tick
from mara.domain.checks import positive
from mara.models.strategies.allocation import allocate, one_interval_plan
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from mara.domain import Battery, Plan
    from mara.models.strategies.base import DecisionContext

__all__ = ["Allocator", "BestResponse", "SupplyLine", "learnt_line"]

Allocator = Callable[[Site, SiteState, Tick, Collection[str]], tuple[ClassUnits, ...]]
"""Turns the classes that may run into units: the strike ladder, or an auction."""

_DAY_MIN: Final = 24 * 60
_LOW, _HIGH = 0.1, 0.9
_LEAST_RISE: Final = 1e-3
"""USD/MWh per MW: a flat line would have the battery at full power for a cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLine:
    """Competitors' supply: the price rises by `rise` USD/MWh for each MW, `median` USD/MWh mid-day."""

    rise: float
    median: float


def learnt_line(prices: np.ndarray, market_mw: float) -> SupplyLine:
    """Learn the line from a day of prices, between their deciles, so that no spike tilts it.

    Law: rise = (90 % quantile - 10 % quantile) / (0.8 market_mw), demand taken as spread evenly over
    `market_mw`.
    """
    low, median, high = np.quantile(prices, (_LOW, 0.5, _HIGH))
    rise = float(high - low) / ((_HIGH - _LOW) * market_mw)
    return SupplyLine(rise=max(rise, _LEAST_RISE), median=float(median))


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponse:
    """Answers competitors on a market whose demand spreads over `market_mw` in a day.

    Keeps nothing from tick to tick: it learns anew from the day before, so equal contexts give equal
    proposals. `allocator` shares power among the classes that may run.
    """

    market_mw: float = 400.0
    allocator: Allocator = field(default=allocate)
    name: str = "best-response"

    def __post_init__(self) -> None:
        positive("BestResponse", "market_mw", self.market_mw)

    def propose(self, context: DecisionContext) -> Proposal:
        """Learn the line, and answer it for this interval."""
        site, state, tick = context.site, context.state, context.tick
        line = self._line(context)
        allowed = _worth_running(site, state, tick, line)
        units = self.allocator(site, state, tick, allowed)
        charge, discharge = _battery_answer(site.battery, tick.energy_usd_per_mwh, line)
        wanted = Setpoint(units=units, charge_mw=charge, discharge_mw=discharge)
        plan = one_interval_plan(context, wanted, method="best response to learnt supply")
        return Proposal(agent=self.name, plan=plan, reason=_reason(tick, line, plan))

    def _line(self, context: DecisionContext) -> SupplyLine:
        day = round(_DAY_MIN / context.history.minutes)
        prices = context.history.series("energy_usd_per_mwh")[-day:]
        known = prices[np.isfinite(prices)]
        return learnt_line(np.append(known, context.tick.energy_usd_per_mwh), self.market_mw)


def _worth_running(site: Site, state: SiteState, tick: Tick, line: SupplyLine) -> list[str]:
    """Classes that earn more than their power costs us, dearest first."""
    before = sum(c.units_on * site.machine(c.name).unit_mw for c in state.classes)
    drawn, allowed = 0.0, []
    for strike in strike_prices(site, tick):
        with_it = drawn + site.available(strike.name) * site.machine(strike.name).unit_mw
        cost = tick.energy_usd_per_mwh + line.rise * (2.0 * with_it - before)
        if strike.usd_per_mwh >= cost:
            allowed.append(strike.name)
            drawn = with_it
    return allowed


def _battery_answer(battery: Battery | None, price: float, line: SupplyLine) -> tuple[float, float]:
    """MW to charge and to discharge."""
    if battery is None:
        return 0.0, 0.0
    above = price - line.median / battery.discharge_efficiency - battery.wear_usd_per_mwh
    below = line.median * battery.charge_efficiency - price
    out, into = (min(max(gap / (2.0 * line.rise), 0.0), battery.power_mw) for gap in (above, below))
    return (into, 0.0) if below > above else (0.0, out)


def _reason(tick: Tick, line: SupplyLine, plan: Plan) -> str:
    return (
        f"power at {tick.energy_usd_per_mwh:,.2f} USD/MWh, {line.median:,.2f} in the middle of the "
        f"last day; competitors' supply rises by {line.rise:.3f} USD/MWh a MW; battery "
        f"{_battery(plan.charge_mw[0], plan.discharge_mw[0])}"
    )


def _battery(charge_mw: float, discharge_mw: float) -> str:
    if charge_mw > 0.0:
        return f"charges {charge_mw:.2f} MW"
    return f"discharges {discharge_mw:.2f} MW" if discharge_mw > 0.0 else "rests"
