"""Real values of a demo site's day, and a console of them, for tests of pages without a runtime."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from mara.agents.snapshot import (
    AgentMetrics,
    AgentNote,
    Books,
    Earnings,
    FeedStatus,
    Market,
    ShadowSeries,
    Snapshot,
    Verdict,
)
from mara.domain import (
    FIGURES,
    Alert,
    CashItem,
    ClassMargin,
    ClassState,
    ClassUnits,
    Decision,
    Forecast,
    History,
    Mode,
    Origin,
    Override,
    OverrideTarget,
    Plan,
    Proposal,
    Quantile,
    Schedule,
    Setpoint,
    Settlement,
    Severity,
    Site,
    SiteState,
    Tick,
    TradingState,
    Weight,
)
from mara.domain.presets import demo_site
from mara.models.dispatch.explain import Binding, DecisionCard, RunnerUp
from mara.models.dispatch.forced import Forced
from mara.models.strike import strike_prices

NOW = datetime(2026, 6, 2, 21, 0, tzinfo=UTC)
STEP = timedelta(minutes=5)


def energy(at: datetime) -> float:
    hour = at.hour + at.minute / 60
    spike = 420.0 if at.hour == 0 and at.minute < 25 else 0.0
    return 34.0 + 30.0 * math.sin((hour - 15) / 24 * 2 * math.pi) + spike + 4 * math.sin(hour * 9)


def history(days: float = 3) -> History:
    count = round(days * 288)
    times = [NOW - STEP * (count - 1 - i) for i in range(count)]
    values = np.full((count, len(FIGURES)), np.nan)
    values[:, 0] = [energy(at) for at in times]
    values[:, 1] = [52.0 + math.sin(i / 200) for i in range(count)]
    values[:, 2] = [0.70 + 0.03 * math.sin(i / 60) for i in range(count)]
    values[:, 3] = [1_900 + 500 * math.sin(i / 46) for i in range(count)]
    epochs = np.array([int(at.timestamp()) for at in times], dtype=np.int64)
    return History(minutes=5.0, epoch_s=epochs, values=values)


def tick(**changes: object) -> Tick:
    whole = Tick(
        site_id="demo",
        at=NOW,
        minutes=5.0,
        energy_usd_per_mwh=energy(NOW),
        hash_usd_per_ph_day=52.3,
        token_usd_per_mtok=0.71,
        demand_mtok_per_h=2_050.0,
        origin=Origin.SIMULATED,
        source="simulated",
    )
    return replace(whole, **changes)


def feed(**changes: object) -> FeedStatus:
    whole = FeedStatus(
        name="simulated", origin=Origin.SIMULATED, label="SIMULATED", stale=False, age_ticks=0
    )
    return replace(whole, **changes)


def forecasts() -> tuple[Forecast, ...]:
    starts = tuple(NOW + STEP * (i + 1) for i in range(288))
    made = []
    for target, base, width in (
        ("energy_usd_per_mwh", None, 12.0),
        ("hash_usd_per_ph_day", 52.3, 0.8),
        ("token_usd_per_mtok", 0.71, 0.02),
    ):
        mean = tuple(energy(at) if base is None else base for at in starts)
        spread = [width * math.sqrt((i + 1) / 48) for i in range(288)]
        made.append(
            Forecast(
                target=target,
                issued_at=NOW,
                starts=starts,
                mean=mean,
                quantiles=tuple(
                    Quantile(
                        level=level,
                        values=tuple(m + z * s for m, s in zip(mean, spread, strict=True)),
                    )
                    for level, z in ((0.1, -1.28), (0.5, 0.0), (0.9, 1.28))
                ),
                model="seasonal autoregressive",
                origin=Origin.SIMULATED,
            )
        )
    return tuple(made)


def hours_of_plan() -> list[float]:
    return [1 / 12] * 12 + [0.25] * 12 + [1.0] * 20


def units(price: float) -> dict[str, int]:
    return {
        "air_miners": 1_900 if price < 55 else 0,
        "hydro_miners": 1_100 if price < 105 else 0,
        "immersion_miners": 1_000 if price < 95 else 0,
        "gpu_compute": 55,
        "asic_compute": 60,
    }


def charging(at: datetime) -> tuple[float, float]:
    price = energy(at)
    return (min(2.5, (22 - price) / 4), 0.0) if price < 22 else (0.0, 3.0 if price > 62 else 0.0)


def plan(agent_factor: float = 1.0, method: str = "fast form") -> Plan:
    hours = hours_of_plan()
    starts = [NOW]
    for h in hours[:-1]:
        starts.append(starts[-1] + timedelta(hours=h))
    site = demo_site()
    wanted = [units(energy(at)) for at in starts]
    flows = [charging(at) for at in starts]
    loads = [sum(w[m.name] * m.unit_mw for m in site.machines) for w in wanted]
    soc, stored = [], 4.2
    for (charge, out), h in zip(flows, hours, strict=True):
        stored = min(max(stored + h * (0.95 * charge - out / 0.95), 0.5), 9.5)
        soc.append(stored)
    return Plan(
        site_id="demo",
        issued_at=NOW,
        starts=tuple(starts),
        hours=tuple(hours),
        units=tuple(
            Schedule(name=m.name, values=tuple(float(w[m.name]) for w in wanted))
            for m in site.machines
        ),
        charge_mw=tuple(c for c, _ in flows),
        discharge_mw=tuple(d for _, d in flows),
        import_mw=tuple(
            min(max(load + c - d, 0.0), 20.0) for load, (c, d) in zip(loads, flows, strict=True)
        ),
        export_mw=(0.0,) * len(hours),
        soc_mwh=tuple(soc),
        expected_margin_usd=21_450.0 * agent_factor,
        method=method,
        gap=1e-5,
    )


def settlement(at: datetime, stored: float) -> Settlement:
    site = demo_site()
    price, wanted, (charge, out) = energy(at), units(energy(at)), charging(at)
    load = sum(wanted[m.name] * m.unit_mw for m in site.machines)
    drawn = min(max(load + charge - out, 0.0), 20.0)
    revenue = load / 12 * 95
    return Settlement(
        site_id="demo",
        at=at,
        hours=1 / 12,
        setpoint=Setpoint(
            units=tuple(ClassUnits(name=n, units=u) for n, u in wanted.items()),
            charge_mw=charge,
            discharge_mw=out,
        ),
        import_mw=drawn,
        export_mw=0.0,
        charge_mw=charge,
        discharge_mw=out,
        machines_mw=load,
        soc_mwh=stored,
        served_mtok=160.0,
        missed_mtok=0.0,
        classes=tuple(
            ClassMargin(
                name=m.name,
                units_on=wanted[m.name],
                power_mw=wanted[m.name] * m.unit_mw,
                revenue_usd=revenue / 5,
            )
            for m in site.machines
        ),
        cash=(
            CashItem(account="income:hash", amount_usd=revenue * 0.6),
            CashItem(account="income:tokens", amount_usd=revenue * 0.4),
            CashItem(account="expense:energy", amount_usd=-drawn / 12 * price),
        ),
    )


def settlements(count: int = 192) -> tuple[Settlement, ...]:
    stored, rows = 6.0, []
    for i in range(count):
        at = NOW - STEP * (count - i)
        charge, out = charging(at)
        stored = min(max(stored + (0.95 * charge - out / 0.95) / 12, 0.5), 9.5)
        rows.append(settlement(at, stored))
    return tuple(rows)


def earnings(rows: tuple[Settlement, ...]) -> Earnings:
    margins = np.cumsum([row.margin_usd for row in rows])
    return Earnings(
        day="2026-06-02",
        at=tuple(row.at + STEP for row in rows),
        cumulated_usd=tuple(float(x) for x in margins),
        shadows=(
            ShadowSeries(name="optimiser", cumulated_usd=tuple(float(x) for x in margins * 1.01)),
            ShadowSeries(name="strike-rule", cumulated_usd=tuple(float(x) for x in margins * 0.93)),
            ShadowSeries(name="hold", cumulated_usd=tuple(float(x) for x in margins * 0.78)),
        ),
        by_account=(("income:hash", 9_100.25), ("expense:energy", -4_210.75)),
        margin_usd=float(margins[-1]) if len(margins) else 0.0,
        total_usd=float(margins[-1]) if len(margins) else 0.0,
        versus_strike_usd=float(margins[-1] * 0.07) if len(margins) else None,
    )


def decision() -> Decision:
    return Decision(
        decision_id=f"demo:{NOW.isoformat()}",
        site_id="demo",
        tick_at=NOW,
        setpoint=plan().setpoint,
        chosen="optimiser",
        resolved_by="consensus re-solved",
        reason="miners earn above the price of power; the battery waits for the evening",
        state=TradingState.ACTIVE,
        mode=Mode.PAPER,
        safe=False,
        weights=weights(),
        plan=plan(),
    )


def weights() -> tuple[Weight, ...]:
    return (
        Weight(agent="optimiser", weight=0.71, score_usd=812.4),
        Weight(agent="strike-rule", weight=0.21, score_usd=0.0),
        Weight(agent="hold", weight=0.08, score_usd=-655.1),
    )


def proposals() -> tuple[Proposal, ...]:
    return (
        Proposal(agent="optimiser", plan=plan(), reason="run all that earns, charge at noon"),
        Proposal(agent="strike-rule", plan=plan(0.94, "rule"), reason="all classes above price"),
        Proposal(agent="hold", plan=plan(0.8, "rule"), reason="keeps the last allocation"),
    )


def card(**changes: object) -> DecisionCard:
    made = plan()
    whole = DecisionCard(
        plan=made,
        energy_usd_per_mwh=100.0,
        binding=(Binding(name="import limit", value=20.0, unit="MW", shadow_usd=3.0),),
        connection_usd_per_mw=3.1,
        strikes=strike_prices(demo_site(), tick()),
        runner_up=RunnerUp(
            change="0 instead of 5 gpu_compute",
            forced=Forced(units=(ClassUnits(name="gpu_compute", units=0),)),
            plan=made,
            loses_usd=2.0,
        ),
    )
    return replace(whole, **changes)


def metrics() -> tuple[AgentMetrics, ...]:
    rows = (
        ("data", 0.8, None),
        ("forecasting", 2.1, None),
        ("optimiser", 3.9, 812.4),
        ("strike-rule", 0.3, 0.0),
        ("hold", 0.1, -655.1),
        ("manager", 0.9, 755.0),
    )
    return tuple(
        AgentMetrics(
            name=name,
            decisions=1_204,
            errors=0,
            restarts=0,
            queue=0,
            latency_ms_p50=p50,
            latency_ms_p99=p50 * 3.1,
            message_ms_p99=1.4,
            heartbeat_age_s=0.4,
            circuit_open=False,
            score=score,
            score_unit="" if score is None else "USD",
        )
        for name, p50, score in rows
    )


def notes() -> tuple[AgentNote, ...]:
    rows = (
        ("data", "energy at 41.20 USD/MWh, nothing odd"),
        ("forecasting", "seasonal autoregressive: energy between 4.10 and 67.90 ahead"),
        ("optimiser", "run all that earns, charge at noon <script>alert(1)</script>"),
        ("manager", "optimiser by consensus: miners earn above the price of power"),
    )
    return tuple(AgentNote(at=NOW, agent=agent, text=text) for agent, text in rows)


def override() -> Override:
    return Override(
        override_id="ov-1",
        target=OverrideTarget.CLASS_UNITS,
        author="dana",
        reason="fan test on row 4",
        at=NOW - timedelta(hours=1),
        expires_at=NOW + timedelta(hours=2),
        machine_class="air_miners",
        value=1_200.0,
    )


def alert() -> Alert:
    return Alert(
        code="spike",
        severity=Severity.WARNING,
        text="energy price above 400 USD/MWh",
        since=NOW,
    )


def market(**changes: object) -> Market:
    whole = Market(tick=tick(), feed=feed(), history=history(), forecasts=forecasts())
    return replace(whole, **changes)


def site_state() -> SiteState:
    wanted = units(energy(NOW))
    return SiteState(
        at=NOW,
        classes=tuple(ClassState(name=n, units_on=u) for n, u in wanted.items()),
        soc_mwh=4.2,
    )


def snapshot(**changes: object) -> Snapshot:
    rows = settlements()
    whole = Snapshot(
        version=1_204,
        site=demo_site(),
        clock=NOW + timedelta(minutes=1),
        speed=60.0,
        market=market(),
        state=site_state(),
        verdict=Verdict(decision=decision(), proposals=proposals(), decide_ms=4.2, durable_ms=2.8),
        books=Books(settlements=rows, earnings=earnings(rows), position_mwh=1.0),
        weights=weights(),
        trading_state=TradingState.ACTIVE,
        state_reason="start",
        mode=Mode.PAPER,
        alerts=(alert(),),
        overrides=(override(),),
        agents=metrics(),
        notes=notes(),
        ticks=1_204,
        started_at=NOW - timedelta(days=4),
    )
    return replace(whole, **changes)


def first_snapshot() -> Snapshot:
    """What stands there before the first tick."""
    empty = History(minutes=5.0)
    return snapshot(
        market=Market(tick=None, feed=feed(age_ticks=0), history=empty),
        state=None,
        verdict=None,
        books=Books(settlements=(), earnings=earnings(())),
        weights=(),
        alerts=(),
        overrides=(),
        agents=(),
        notes=(),
        ticks=0,
    )


def site_without_battery() -> Site:
    return replace(demo_site(), battery=None)
