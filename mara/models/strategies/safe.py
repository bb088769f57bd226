"""The safe controller: it decides alone when feed, forecast or solver fails.

Law, for each class of strike price k at the price of power p, a window being an interval:

- p > curtail_ratio k for `curtail_after` windows in a row: the class stops;
- p > curtail_ratio k and p > spike level: it stops at once;
- p <= resume_ratio k for `resume_after` windows in a row: it runs again;
- p < 0: it runs at once, and the battery charges.

Between the two levels nothing counts. A stale price counts towards curtailing, never towards
resuming. Firm inference demand is served at any price, and the connection with its commitments
stands above all. There is no division by a price, and no forecast.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mara.domain import ClassUnits, MachineKind, Setpoint, Site, SiteState, Tick
from mara.domain.checks import named, non_negative
from mara.models.feasibility import Span, repaired
from mara.models.strategies.allocation import allocate
from mara.models.strike import StrikePrice, strike_prices
from mara.settings import SafeSettings
from mara.units import MINUTES_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

__all__ = ["SafeController", "SafeState", "WindowCount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCount:
    """Of the class called `name`: whether it may run, and windows in a row above and below."""

    name: str
    running: bool
    above: int = 0
    below: int = 0

    def __post_init__(self) -> None:
        named("WindowCount", "name", self.name)
        non_negative(f"WindowCount {self.name}", "above", self.above)
        non_negative(f"WindowCount {self.name}", "below", self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeState:
    """What the controller remembers from one interval to the next."""

    counts: tuple[WindowCount, ...] = ()

    def of(self, name: str) -> WindowCount | None:
        """Count of the class called `name`; None before it was first seen with a price."""
        return next((c for c in self.counts if c.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeController:
    """Decides by `levels` alone; equal inputs give equal decisions."""

    levels: SafeSettings = field(default_factory=SafeSettings)
    name: str = "safe-controller"
    blind_minutes: float = 5.0

    def decide(
        self,
        site: Site,
        state: SiteState,
        tick: Tick | None,
        *,
        stale: bool,
        memory: SafeState,
        at: datetime | None = None,
    ) -> tuple[Setpoint, SafeState, str]:
        """Decide the interval that begins `at` (default: the later of tick and state).

        Without any tick miners are off, and inference that runs goes on where the site has
        promised service; `blind_minutes` is then the length of the interval.

        Returns
        -------
        A feasible set point, the memory for the next interval, and the reason in one sentence.
        """
        if tick is None:
            span = Span(at=at or state.at, hours=self.blind_minutes / MINUTES_PER_HOUR)
            point = repaired(site, state, _blind(site, state), span, ())
            return point, memory, "no price at all: miners off, promised inference goes on"
        ladder = strike_prices(site, tick)
        counted = SafeState(counts=tuple(self._counted(s, state, tick, memory) for s in ladder))
        if stale:
            counted = _never_resuming(counted, state, memory)
        wanted = _wanted(site, state, tick, counted, stale=stale)
        span = Span(at=at or max(tick.at, state.at), hours=tick.hours)
        point = repaired(site, state, wanted, span, ladder)
        return point, counted, self._reason(counted, tick, stale=stale)

    def _counted(
        self, strike: StrikePrice, state: SiteState, tick: Tick, memory: SafeState
    ) -> WindowCount:
        """Count the window of `tick` for one class."""
        price, levels = tick.energy_usd_per_mwh, self.levels
        before = _remembered(strike.name, state, memory)
        if price < 0.0:
            return replace(before, running=True, above=0, below=0)
        if price > levels.curtail_ratio * strike.usd_per_mwh:
            above = before.above + 1
            stop = above >= levels.curtail_after or price > levels.spike_usd_per_mwh
            return replace(before, running=before.running and not stop, above=above, below=0)
        if price <= levels.resume_ratio * strike.usd_per_mwh:
            below = before.below + 1
            running = before.running or below >= levels.resume_after
            return replace(before, running=running, above=0, below=below)
        return replace(before, above=0, below=0)

    def _reason(self, counted: SafeState, tick: Tick, *, stale: bool) -> str:
        running = ", ".join(c.name for c in counted.counts if c.running) or "none"
        age = "last known " if stale else ""
        spike = tick.energy_usd_per_mwh > self.levels.spike_usd_per_mwh
        level = " (above the spike level)" if spike else ""
        price = f"{age}power at {tick.energy_usd_per_mwh:,.2f} USD/MWh{level}"
        return f"{price}; classes that may run: {running}"


def _remembered(name: str, state: SiteState, memory: SafeState) -> WindowCount:
    """Count so far; a class first seen may run if it runs."""
    return memory.of(name) or WindowCount(name=name, running=state.of(name).units_on > 0)


def _never_resuming(counted: SafeState, state: SiteState, memory: SafeState) -> SafeState:
    """Take back what a stale price says in favour of running."""
    before = {c.name: _remembered(c.name, state, memory) for c in counted.counts}
    return SafeState(
        counts=tuple(
            replace(c, running=c.running and before[c.name].running, below=before[c.name].below)
            for c in counted.counts
        )
    )


def _wanted(
    site: Site, state: SiteState, tick: Tick, counted: SafeState, *, stale: bool
) -> Setpoint:
    allowed = [c.name for c in counted.counts if c.running]
    paid = tick.energy_usd_per_mwh < 0.0 and not stale and site.battery is not None
    charge = site.battery.power_mw if paid and site.battery is not None else 0.0
    return Setpoint(units=allocate(site, state, tick, allowed), charge_mw=charge)


def _blind(site: Site, state: SiteState) -> Setpoint:
    """Keep inference where service is promised, and nothing else."""
    return Setpoint(units=tuple(_promised(site, state)))


def _promised(site: Site, state: SiteState) -> Iterable[ClassUnits]:
    for machine in site.machines if site.tiers else ():
        if machine.kind is MachineKind.INFERENCE:
            yield ClassUnits(name=machine.name, units=state.of(machine.name).units_on)
