"""The gate before every order and set point: one rule a function, each refusal with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Self

from mara.domain import Mode, Order, Setpoint, Side, Site, Tick, TradingState
from mara.domain.checks import aware, finite, non_negative, positive
from mara.errors import RefusedError

if TYPE_CHECKING:
    from mara.settings import TradingSettings

__all__ = ["GateView", "Limits", "check_order", "check_setpoint"]

_SLACK_MW: Final = 1e-6
"""Rounding of sums of floats that is no violation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the gate lets through; `spread_usd_per_mwh` is what the paper market takes a side."""

    max_order_mwh: float
    max_position_mwh: float
    max_loss_usd_per_day: float
    price_band_usd_per_mwh: float
    spread_usd_per_mwh: float
    max_orders_per_minute: int
    max_age_ticks: int = 2

    def __post_init__(self) -> None:
        for name in (
            "max_order_mwh",
            "max_position_mwh",
            "max_loss_usd_per_day",
            "price_band_usd_per_mwh",
            "max_orders_per_minute",
            "max_age_ticks",
        ):
            positive("Limits", name, getattr(self, name))
        non_negative("Limits", "spread_usd_per_mwh", self.spread_usd_per_mwh)

    @classmethod
    def of(cls, settings: TradingSettings, *, max_age_ticks: int) -> Self:
        """Take the limits of the settings."""
        return cls(
            max_order_mwh=settings.max_order_mwh,
            max_position_mwh=settings.max_position_mwh,
            max_loss_usd_per_day=settings.max_loss_usd_per_day,
            price_band_usd_per_mwh=settings.price_band_usd_per_mwh,
            spread_usd_per_mwh=settings.spread_usd_per_mwh,
            max_orders_per_minute=settings.max_orders_per_minute,
            max_age_ticks=max_age_ticks,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateView:
    """What the gate knows at market time `now`.

    `tick` is the newest one. `positions` are MWh by delivery interval, bought positive.
    `margin_today_usd` is booked since the site's midnight. `exposure_mw` is the power of machines
    and charging in force now; `safe` says that the safe controller made the set point.
    """

    site: Site
    limits: Limits
    state: TradingState
    mode: Mode
    tick: Tick
    now: datetime
    positions: Mapping[datetime, Decimal] = field(default_factory=dict)
    margin_today_usd: Decimal = Decimal(0)
    orders_last_minute: int = 0
    exposure_mw: float = 0.0
    soc_mwh: float | None = None
    safe: bool = False

    def __post_init__(self) -> None:
        aware("GateView", "now", self.now)
        finite("GateView", "exposure_mw", self.exposure_mw)

    @property
    def age_ticks(self) -> float:
        """Intervals that have passed since the newest tick's own ended."""
        return max((self.now - self.tick.end).total_seconds() / (self.tick.minutes * 60.0), 0.0)


def check_order(order: Order, view: GateView) -> None:
    """Let `order` through, or say which rule it breaks first.

    Raises
    ------
    RefusedError
        `rule` is one of `mode`, `trading_state`, `stale_price`, `delivery`, `order_size`,
        `position`, `price_band`, `loss_per_day`, `orders_per_minute`.
    """
    for rule in _ORDER_RULES:
        rule(order, view)


def check_setpoint(setpoint: Setpoint, view: GateView) -> None:
    """Let `setpoint` through, or say which rule it breaks first.

    Raises
    ------
    RefusedError
        `rule` is one of `mode`, `trading_state`, `stale_price`, `units`, `battery_power`,
        `battery_energy`, `import_limit`, `export_limit`.
    """
    for rule in _SETPOINT_RULES:
        rule(setpoint, view)


def _refuse(rule: str, what: str) -> RefusedError:
    return RefusedError(f"{rule}: {what}", rule=rule)


def _mode_moves(_: object, view: GateView) -> None:
    if view.mode is Mode.ADVISORY:
        raise _refuse("mode", "mode is advisory and moves nothing; switch to paper or live")


def _fresh_price(_: object, view: GateView) -> None:
    limit = view.limits.max_age_ticks
    if view.age_ticks > limit and not view.safe:
        raise _refuse(
            "stale_price",
            f"the newest price is {view.age_ticks:.1f} intervals old, {limit} are allowed; wait "
            "for the feed",
        )


def _order_in_state(order: Order, view: GateView) -> None:
    if view.state is TradingState.HALTED:
        raise _refuse("trading_state", "trading is HALTED; a person must lift it first")
    held = _position(order, view)
    after = held + _signed(order)
    if view.state is TradingState.REDUCING and (abs(after) >= abs(held) or held * after < 0):
        raise _refuse(
            "trading_state",
            f"REDUCING lets through what lowers the position alone; {held} MWh would become "
            f"{after} MWh",
        )


def _deliverable(order: Order, view: GateView) -> None:
    if order.delivery < view.tick.at:
        raise _refuse(
            "delivery",
            f"delivery {order.delivery:%Y-%m-%d %H:%M} UTC is past; the running interval began "
            f"{view.tick.at:%Y-%m-%d %H:%M} UTC",
        )


def _order_size(order: Order, view: GateView) -> None:
    limit = view.limits.max_order_mwh
    if order.quantity_mwh > Decimal(str(limit)):
        raise _refuse("order_size", f"{order.quantity_mwh} MWh exceeds {limit} MWh an order")


def _position_limit(order: Order, view: GateView) -> None:
    limit = Decimal(str(view.limits.max_position_mwh))
    open_elsewhere = sum(abs(v) for d, v in view.positions.items() if d != order.delivery)
    held = open_elsewhere + abs(_position(order, view))
    after = open_elsewhere + abs(_position(order, view) + _signed(order))
    if after > limit and after > held:
        raise _refuse("position", f"open positions of {after} MWh exceed {limit} MWh")


def _price_band(order: Order, view: GateView) -> None:
    now, band = view.tick.energy_usd_per_mwh, view.limits.price_band_usd_per_mwh
    if abs(float(order.limit_usd_per_mwh) - now) > band:
        raise _refuse(
            "price_band",
            f"limit {order.limit_usd_per_mwh} USD/MWh is more than {band:g} USD/MWh from the price "
            f"{now:.2f} USD/MWh",
        )


def _loss_per_day(_: Order, view: GateView) -> None:
    limit = view.limits.max_loss_usd_per_day
    if view.margin_today_usd <= -Decimal(str(limit)):
        raise _refuse(
            "loss_per_day",
            f"today's margin is {view.margin_today_usd} USD, the limit is a loss of {limit:g} USD",
        )


def _order_rate(_: Order, view: GateView) -> None:
    limit = view.limits.max_orders_per_minute
    if view.orders_last_minute >= limit:
        raise _refuse(
            "orders_per_minute",
            f"{view.orders_last_minute} orders in the last minute, {limit} are allowed; wait",
        )


def _position(order: Order, view: GateView) -> Decimal:
    return view.positions.get(order.delivery, Decimal(0))


def _signed(order: Order) -> Decimal:
    return order.quantity_mwh if order.side is Side.BUY else -order.quantity_mwh


def _machines_mw(setpoint: Setpoint, site: Site) -> float:
    return sum(u.units * site.machine(u.name).unit_mw for u in setpoint.units)


def _setpoint_in_state(setpoint: Setpoint, view: GateView) -> None:
    if view.safe or view.state is TradingState.ACTIVE:
        return
    if view.state is TradingState.HALTED:
        raise _refuse("trading_state", "trading is HALTED; the safe controller alone decides")
    wanted = _machines_mw(setpoint, view.site) + setpoint.charge_mw
    if wanted > view.exposure_mw + _SLACK_MW:
        raise _refuse(
            "trading_state",
            f"REDUCING lets through what lowers exposure alone; {view.exposure_mw:.3f} MW would "
            f"become {wanted:.3f} MW",
        )


def _units_there(setpoint: Setpoint, view: GateView) -> None:
    for wanted in setpoint.units:
        there = view.site.available(wanted.name)
        if wanted.units > there:
            raise _refuse(
                "units", f"{wanted.units} units of {wanted.name} asked for, {there} in service"
            )


def _battery_power(setpoint: Setpoint, view: GateView) -> None:
    limit = 0.0 if view.site.battery is None else view.site.battery.power_mw
    wanted = max(setpoint.charge_mw, setpoint.discharge_mw)
    if wanted > limit + _SLACK_MW:
        raise _refuse("battery_power", f"{wanted:.3f} MW exceeds the battery's {limit:.3f} MW")


def _battery_energy(setpoint: Setpoint, view: GateView) -> None:
    battery = view.site.battery
    if battery is None or view.soc_mwh is None:
        return
    stored = setpoint.charge_mw * view.tick.hours * battery.charge_efficiency
    drawn = setpoint.discharge_mw * view.tick.hours / battery.discharge_efficiency
    after = view.soc_mwh + stored - drawn
    too_low = after < battery.floor_mwh - _SLACK_MW and drawn > stored
    too_high = after > battery.ceiling_mwh + _SLACK_MW and stored > drawn
    if too_low or too_high:
        raise _refuse(
            "battery_energy",
            f"{after:.3f} MWh at the interval's end lies outside {battery.floor_mwh:.3f} to "
            f"{battery.ceiling_mwh:.3f} MWh",
        )


def _import_limit(setpoint: Setpoint, view: GateView) -> None:
    limit = view.site.import_cap_mw(view.tick.at, view.tick.end)
    net = _net_mw(setpoint, view.site)
    if net > limit + _SLACK_MW:
        raise _refuse("import_limit", f"import of {net:.3f} MW exceeds {limit:.3f} MW")


def _export_limit(setpoint: Setpoint, view: GateView) -> None:
    limit = view.site.export_limit_mw
    net = -_net_mw(setpoint, view.site)
    if net > limit + _SLACK_MW:
        raise _refuse("export_limit", f"export of {net:.3f} MW exceeds {limit:.3f} MW")


def _net_mw(setpoint: Setpoint, site: Site) -> float:
    """Import (positive) or export: machines + charge - discharge, in MW at the bus."""
    return _machines_mw(setpoint, site) + setpoint.charge_mw - setpoint.discharge_mw


_ORDER_RULES: Final = (
    _mode_moves,
    _order_in_state,
    _fresh_price,
    _deliverable,
    _order_size,
    _position_limit,
    _price_band,
    _loss_per_day,
    _order_rate,
)
_SETPOINT_RULES: Final = (
    _mode_moves,
    _setpoint_in_state,
    _fresh_price,
    _units_there,
    _battery_power,
    _battery_energy,
    _import_limit,
    _export_limit,
)
