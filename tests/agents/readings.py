"""Messages of one tick, and managers that receive them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from mara.agents.manager import ManagerState, SystemManager
from mara.agents.messages import (
    Decided,
    ForecastsMade,
    MarketRead,
    MarketSeen,
    Proposed,
    Situation,
)
from mara.agents.snapshot import FeedStatus
from mara.domain import (
    ClassState,
    ClassUnits,
    History,
    Mode,
    Origin,
    Override,
    OverrideTarget,
    Plan,
    Proposal,
    Schedule,
    Setpoint,
    Site,
    SiteState,
    TradingState,
)
from mara.domain.presets import demo_site
from mara.models.learning.adahedge import AdaHedge
from mara.models.strategies.safe import SafeController
from mara.trading.states import StateChange
from tests.agents.rig import START, STEP, at, tick

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("optimiser", "strike-rule", "hold")


def site() -> Site:
    return demo_site()


def state(**units: int) -> SiteState:
    on = {m.name: units.get(m.name, 0) for m in site().machines}
    return SiteState(
        at=START,
        classes=tuple(ClassState(name=n, units_on=u) for n, u in on.items()),
        soc_mwh=5.0,
    )


def history(rows: int = 48) -> History:
    return History.of([tick(START - STEP * (rows - i)) for i in range(rows)], minutes=5.0)


def reading(*, age: int = 0, here: SiteState | None = None, **figures: object) -> MarketRead:
    """The reading of the interval `START`; its tick is `age` intervals old."""
    found = tick(START - age * STEP, **figures)
    status = FeedStatus(
        name="scripted", origin=Origin.SIMULATED, label="SIMULATED", stale=age > 0, age_ticks=age
    )
    return MarketRead(
        tick=found,
        history=history(),
        feed=status,
        situation=Situation(site=site(), state=here or state(hydro_miners=500)),
    )


def made(read: MarketRead) -> ForecastsMade:
    return ForecastsMade(seen=MarketSeen(read=read, trends=(), anomalies=()), forecasts=())


def proposal(agent: str, *, charge: float = 0.0, discharge: float = 0.0, **units: int) -> Proposal:
    plan = Plan(
        site_id="demo",
        issued_at=START,
        starts=(START,),
        hours=(1 / 12,),
        units=tuple(
            Schedule(name=m.name, values=(float(units.get(m.name, 0)),)) for m in site().machines
        ),
        charge_mw=(charge,),
        discharge_mw=(discharge,),
        import_mw=(0.0,),
        export_mw=(0.0,),
        expected_margin_usd=1.0,
        method="test",
    )
    return Proposal(agent=agent, plan=plan, reason=f"{agent} says so")


def proposed(read: MarketRead, one: Proposal) -> Proposed:
    return Proposed(agent=one.agent, made=made(read), proposal=one)


def trading(which: TradingState = TradingState.ACTIVE) -> StateChange:
    return StateChange(state=which, at=START, author="test", reason="test", by_person=False)


def override(
    target: OverrideTarget = OverrideTarget.CLASS_UNITS,
    *,
    name: str = "o-1",
    hours: float = 1.0,
    **changes: object,
) -> Override:
    usual = Override(
        override_id=name,
        target=target,
        author="dana",
        reason="fan test",
        at=START - STEP,
        expires_at=START - STEP + timedelta(hours=hours),
        machine_class="hydro_miners" if target is OverrideTarget.CLASS_UNITS else None,
        value=100.0 if target is not OverrideTarget.STATE else None,
        state=TradingState.HALTED if target is OverrideTarget.STATE else None,
    )
    return replace(usual, **changes)


def manager(
    *,
    totals: Sequence[float] | None = None,
    which: TradingState = TradingState.ACTIVE,
    overrides: tuple[Override, ...] = (),
    names: tuple[str, ...] = NAMES,
) -> SystemManager:
    """A manager whose trust is in proportion to exp(`totals`)."""
    hedge = AdaHedge.of(len(names))
    if totals is not None:
        hedge = AdaHedge(totals=tuple(totals), gap=1.0986122886681098)
    return SystemManager(
        strategies=names,
        state=ManagerState(
            mode=Mode.PAPER, hedge=hedge, trading=trading(which), overrides=overrides
        ),
        safe=SafeController(),
        max_age_ticks=2,
    )


def decide(one: SystemManager, read: MarketRead, *proposals: Proposal) -> Decided:
    """Send a reading and proposals; return the decision."""
    answers = list(one.handle(read))
    for p in proposals:
        answers += one.handle(proposed(read, p))
    (answer,) = answers
    assert isinstance(answer, Decided)
    return answer


def units(point: Setpoint) -> dict[str, int]:
    return {u.name: u.units for u in point.units}


def running(**counts: int) -> Setpoint:
    return Setpoint(units=tuple(ClassUnits(name=n, units=u) for n, u in counts.items()))


__all__ = [name for name in dir() if not name.startswith("_")] + ["at"]
