"""A strategy's shadow ledger: what it would have earned alone, on the same ticks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mara.domain import Setpoint, Site, SiteState, Tick
from mara.models.settlement import feasible, settle

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ShadowLedger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowLedger:
    """A strategy's own site state and margin.

    `day_s` are the starts of the day's intervals so far, seconds since 1970 UTC, `day_usd` the
    margin cumulated through each of them since the site's midnight.
    """

    state: SiteState
    setpoint: Setpoint
    total_usd: float = 0.0
    day: str = ""
    day_s: tuple[int, ...] = ()
    day_usd: tuple[float, ...] = ()

    def at(self, when: datetime) -> ShadowLedger:
        """Carry the state to a later time in which nothing is known to have happened."""
        return replace(self, state=replace(self.state, at=when))

    def through(self, site: Site, tick: Tick, setpoint: Setpoint) -> ShadowLedger:
        """Settle the interval of `tick` under `setpoint`, repaired to what is feasible."""
        here = self.at(tick.at)
        allowed = feasible(site, here.state, setpoint, tick)
        settlement, state = settle(site, here.state, allowed, tick)
        day = tick.at.astimezone(site.zone).date().isoformat()
        same = day == self.day
        before = self.day_usd[-1] if same and self.day_usd else 0.0
        return ShadowLedger(
            state=state,
            setpoint=allowed,
            total_usd=self.total_usd + settlement.margin_usd,
            day=day,
            day_s=(*(self.day_s if same else ()), int(tick.at.timestamp())),
            day_usd=(*(self.day_usd if same else ()), before + settlement.margin_usd),
        )

    def cumulated_at(self, starts_s: tuple[int, ...]) -> tuple[float, ...]:
        """Read the cumulated margin at intervals of the day; what is missing keeps the last."""
        if starts_s == self.day_s:
            return self.day_usd
        known = dict(zip(self.day_s, self.day_usd, strict=True))
        values: list[float] = []
        for start_s in starts_s:
            before = values[-1] if values else 0.0
            values.append(known.get(start_s, before))
        return tuple(values)
