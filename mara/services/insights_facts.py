"""From a snapshot to the fact sheet that every text about the system stands on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from mara.insights.facts import Fact, FactSheet, OutsideText, slug
from mara.services.reports import risk_of

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot
    from mara.domain import Forecast, Quantile, Site

__all__ = ["FactWriter", "sheet_of"]

_AHEAD_H: Final = (1, 4, 12)
_NAMES: Final = {
    "energy_usd_per_mwh": "energy",
    "hash_usd_per_ph_day": "hash",
    "token_usd_per_mtok": "token",
    "demand_mtok_per_h": "demand",
}


@dataclass(slots=True)
class FactWriter:
    """Collects facts of one time, source and badge; what is unknown is left out."""

    at: datetime
    source: str
    badge: str
    facts: dict[str, Fact] = field(default_factory=dict)

    def add(
        self,
        fact_id: str,
        label: str,
        value: float | None,
        unit: str = "",
        **changes: object,
    ) -> None:
        """Write a fact down; `changes` are further fields of `Fact`."""
        if value is None or not math.isfinite(value):
            return
        fields: dict[str, object] = {"at": self.at, "source": self.source, "badge": self.badge}
        made = fields | {k: v for k, v in changes.items() if v is not None}
        self.facts[fact_id] = Fact(
            fact_id=fact_id,
            label=label,
            value=float(value),
            unit=unit,
            **made,  # type: ignore[arg-type]
        )


def sheet_of(snapshot: Snapshot, *more: Fact, outside: tuple[OutsideText, ...] = ()) -> FactSheet:
    """Write the sheet of a snapshot: market, forecasts, plan, agents, books, risk, and `more`."""
    market = snapshot.market
    tick = market.tick
    to = FactWriter(
        at=tick.at if tick else snapshot.clock,
        source=f"feed {market.feed.name}",
        badge="STALE" if market.feed.stale else market.feed.label,
    )
    _site(to, snapshot.site, market.history.minutes)
    _prices(to, snapshot)
    _day(to, snapshot)
    for forecast in market.forecasts:
        _forecast(to, forecast, snapshot)
    _state(to, snapshot)
    _plan(to, snapshot)
    _card(to, snapshot)
    _agents(to, snapshot)
    _books(to, snapshot)
    return FactSheet(
        site_id=snapshot.site.site_id,
        made_at=snapshot.clock,
        zone=snapshot.site.time_zone,
        facts=tuple(to.facts.values()),
        outside=outside,
    ).extended(more)


def _site(to: FactWriter, site: Site, minutes: float) -> None:
    own = {"source": "site settings", "constant": True}
    to.add("site.import_limit", "import limit", site.import_limit_mw, "MW", **own)
    to.add("site.export_limit", "export limit", site.export_limit_mw, "MW", **own)
    to.add("site.interval", "length of an interval", minutes, "min", **own)
    to.add("site.day", "length of a day", 24.0, "h", **own)
    to.add("site.classes", "machine classes", len(site.machines), "classes", **own)
    for machine in site.machines:
        name = slug(machine.name)
        count = site.available(machine.name)
        to.add(f"site.units.{name}", f"{machine.name} in service", count, "units", **own)
        power = count * machine.unit_mw
        to.add(f"site.power.{name}", f"power of all {machine.name}", power, "MW", **own)
    if site.battery is not None:
        to.add("site.battery.energy", "battery size", site.battery.energy_mwh, "MWh", **own)
        to.add("site.battery.power", "battery power", site.battery.power_mw, "MW", **own)


def _prices(to: FactWriter, snapshot: Snapshot) -> None:
    tick, labels = snapshot.market.tick, snapshot.site.labels
    if tick is None:
        return
    units = {
        "energy_usd_per_mwh": ("price.energy.now", labels.energy_unit, labels.energy_factor),
        "hash_usd_per_ph_day": ("price.hash.now", labels.hash_unit, labels.hash_factor),
        "token_usd_per_mtok": ("price.token.now", labels.token_unit, labels.token_factor),
        "demand_mtok_per_h": ("demand.now", "Mtok/h", 1.0),
        "grid_load_mw": ("grid.load", "MW", 1.0),
        "temperature_c": ("weather.temperature", "\u00b0C", 1.0),
    }
    for figure, (fact_id, unit, factor) in units.items():
        value = tick.figure(figure)
        assumed = "ASSUMED" if figure in tick.assumed else None
        label = f"{figure.split('_')[0]} now" if figure != "grid_load_mw" else "grid load now"
        shown = None if value is None else value * factor
        to.add(fact_id, label, shown, unit, until=tick.end, badge=assumed)
    for trend in snapshot.market.trends:
        name = _NAMES.get(trend.figure)
        if name == "energy":
            to.add(
                "price.energy.rank",
                "share of the last 8 days not above now",
                trend.percentile,
                "x",
                own_label=True,
            )
    to.add("market.anomalies", "oddities of the newest interval", len(snapshot.market.anomalies))


def _day(to: FactWriter, snapshot: Snapshot) -> None:
    """Write what the energy price was: an hour and a day ago, and over the last 24 h."""
    history, labels = snapshot.market.history, snapshot.site.labels
    values = history.series("energy_usd_per_mwh") * labels.energy_factor
    hour = max(round(60.0 / history.minutes), 1)
    for name, steps, label in (
        ("hour_ago", hour, "an hour ago"),
        ("day_ago", 24 * hour, "a day ago"),
    ):
        if values.size > steps:
            at = to.at - timedelta(minutes=steps * history.minutes)
            value = float(values[-1 - steps])
            to.add(
                f"price.energy.{name}", f"energy price {label}", value, labels.energy_unit, at=at
            )
    day = values[-24 * hour :]
    if np.isfinite(day).any():
        for name, value in (
            ("low", float(np.nanmin(day))),
            ("mean", float(np.nanmean(day))),
            ("high", float(np.nanmax(day))),
        ):
            label = f"{name} energy price of the last 24 h"
            to.add(f"price.energy.day_{name}", label, value, labels.energy_unit, own_label=True)


def _forecast(to: FactWriter, forecast: Forecast, snapshot: Snapshot) -> None:
    name, labels = _NAMES.get(forecast.target), snapshot.site.labels
    if name not in {"energy", "demand"} or not forecast.starts:
        return
    energy = name == "energy"
    unit = labels.energy_unit if energy else "Mtok/h"
    factor = labels.energy_factor if energy else 1.0
    source = f"forecast by {forecast.model}"
    mean = np.asarray(forecast.mean) * factor
    step_h = snapshot.market.history.minutes / 60.0
    for hours in _AHEAD_H:
        i = round(hours / step_h) - 1
        if 0 <= i < len(mean):
            _step(to, forecast, i, f"forecast.{name}.h{hours}", (hours, unit, factor, source))
    for word, i in (("peak", int(mean.argmax())), ("trough", int(mean.argmin()))):
        label = f"{'highest' if word == 'peak' else 'lowest'} {name} forecast of the next 24 h"
        at = forecast.starts[i]
        own = {"at": at, "source": source, "own_label": True}
        to.add(f"forecast.{name}.{word}", label, float(mean[i]), unit, **own)


def _step(
    to: FactWriter,
    forecast: Forecast,
    i: int,
    prefix: str,
    how: tuple[int, str, float, str],
) -> None:
    hours, unit, factor, source = how
    name, at = prefix.split(".")[1], forecast.starts[i]
    label = f"{name} forecast in {hours} h"
    own = {"at": at, "source": source, "own_label": True}
    to.add(f"{prefix}.mean", f"{label}, mean", forecast.mean[i] * factor, unit, **own)
    for word, quantile in zip(("low", "high"), _edges(forecast), strict=False):
        text = f"{label}, {quantile.level:.0%} quantile".replace("%", " %")
        value = quantile.values[i] * factor
        to.add(f"{prefix}.{word}", text, value, unit, **own)


def _edges(forecast: Forecast) -> tuple[Quantile, ...]:
    return (*forecast.quantiles[:1], *forecast.quantiles[-1:])


def _state(to: FactWriter, snapshot: Snapshot) -> None:
    state, battery = snapshot.state, snapshot.site.battery
    if state is None:
        return
    source = "meters of the site"
    if battery is not None and state.soc_mwh is not None:
        to.add("battery.stored", "energy in the battery", state.soc_mwh, "MWh", source=source)
        share = 100.0 * state.soc_mwh / battery.energy_mwh
        to.add("battery.charge", "battery state of charge", share, "%", source=source)
    for running in state.classes:
        fact_id = f"state.units.{slug(running.name)}"
        to.add(fact_id, f"{running.name} running", running.units_on, "units", source=source)


def _plan(to: FactWriter, snapshot: Snapshot) -> None:
    verdict = snapshot.verdict
    if verdict is None:
        return
    decision, currency = verdict.decision, snapshot.site.labels.currency
    own = {"at": decision.tick_at, "source": f"decision {decision.chosen}"}
    point = decision.setpoint
    for unit in point.units:
        to.add(
            f"plan.units.{slug(unit.name)}", f"{unit.name} planned on", unit.units, "units", **own
        )
    to.add("plan.charge.now", "battery charging", point.charge_mw, "MW", **own)
    to.add("plan.discharge.now", "battery discharging", point.discharge_mw, "MW", **own)
    plan = decision.plan
    if plan is None or plan.setpoint != point:
        return
    hours = sum(plan.hours)
    to.add("plan.import.now", "import of this interval", plan.import_mw[0], "MW", **own)
    to.add("plan.export.now", "export of this interval", plan.export_mw[0], "MW", **own)
    to.add("plan.margin", "expected margin of the plan", plan.expected_margin_usd, currency, **own)
    to.add("plan.hours", "horizon of the plan", hours, "h", constant=True, **own)
    if plan.duals is not None:
        values = (
            ("import_limit", "one more MW of connection through this interval"),
            ("storage", "one more MWh in store at the end of this interval"),
        )
        for name, label in values:
            dual = getattr(plan.duals, name)
            to.add(
                f"plan.dual.{name}",
                f"dual: worth of {label}",
                dual[0] if dual else None,
                currency,
                **own,
            )


def _card(to: FactWriter, snapshot: Snapshot) -> None:
    card = snapshot.verdict.card if snapshot.verdict else None
    if card is None:
        return
    labels = snapshot.site.labels
    own = {"source": "decision card", "at": card.plan.issued_at}
    worth = card.connection_usd_per_mw
    label = "worth of one more MW of connection, by a full re-solve"
    to.add("plan.connection_worth", label, worth, labels.currency, **own)
    for strike in card.strikes:
        fact_id = f"strike.{slug(strike.name)}"
        price = strike.usd_per_mwh * labels.energy_factor
        to.add(fact_id, f"break-even price of {strike.name}", price, labels.energy_unit, **own)
    if card.runner_up is not None:
        loses = card.runner_up.loses_usd
        to.add(
            "plan.runner_up.loses",
            f"loss of {card.runner_up.change}",
            loses,
            labels.currency,
            **own,
        )


def _agents(to: FactWriter, snapshot: Snapshot) -> None:
    currency = snapshot.site.labels.currency
    for weight in snapshot.weights:
        fact_id = f"weight.{slug(weight.agent)}"
        to.add(fact_id, f"weight of {weight.agent}", 100.0 * weight.weight, "%", source="manager")
    for agent in snapshot.agents:
        name = slug(agent.name)
        unit = currency if agent.score_unit == "USD" else "x"
        label = f"score of {agent.name}" + (" against the strike rule" if unit != "x" else "")
        to.add(f"agent.{name}.score", label, agent.score, unit, source=f"agent {agent.name}")
        to.add(f"agent.{name}.errors", f"errors of {agent.name}", agent.errors, source="supervisor")
    for shadow in snapshot.books.earnings.shadows:
        if shadow.cumulated_usd:
            label = f"shadow profit of {shadow.name} today"
            fact_id = f"shadow.{slug(shadow.name)}"
            to.add(fact_id, label, shadow.cumulated_usd[-1], currency, source="shadow ledger")


def _books(to: FactWriter, snapshot: Snapshot) -> None:
    earnings, currency = snapshot.books.earnings, snapshot.site.labels.currency
    risk = risk_of(snapshot)
    if earnings.at:
        own = {"at": earnings.at[-1], "source": "ledger"}
        to.add("books.margin", "margin today", earnings.margin_usd, currency, **own)
        versus = earnings.versus_strike_usd
        to.add(
            "books.versus_strike",
            "margin today less that of the strike rule",
            versus,
            currency,
            **own,
        )
        for account, amount in earnings.by_account:
            fact_id = f"books.{slug(account)}"
            to.add(fact_id, f"{account} today", amount, currency, **own)
    own = {"source": "risk report"}
    to.add("risk.exposure", "power in force", risk.exposure_mw, "MW", **own)
    to.add("risk.position", "open trades", risk.open_position_mwh, "MWh", **own)
    to.add("risk.worst_interval", "worst interval so far", risk.worst_interval_usd, currency, **own)
    cap = risk.loss_at_cap_usd_per_interval
    to.add("risk.at_cap", "cost of one interval at the price cap", cap, currency, **own)
    to.add("alerts.count", "alerts in force", len(snapshot.alerts), "alerts", source="supervisor")
