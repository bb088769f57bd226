"""Settles what the site did, interval by interval, and knows what the day has earned."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from mara.domain import (
    ClassState,
    ClassUnits,
    History,
    Setpoint,
    Settlement,
    Site,
    SiteState,
    Tick,
    Trade,
)
from mara.ledger.booking import TRADING, gain_of_trade, in_cents
from mara.models.settlement import feasible, initial_state, settle
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.strike_rule import StrikeRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Day", "Interval", "Position", "standing"]

_RECENT = 600


def standing(state: SiteState) -> Setpoint:
    """Make the set point that leaves every machine as it is, battery idle."""
    return Setpoint(units=tuple(ClassUnits(name=c.name, units=c.units_on) for c in state.classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval that is over: what was known before it, what was done, what it gave.

    `trades` are those delivered in it. `corrections` counts how often the settlement was corrected
    after it was booked with real figures, `revisions` how often anything was.
    """

    before: SiteState
    tick: Tick
    settlement: Settlement
    after: SiteState
    trades: tuple[Trade, ...] = ()
    corrections: int = 0
    revisions: int = 0

    def corrected(self, site: Site, tick: Tick) -> Interval:
        """Settle the same set point anew at the corrected figures of `tick`.

        The state that followed stays: later intervals were decided on it.
        """
        settlement, _ = settle(site, self.before, self.settlement.setpoint, tick)
        count = self.corrections + (not self.settlement.estimated)
        return replace(
            self,
            tick=tick,
            settlement=settlement,
            corrections=count,
            revisions=self.revisions + 1,
        )

    def booked(self) -> list[tuple[str, Decimal]]:
        """List what the interval puts into the books, by account."""
        price = self.tick.energy_usd_per_mwh
        gains = [(TRADING, gain_of_trade(trade, price)) for trade in self.trades]
        return [*in_cents(self.settlement), *gains]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Margins of the site's calendar day `date` as they were booked, settled intervals only."""

    date: str = ""
    at: tuple[datetime, ...] = ()
    cumulated_usd: tuple[float, ...] = ()
    by_account: tuple[tuple[str, float], ...] = ()

    @property
    def margin_usd(self) -> float:
        """Margin of the day so far."""
        return self.cumulated_usd[-1] if self.cumulated_usd else 0.0

    def with_(self, interval: Interval, site: Site) -> Day:
        """Add an interval; a new calendar day begins from zero."""
        settlement, booked = interval.settlement, interval.booked()
        date = settlement.at.astimezone(site.zone).date().isoformat()
        base = self if date == self.date else Day(date=date)
        gained = float(sum(amount for _, amount in booked))
        return Day(
            date=date,
            at=(*base.at, settlement.at),
            cumulated_usd=(*base.cumulated_usd, base.margin_usd + gained),
            by_account=_added(base.by_account, booked),
        )

    def with_difference(self, site: Site, wrong: Interval, right: Interval) -> Day:
        """Replace an interval of the day by its correction; other days stay as they are."""
        start = wrong.settlement.at
        if start.astimezone(site.zone).date().isoformat() != self.date:
            return self
        change = [*right.booked(), *((account, -amount) for account, amount in wrong.booked())]
        shift = float(sum(amount for _, amount in change))
        cumulated = tuple(
            value + shift if at >= start else value
            for at, value in zip(self.at, self.cumulated_usd, strict=True)
        )
        return replace(self, cumulated_usd=cumulated, by_account=_added(self.by_account, change))


def _added(
    sums: tuple[tuple[str, float], ...], booked: Sequence[tuple[str, Decimal]]
) -> tuple[tuple[str, float], ...]:
    accounts = dict(sums)
    for account, amount in booked:
        accounts[account] = accounts.get(account, 0.0) + float(amount)
    return tuple(sorted(accounts.items()))


@dataclass(slots=True)
class Position:
    """Where the site stands: its state, the set point in force, and the newest intervals.

    `state.at` is the start of the interval in force, not settled yet. `ahead` is the state at
    the start of the interval being decided.
    """

    state: SiteState
    in_force: Setpoint
    ahead: SiteState = field(init=False)
    day: Day = field(default_factory=Day)
    recent: deque[Interval] = field(default_factory=lambda: deque(maxlen=_RECENT))
    trades: tuple[Trade, ...] = ()

    def __post_init__(self) -> None:
        self.ahead = self.state

    @classmethod
    def taken_over(cls, site: Site, tick: Tick) -> Position:
        """Take a site over as it is found: run by the strike rule, battery as it came.

        That is what an operator without MARA does; so the baselines start where MARA starts.
        """
        rest = initial_state(site, tick.at)
        history = History(minutes=tick.minutes)
        context = DecisionContext(site=site, state=rest, tick=tick, history=history)
        wanted = StrikeRule().propose(context).plan.setpoint
        point = feasible(site, rest, wanted, tick)
        running = tuple(ClassState(name=u.name, units_on=u.units) for u in point.units)
        state = replace(rest, classes=running)
        return cls(state=state, in_force=standing(state))

    def due(self, until: datetime, step: timedelta) -> list[datetime]:
        """List the starts of the intervals that are over at `until` and not settled."""
        count = int((until - self.state.at) / step)
        return [self.state.at + i * step for i in range(count)]

    def settled(self, site: Site, state: SiteState, at: datetime, word: Tick) -> Interval:
        """Settle the interval that began `at` by `word`, the market's newest word on it.

        A tick of an earlier interval is an estimate.
        """
        estimated = word.at != at
        used = replace(word, at=at) if estimated else word
        before = replace(state, at=at)
        point = feasible(site, before, self.in_force, used)
        settlement, after = settle(site, before, point, used)
        return Interval(
            before=before,
            tick=used,
            settlement=replace(settlement, estimated=estimated),
            after=after,
            trades=tuple(t for t in self.trades if t.delivery == at),
        )

    def moved(self, site: Site, interval: Interval) -> None:
        """Take an interval into the position, once it is in the ledger."""
        self.state = interval.after
        self.day = self.day.with_(interval, site)
        self.recent.append(interval)
        self.trades = tuple(t for t in self.trades if t.delivery > interval.settlement.at)

    def open_positions(self) -> dict[datetime, Decimal]:
        """Sum what is bought (positive) or sold by delivery interval."""
        sums: dict[datetime, Decimal] = {}
        for trade in self.trades:
            sums[trade.delivery] = sums.get(trade.delivery, Decimal(0)) + trade.signed_mwh
        return sums

    def exposure_mw(self, site: Site) -> float:
        """Power of the machines and the charging in force."""
        running = sum(u.units * site.machine(u.name).unit_mw for u in self.in_force.units)
        return running + self.in_force.charge_mw

    @property
    def open_mwh(self) -> float:
        """Energy bought less energy sold and not delivered yet."""
        return float(sum(t.signed_mwh for t in self.trades))

    def corrections(
        self, site: Site, known: Mapping[datetime, Tick], fresh: Sequence[Tick]
    ) -> list[tuple[Interval, Interval]]:
        """List settled intervals that `fresh` ticks say something else of, with the right one."""
        came = {t.at for t in fresh}
        found = [i for i in self.recent if i.settlement.at in came] if came else []
        stale = [i for i in found if known[i.settlement.at] != i.tick]
        return [(i, i.corrected(site, known[i.settlement.at])) for i in stale]

    def replace(self, site: Site, wrong: Interval, right: Interval) -> None:
        """Put a corrected interval in the place of the wrong one."""
        self.recent[self.recent.index(wrong)] = right
        self.day = self.day.with_difference(site, wrong, right)
