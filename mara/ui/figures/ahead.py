"""What was settled lately and what is planned next, as the figures of the site draw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mara.ui.figures.frame import MAX_POINTS

if TYPE_CHECKING:
    from mara.agents.snapshot import Snapshot, Verdict
    from mara.domain import Plan, Settlement

__all__ = ["Ahead", "ahead", "recent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Intervals of a plan from now on; each sequence has one value an interval."""

    starts: tuple[datetime, ...] = ()
    hours: tuple[float, ...] = ()
    charge_mw: tuple[float, ...] = ()
    discharge_mw: tuple[float, ...] = ()
    import_mw: tuple[float, ...] = ()
    soc_mwh: tuple[float, ...] = ()
    units: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def units_of(self, name: str) -> tuple[float, ...]:
        """Units on of the class called `name`."""
        return dict(self.units).get(name, (0.0,) * len(self.starts))

    @property
    def ends(self) -> tuple[datetime, ...]:
        """Ends of the intervals."""
        pairs = zip(self.starts, self.hours, strict=True)
        return tuple(start + timedelta(hours=hours) for start, hours in pairs)


def recent(snapshot: Snapshot, hours: float) -> tuple[Settlement, ...]:
    """Find the settled intervals of the last `hours`."""
    since = snapshot.clock - timedelta(hours=hours)
    return tuple(s for s in snapshot.books.settlements if s.at >= since)[-MAX_POINTS:]


def ahead(snapshot: Snapshot, hours: float) -> Ahead:
    """Cut the plan in force to the next `hours`; nothing where nothing is planned."""
    verdict = snapshot.verdict
    plan = None if verdict is None else _longest(verdict)
    if verdict is None or plan is None:
        return Ahead()
    since = verdict.decision.tick_at
    first = sum(start < since for start in plan.starts)
    last = sum(start < since + timedelta(hours=hours) for start in plan.starts)
    cut = slice(first, last)
    return Ahead(
        starts=plan.starts[cut],
        hours=plan.hours[cut],
        charge_mw=plan.charge_mw[cut],
        discharge_mw=plan.discharge_mw[cut],
        import_mw=plan.import_mw[cut],
        soc_mwh=plan.soc_mwh[cut],
        units=tuple((schedule.name, schedule.values[cut]) for schedule in plan.units),
    )


def _longest(verdict: Verdict) -> Plan | None:
    """Prefer the decided plan; a rule plans one interval, which the card's plan goes on from."""
    plans = [verdict.decision.plan, verdict.card.plan if verdict.card else None]
    known = [plan for plan in plans if plan is not None]
    return max(known, key=lambda plan: sum(plan.hours), default=None)
