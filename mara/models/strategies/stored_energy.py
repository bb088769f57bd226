"""What strategies of stored energy share: the known days, the steps, the set point, the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.domain import ClassUnits, Proposal, Setpoint
from mara.models.storage.known_days import DayCurve, day_curves
from mara.models.storage.marginal import middles, target
from mara.models.storage.unit import Floats, StorageUnit
from mara.models.strategies.allocation import allocate, one_interval_plan
from mara.models.strike import strike_prices

if TYPE_CHECKING:
    from mara.domain import KnownSeries
    from mara.models.strategies.base import DecisionContext

__all__ = ["DAY_AHEAD", "DayBook", "Market", "proposal_for", "rest"]

DAY_AHEAD: Final = "exog_day_ahead"
"""Name of the known series that these strategies read: the day-ahead price, USD/MWh."""

_DAYS_BEFORE: Final = 6
"""Days before today whose curves tell how tomorrow may begin."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """The day at hand and the days before it; `step` is the place of the tick in `today`.

    `prices` and `curve` are those of the last day's ticks and this one, oldest first.
    """

    today: DayCurve
    before: tuple[DayCurve, ...]
    step: int
    prices: Floats
    curve: Floats


class DayBook:
    """Finds the day of a tick; the days of a series that has not changed are cut once."""

    def __init__(self) -> None:
        self._cut: tuple[KnownSeries, float, tuple[DayCurve, ...]] | None = None

    def market(self, context: DecisionContext) -> Market | None:
        """Find the day of the tick among the known days; None where it is not known whole."""
        series = context.series(DAY_AHEAD)
        if series is None:
            return None
        days = self._days(series, context.tick.minutes)
        at = int(context.tick.at.timestamp())
        held = [i for i, day in enumerate(days) if day.epoch_s[0] <= at <= day.epoch_s[-1]]
        if not held:
            return None
        today, before = days[held[0]], days[max(held[0] - _DAYS_BEFORE, 0) : held[0]]
        prices, curve = _lately(context, (*before[-1:], today))
        step = int(np.searchsorted(today.epoch_s, at))
        return Market(today=today, before=before, step=step, prices=prices, curve=curve)

    def _days(self, series: KnownSeries, minutes: float) -> tuple[DayCurve, ...]:
        if self._cut is None or minutes != self._cut[1] or not _equal(series, self._cut[0]):
            self._cut = (series, minutes, day_curves(series, minutes))
        return self._cut[2]


def _equal(one: KnownSeries, other: KnownSeries) -> bool:
    same = one.tz == other.tz and np.array_equal(one.epoch_s, other.epoch_s)
    return same and np.array_equal(one.values, other.values)


def _lately(context: DecisionContext, days: tuple[DayCurve, ...]) -> tuple[Floats, Floats]:
    """Gather prices of the last day beside their curve; the tick's own is always the last."""
    steps = round(24 * 60 / context.tick.minutes)
    past = context.history.last(steps + 1)
    at, price = past.epoch_s, past.series("energy_usd_per_mwh")
    known = np.concatenate([day.epoch_s for day in days])
    curve = np.concatenate([day.curve for day in days])
    place = np.minimum(np.searchsorted(known, at), known.size - 1)
    now = int(context.tick.at.timestamp())
    used = (known[place] == at) & np.isfinite(price) & (at < now)
    own = int(np.searchsorted(known, now))
    return (
        np.append(price[used], context.tick.energy_usd_per_mwh),
        np.append(curve[place[used]], curve[own]),
    )


def proposal_for(
    context: DecisionContext, agent: str, slope: Floats, unit: StorageUnit
) -> Proposal:
    """Propose the battery's best step at the price of now; machines follow the strike rule.

    `slope`: worth of a further stored MWh after the step, by state of charge above the floor.
    """
    battery, stored = context.site.battery, context.state.soc_mwh
    if battery is None or stored is None:
        return rest(context, agent, "the site has no battery")
    price, hours = context.tick.energy_usd_per_mwh, context.tick.hours
    held = min(max(stored - battery.floor_mwh, 0.0), unit.energy_mwh)
    change = target(slope, price, held, unit) - held
    point = Setpoint(
        units=_units(context),
        charge_mw=max(change, 0.0) / (battery.charge_efficiency * hours),
        discharge_mw=max(-change, 0.0) * battery.discharge_efficiency / hours,
    )
    worth = float(np.interp(held, middles(unit, slope.size), slope))
    plan = one_interval_plan(context, point, method=agent)
    return Proposal(agent=agent, plan=plan, reason=_reason(price, held, worth, unit))


def rest(context: DecisionContext, agent: str, why: str) -> Proposal:
    """Propose the strike rule with an idle battery, and say why."""
    plan = one_interval_plan(context, Setpoint(units=_units(context)), method=agent)
    return Proposal(agent=agent, plan=plan, reason=f"the battery rests: {why}")


def _units(context: DecisionContext) -> tuple[ClassUnits, ...]:
    tick = context.tick
    ladder = strike_prices(context.site, tick)
    allowed = [s.name for s in ladder if s.usd_per_mwh >= tick.energy_usd_per_mwh]
    return allocate(context.site, context.state, tick, allowed)


def _reason(price: float, held: float, worth: float, unit: StorageUnit) -> str:
    buys = worth * unit.charge_efficiency
    sells = worth / unit.discharge_efficiency + unit.wear_usd_per_mwh
    return (
        f"power at {price:,.2f} USD/MWh; a further MWh stored is worth {worth:,.2f} USD with "
        f"{held:.2f} MWh held: buys below {buys:,.2f}, sells above {sells:,.2f}"
    )
