"""One generation of the running system: waits for ticks, has them decided, acts, keeps books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from mara.agents.control import SiteControl
from mara.agents.explainer import Explainer
from mara.agents.markettime import MarketTime
from mara.agents.messages import Advance, Decided, Failed
from mara.agents.opening import lead, open_intents, past_of, remembered
from mara.agents.orders import Orders
from mara.agents.runtime import Request
from mara.clock import Clock
from mara.errors import (
    FeedEnded,
    FeedError,
    FencedOut,
    LedgerCorrupt,
    LedgerError,
    Unauthorized,
)
from mara.feeds.base import Feed

if TYPE_CHECKING:
    from datetime import datetime

    from mara.agents.control import Made

__all__ = ["Engine", "Wiring"]

_log = structlog.get_logger("mara.agents.engine")
_BEAT_S = 0.25
_POLL_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What an engine is connected to. `wall` tells real time, for the lease."""

    feed: Feed
    clock: Clock
    wall: Clock
    control: SiteControl
    orders: Orders
    next_request: Callable[[], Request | None]
    publish: Callable[[SiteControl], None]
    explainer: Explainer | None
    owner: str
    lease_s: float
    deadline_s: float
    max_ticks: int | None = None


class Engine:
    """Runs in one thread from recovery to the end of its generation.

    `retired` is set by the watchdog: a retired engine changes nothing any more. `fatal` is an
    error that no restart can mend.
    """

    def __init__(self, wiring: Wiring, *, generation: int) -> None:
        self._w = wiring
        self._control = wiring.control
        self._pipeline = wiring.control.pipeline
        self._time = MarketTime(wiring.clock)
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._token: int | None = None
        self._explaining: asyncio.Task[None] | None = None
        self.generation = generation
        self.beat_s = float("inf")
        self.failed: BaseException | None = None
        self.fatal: BaseException | None = None

    @property
    def retired(self) -> bool:
        """Whether this engine may no longer write or publish."""
        return self._control.effects.retired

    @retired.setter
    def retired(self, value: bool) -> None:
        self._control.effects.retired = value

    def busy(self) -> tuple[str, float] | None:
        """Name the agent at work now, and since when."""
        return self._pipeline.busy()

    def stop(self) -> None:
        """Ask for an end after the tick at hand; safe from any thread."""
        self._stopping = True
        self.wake()

    def wake(self) -> None:
        """Have waiting commands looked at; safe from any thread."""
        if self._loop is not None and self._wake is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self) -> None:
        """Recover, then decide one interval after the other until told to stop."""
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._recover()
            await self._run_agents()
            self._control.finished = True
        except (FencedOut, LedgerCorrupt) as error:
            self.fatal = error
        finally:
            await self._close()

    async def _recover(self) -> None:
        w, control = self._w, self._control
        self._token = await lead(control, owner=w.owner, now=w.wall.now(), lease_s=w.lease_s)
        memory = remembered(control.effects.ledger)
        past, trouble = await past_of(
            w.feed, memory, w.clock.now(), within_s=w.deadline_s if w.clock.speed else None
        )
        control.begin(w.feed, past, memory)
        control.book.trouble = trouble
        await open_intents(control)
        w.publish(control)

    async def _run_agents(self) -> None:
        self._pipeline.start()
        keeping = [asyncio.create_task(self._beat()), asyncio.create_task(self._renew())]
        try:
            await self._decide_on()
        finally:
            for task in keeping:
                task.cancel()
            await self._pipeline.stop()

    async def _close(self) -> None:
        """Give back what is held; an engine that fails leaves the rest to the next one."""
        await self._w.feed.close()
        control = self._control
        if self.fatal is not None:
            control.finished = True
            control.trouble.fatal(self.fatal, self._w.clock.now())
        elif control.finished and not self.retired:
            await control.effects.write(control.effects.ledger.release, self._token or 0)
        control.effects.close()
        if control.finished and control.market is not None:
            self._w.publish(control)

    async def _beat(self) -> None:
        while True:
            self.beat_s = time.monotonic()
            await asyncio.sleep(_BEAT_S)

    async def _renew(self) -> None:
        """Prolong the lease; whoever lost it stops."""
        w, ledger = self._w, self._control.effects.ledger
        while True:
            await asyncio.sleep(w.lease_s / 3)
            try:
                await self._control.effects.write(
                    ledger.renew, self._token or 0, w.wall.now(), w.lease_s
                )
            except FencedOut as error:
                self.fatal = error
                self.stop()
            except LedgerError as error:
                _log.warning("lease not renewed", error=str(error))

    async def _decide_on(self) -> None:
        while not self._done():
            due = self._control.next_due()
            if due is not None:
                await self._wait_until(due)
            else:
                await self._serve_requests()
            if self._done():
                break
            try:
                await self._one_interval(due)
            except FeedEnded:
                break
        if not self.retired and self.fatal is None and self._w.clock.speed is None:
            await self._control.settle_last()
            await self._control.remember()

    def _done(self) -> bool:
        limit = self._w.max_ticks
        enough = limit is not None and self._control.ticks_here >= limit
        return self._stopping or self.retired or enough

    async def _wait_until(self, due: datetime) -> None:
        """Wait for market time `due`, and serve commands meanwhile."""
        waiting = self._time.sleep_until(due, at_most=self._control.book.step)
        sleeping = asyncio.create_task(waiting)
        try:
            while not sleeping.done() and not self._done():
                await self._serve_requests()
                waking = asyncio.create_task(self._woken())
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
            await self._serve_requests()
        finally:
            sleeping.cancel()

    async def _woken(self) -> None:
        if self._wake is not None:
            await self._wake.wait()
            self._wake.clear()

    async def _serve_requests(self) -> None:
        while not self.retired and (request := self._w.next_request()) is not None:
            answer = await self._w.orders.serve(request)
            self._w.publish(self._control)
            answer()

    async def _one_interval(self, due: datetime | None) -> None:
        await self._read(due)
        if due is not None and not self._has(due) and self._time.now() < due:
            return
        await self._control.reconcile()
        accepted_s = time.perf_counter()
        at = self._control.accept(due)
        if at is None:
            await asyncio.sleep(_POLL_S)
            return
        made = await self._decided(at, accepted_s)
        if made is None:
            return
        self._explain(made)
        if self._control.next_due() == due:
            await asyncio.sleep(_POLL_S)

    async def _decided(self, at: datetime, accepted_s: float) -> Made | None:
        """Have the interval `at` decided, carried out and learnt from; None where replaced."""
        read = self._control.reading(at)
        self._pipeline.deliver(read)
        made = self._control.judged(read, await self._answer(at))
        if self.retired:
            return None
        await self._control.carry_out(made, accepted_s)
        await self._learn(made)
        self._w.publish(self._control)
        return made

    def _explain(self, made: Made) -> None:
        """Have the decision card computed beside the loop, unless the last one still is."""
        explainer = self._w.explainer
        if explainer is None or (self._explaining and not self._explaining.done()):
            return

        async def explained() -> None:
            await explainer.explain(made)
            self._w.publish(self._control)

        self._explaining = asyncio.create_task(explained())

    async def _learn(self, made: Made) -> None:
        if made.made is not None:
            self._pipeline.deliver(Advance(made=made.made, missed=self._control.missed()))
            await self._pipeline.drained()
            self._control.studied(made.read.at)
        await self._control.tidy()

    async def _answer(self, at: datetime) -> Decided | None:
        """Wait for the manager's decision of the interval `at`; None where none comes in time.

        A clock that runs through a file waits for as long as it takes.
        """
        try:
            async with asyncio.timeout(self._w.deadline_s if self._w.clock.speed else None):
                while True:
                    answer = await self._pipeline.outbox.get()
                    if isinstance(answer, Decided) and answer.decision.tick_at == at:
                        return answer
                    if isinstance(answer, Failed) and answer.tick_at == at:
                        return None
        except TimeoutError:
            return None

    async def _read(self, due: datetime | None) -> None:
        """Read the feed until it has the interval `due`, at most to the deadline.

        Where it could not be read, the cause is the feed's trouble.
        """
        book = self._control.book
        if self._control.trouble.key_refused():
            return
        book.trouble = None
        try:
            async with asyncio.timeout(self._w.deadline_s if self._w.clock.speed else None):
                await self._polled(due)
        except TimeoutError:
            book.trouble = f"no answer within {self._w.deadline_s:g} s"
        except Unauthorized as error:
            book.trouble = str(error)
            self._control.trouble.unauthorized(error, self._w.clock.now())
        except FeedEnded:
            raise
        except FeedError as error:
            book.trouble = str(error)

    async def _polled(self, due: datetime | None) -> None:
        control, patience_s = self._control, self._patience_s()
        began = time.monotonic()
        while True:
            now = self._time.now()
            until = now if due is None else max(due, now)
            batch = await self._w.feed.read(after=control.book.newest_at, until=until)
            control.take(batch)
            self._time.learn(batch.skew_s)
            waited = time.monotonic() - began + _POLL_S
            if self._has(due) or self._w.clock.speed is None or waited > patience_s:
                return
            await asyncio.sleep(_POLL_S)

    def _has(self, due: datetime | None) -> bool:
        """Say whether the market's word on the interval `due` is there."""
        newest_at = self._control.book.newest_at
        return due is None or (newest_at is not None and newest_at >= due)

    def _patience_s(self) -> float:
        """How long to poll for a tick that is late: no longer than four fifths of its interval."""
        step = timedelta(minutes=self._w.feed.minutes)
        return min(self._w.deadline_s, 0.8 * step.total_seconds() / (self._w.clock.speed or 1.0))
