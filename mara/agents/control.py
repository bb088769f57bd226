"""Everything of a site that changes from tick to tick, and the order in which it changes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.agents.alerts import AlertBoard
from mara.agents.books import Position
from mara.agents.manager import decide_alone
from mara.agents.marketbook import MarketBook
from mara.agents.messages import Decided, ForecastsMade, MarketRead, Situation
from mara.agents.recent import Recent
from mara.agents.recording import gate_view, memory_now, tick_write
from mara.agents.trouble import Trouble
from mara.agents.unknown import Unknowns
from mara.domain import Decision, Mode, Proposal, Site, Tick
from mara.errors import (
    AlreadyDone,
    FeedError,
    FencedOut,
    InvalidValue,
    LedgerCorrupt,
    LedgerError,
    OutcomeUnknown,
    RefusedError,
    VenueError,
)
from mara.ledger.codec import encode
from mara.models.strategies.safe import SafeController
from mara.trading.gate import Limits, check_setpoint

if TYPE_CHECKING:
    from mara.agents.books import Interval
    from mara.agents.effects import Effects
    from mara.agents.memory import Memory
    from mara.agents.pipeline import Pipeline
    from mara.clock import Clock
    from mara.feeds.base import Batch, Feed, Quarantined

__all__ = ["Made", "Rules", "SiteControl"]

_ESTIMATES_AT_MOST: Final = 288
_DAY: Final = timedelta(days=1)
_KEY_REFUSED: Final = RefusedError("the key is refused: nothing is sent", rule="key")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """A decision, and what it was made from."""

    decision: Decision
    read: MarketRead
    made: ForecastsMade | None
    proposals: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What bounds an engine's decisions; `run` names its run in the records."""

    safe: SafeController
    limits: Limits
    keep_records: timedelta
    run: str


class SiteControl:
    """State of the site between ticks. One engine's loop calls it, and nobody else.

    Order of a tick: `take`, `accept`, `reading`, (the agents), `judged`, `carry_out`. Intervals that are
    over are settled in memory first; they reach the ledger in one atomic block with the intent
    of the new decision, and only then count.
    """

    def __init__(
        self,
        *,
        site: Site,
        clock: Clock,
        effects: Effects,
        pipeline: Pipeline,
        rules: Rules,
    ) -> None:
        self.site = site
        self.clock = clock
        self.effects = effects
        self.unknown = Unknowns(effects)
        self.alerts = AlertBoard()
        self.pipeline = pipeline
        self.trouble = Trouble(self.alerts, pipeline.manager)
        self.market: MarketBook | None = None
        self.position: Position | None = None
        self.last: Made | None = None
        self.finished = False
        self.ticks = self.ticks_here = self.open_intents = 0
        self.started_at = clock.now()
        self.decide_ms = self.durable_ms = 0.0
        self.decide_paces, self.durable_paces = Recent(), Recent()
        self._safe = rules.safe
        self.limits = rules.limits
        self.run = rules.run
        self._keep_records = rules.keep_records
        self._pruned_at = self.started_at
        self.over: tuple[Interval, ...] = ()
        self.fresh: tuple[Tick, ...] = ()
        self.bad: tuple[Quarantined, ...] = ()
        self.decided_at: datetime | None = None
        self._first: datetime | None = None
        self._missed: tuple[Tick, ...] = ()
        self._late: tuple[Tick, ...] = ()

    @property
    def book(self) -> MarketBook:
        """The market's book, once the feed was read for the first time."""
        if self.market is None:
            raise RuntimeError("SiteControl: the feed was not read yet")
        return self.market

    def missed(self) -> tuple[Tick, ...]:
        """Ticks of the intervals that the last decision settled without deciding them."""
        return self._missed

    def begin(self, feed: Feed, past: tuple[Tick, ...], memory: Memory | None) -> None:
        """Take over the market's past and what an earlier engine remembered."""
        self.market = MarketBook(feed, past=past)
        self._first = feed.start
        if memory is None:
            return
        self.position = Position(state=memory.state, in_force=memory.in_force, day=memory.day)
        self.ticks, self.started_at = memory.ticks, memory.started_at
        self.decided_at = memory.decided_at or memory.state.at
        self.site = replace(self.site, outages=memory.outages, commitments=memory.commitments)

    def next_due(self) -> datetime | None:
        """Start of the next interval to decide; None where only the feed can tell."""
        if self.decided_at is not None:
            return self.decided_at + self.book.step
        return self._first

    def take(self, batch: Batch) -> None:
        """Take a reading in; what is new in it becomes durable with the next decision."""
        self.fresh = (*self.fresh, *self.book.take(batch))
        self.bad = (*self.bad, *batch.quarantined)

    def accept(self, due: datetime | None) -> datetime | None:
        """Settle what is over, and return the interval to decide.

        After a silence the newest interval is decided and the ones before are only settled. None
        where nothing is known of the market yet.
        """
        newest = self.book.newest
        if newest is None:
            return None
        at = newest.at if due is None else max(due, newest.at)
        if self.position is None:
            self.position = Position.taken_over(self.site, replace(newest, at=at))
        self.over = self._settled_until(at, newest)
        return at

    def _settled_until(self, at: datetime, newest: Tick) -> tuple[Interval, ...]:
        """Settle what is over at `at`, each interval by its own tick or the last one before it.

        A tick that ends a gap says nothing of the gap; `newest` serves where none is known before.
        """
        position, book = self.standing, self.book
        done: list[Interval] = []
        state, estimates = position.state, 0
        for start in position.due(at, book.step):
            estimates += start not in book.known
            if estimates > _ESTIMATES_AT_MOST:
                state = replace(state, at=start + book.step)
                continue
            word = book.word_on(start) or newest
            interval = position.settled(self.site, state, start, word)
            done.append(interval)
            state = interval.after
        position.ahead = replace(state, at=at)
        return tuple(done)

    @property
    def standing(self) -> Position:
        """Where the site stands, once a first interval was accepted."""
        if self.position is None:
            raise RuntimeError("SiteControl: nothing was decided yet")
        return self.position

    def reading(self, at: datetime) -> MarketRead:
        """Gather what the agents get to see of the interval that begins `at`."""
        newest = self.book.newest
        if newest is None:
            raise RuntimeError("SiteControl: no tick is known")
        status = self.book.status(at)
        self.trouble.feed(status, at)
        return MarketRead(
            tick=newest,
            history=self.book.history,
            feed=status,
            situation=Situation(site=self.site, state=self.standing.ahead),
            known=self.book.series,
        )

    def judged(self, read: MarketRead, decided: Decided | None) -> Made:
        """Take the manager's decision, or the safe controller's where the manager has none."""
        if decided is not None and decided.decision.tick_at == read.at:
            self.trouble.failures(decided.failures, read.at)
            return Made(
                decision=decided.decision,
                read=read,
                made=decided.made,
                proposals=decided.proposals,
            )
        self.trouble.no_manager(read.at)
        decision = decide_alone(read, self.pipeline.manager().state, self._safe)
        return Made(decision=decision, read=read, made=None, proposals=())

    async def carry_out(self, made: Made, accepted_s: float) -> None:
        """Make the decision durable, send it, and take what came of it into the position.

        Where the ledger cannot take it, nothing is sent: machines stay as they are, and the
        intervals that are over are settled with the next tick. Where the ledger says that the
        interval was decided before, this engine knows less than the ledger: it ends, and the
        next one starts from there.
        """
        self.decide_ms = (time.perf_counter() - accepted_s) * 1e3
        at = made.read.at
        try:
            await self.effects.make_durable(tick_write(self, made))
        except (FencedOut, LedgerCorrupt, AlreadyDone):
            raise
        except LedgerError as error:
            self.trouble.ledger(error, at)
            return
        self.durable_ms = (time.perf_counter() - accepted_s) * 1e3
        self.decide_paces.add(self.decide_ms)
        self.durable_paces.add(self.durable_ms)
        self.trouble.ledger(None, at)
        self._count(made)
        await self._send(made)

    async def _send(self, made: Made) -> None:
        """Have a durable decision carried out, and take what is in force into the position."""
        decision, at = made.decision, made.read.at
        try:
            if self.trouble.key_refused():
                raise _KEY_REFUSED
            if decision.mode is not Mode.ADVISORY:
                check_setpoint(decision.setpoint, gate_view(self, made))
            receipt = await self.effects.carry_out(self.site, decision, made.read.tick)
        except RefusedError as error:
            await self.effects.refuse(decision, error)
            self.trouble.venue(error, at)
        except OutcomeUnknown as error:
            await self.unknown.add(decision)
            self.trouble.venue(error, at)
        except (VenueError, FeedError, InvalidValue) as error:
            self.trouble.venue(error, at)
        else:
            self.trouble.venue(None, at)
            await self.unknown.superseded(at)
            if receipt is not None:
                self.standing.in_force = receipt.setpoint

    async def reconcile(self) -> None:
        """Read back what no answer came to, before the interval it governs is settled."""
        if self.position is None or self.book.newest is None:
            return
        receipt = await self.unknown.read_back(self.site, self.book.newest)
        if receipt is not None:
            self.position.in_force = receipt.setpoint

    async def remember(self) -> None:
        """Keep the memory; the ledger's silence is an alert, not an end."""
        if self.position is None:
            return
        try:
            self.open_intents = await self.effects.keep(encode(memory_now(self)))
        except (FencedOut, LedgerCorrupt):
            raise
        except LedgerError as error:
            self.trouble.ledger(error, self.standing.state.at)

    def _count(self, made: Made) -> None:
        """Let a tick count, now that it is durable."""
        position = self.standing
        for interval in self.over:
            position.moved(self.site, interval)
        position.state = position.ahead
        self._missed = tuple(i.tick for i in self.over[1:])
        self._late = tuple(t for t in self.fresh if t.at < made.read.at)
        self.over, self.fresh, self.bad = (), (), ()
        self.decided_at = made.read.at
        self.last = made
        self.trouble.loss(position.day.margin_usd, self.limits.max_loss_usd_per_day, made.read.at)
        self.ticks += 1
        self.ticks_here += 1

    def studied(self, at: datetime) -> None:
        """Show what the data agent found odd about the market, and who forecasts for whom."""
        self.trouble.anomalies(self.pipeline.signals()[1], at)
        self.trouble.forecasts(self.pipeline.forecasting().troubles, at)

    async def tidy(self) -> None:
        """Correct what came late, drop old records, and remember; once a tick, after all else."""
        try:
            await self._correct()
            await self._prune()
        except (FencedOut, LedgerCorrupt):
            raise
        except LedgerError as error:
            self.trouble.ledger(error, self.standing.state.at)
        await self.remember()

    async def _prune(self) -> None:
        """Drop records of decisions that are too old, once a day of the market."""
        at = self.standing.state.at
        if at - self._pruned_at < _DAY:
            return
        self._pruned_at = at
        await self.effects.write(self.effects.ledger.prune_records, at - self._keep_records)

    async def _correct(self) -> None:
        """Book anew the settled intervals whose figures came late or were corrected."""
        position = self.standing
        for interval, right in position.corrections(self.site, self.book.known, self._late):
            await self.effects.correct(interval, right, self.clock.now())
            position.replace(self.site, interval, right)

    async def settle_last(self) -> None:
        """Settle the interval in force where a file or a run ends with it."""
        newest = self.book.newest
        if self.position is None or newest is None or self.decided_at is None:
            return
        over = self._settled_until(self.decided_at + self.book.step, newest)
        await self.effects.settle(over)
        for interval in over:
            self.position.moved(self.site, interval)
