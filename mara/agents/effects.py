"""What leaves the engine: writes to the ledger and orders to the venue.

The ledger is written by one thread, so that a slow disk holds up neither the agents nor the
heartbeat. Labels given to `probe` name the points at which drills kill the process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import structlog

from mara.agents.books import Interval
from mara.agents.memory import KEY
from mara.domain import (
    Intent,
    IntentKind,
    Mode,
    Outcome,
    OutcomeKind,
    Tick,
    TickRecord,
)
from mara.errors import (
    AlreadyDone,
    FencedOut,
    LedgerBusy,
    LedgerFull,
    MaraError,
    OutcomeUnknown,
)
from mara.feeds.base import Quarantined
from mara.ledger.booking import entries_of, entry_of_trade
from mara.safepoint import no_probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mara.domain import (
        Decision,
        Entry,
        Receipt,
        Site,
        Venue,
    )
    from mara.errors import RefusedError
    from mara.ledger.ledger import Ledger

__all__ = ["Effects", "TickWrite", "allocation"]

_log = structlog.get_logger("mara.agents.effects")
_UNSAID: Final = 1_000

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TickWrite:
    """All that one tick makes durable before anything is sent."""

    ticks: tuple[Tick, ...]
    quarantined: tuple[Quarantined, ...]
    intervals: tuple[Interval, ...]
    intent: Intent
    record: TickRecord
    memory: bytes


class Effects:
    """The ledger behind its writer thread, and the venue."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        venue: Venue,
        currency: str = "USD",
        probe: Callable[[str], None] = no_probe,
    ) -> None:
        self.ledger = ledger
        self.venue = venue
        self.currency = currency
        self.probe = probe
        self.retired = False
        self._unsaid: deque[Outcome] = deque(maxlen=_UNSAID)
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mara-ledger")

    async def write(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a ledger call on the writer thread.

        Raises
        ------
        FencedOut
            This engine was retired: it changes nothing any more.
        """
        if self.retired:
            raise FencedOut("this engine was replaced; it writes nothing any more")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, lambda: call(*args, **kwargs))

    async def make_durable(self, write: TickWrite) -> None:
        """Commit ticks, settlements, and the intent with its record, in one atomic block."""
        await self.write(self._commit, write)
        self.probe("intent")

    def _commit(self, write: TickWrite) -> None:
        self.say_all()
        with self.ledger.batch():
            self.ledger.record_ticks(write.ticks)
            for bad in write.quarantined:
                self.ledger.quarantine(write.intent.made_at, bad.record, bad.reason)
            for interval in write.intervals:
                self._settle(interval)
            self.ledger.journal(write.intent, write.record)
            self.ledger.save_note(KEY, write.memory)

    def _settle(self, interval: Interval) -> None:
        self.probe("book")
        done = interval.settlement
        self.ledger.settle(done, interval.after, entries_of(done, self.currency))
        for entry in self._gains(interval):
            self.ledger.book(entry)
        self.probe("settle")

    async def keep(self, memory: bytes) -> int:
        """Commit the memory and the outcomes not written yet; count the intents still open."""
        return await self.write(self._keep, memory)

    def _keep(self, memory: bytes) -> int:
        self.say_all()
        self.ledger.save_note(KEY, memory)
        return len(self.ledger.pending())

    async def settle(self, intervals: Sequence[Interval]) -> None:
        """Commit settlements alone, where no decision follows."""

        def commit() -> None:
            with self.ledger.batch():
                for interval in intervals:
                    self._settle(interval)

        await self.write(commit)

    async def correct(self, wrong: Interval, right: Interval, at: datetime) -> None:
        """Take back what was booked for an interval and book what is right."""
        await self.write(self._correct, wrong, right, at)

    def _correct(self, wrong: Interval, right: Interval, at: datetime) -> None:
        with self.ledger.batch():
            self.ledger.record_tick(right.tick)
            self._replace(self._gains(wrong), self._gains(right), at)
            entries = entries_of(right.settlement, self.currency)
            if wrong.settlement.estimated:
                self.ledger.settle(right.settlement, wrong.after, entries)
                return
            booked = entries_of(wrong.settlement, self.currency)
            self._replace(
                [_revised(entry, wrong.corrections) for entry in booked],
                [_revised(entry, right.corrections) for entry in entries],
                at,
            )

    def _gains(self, interval: Interval) -> list[Entry]:
        """Entries of the trades that were delivered in an interval."""
        price, estimated = interval.tick.energy_usd_per_mwh, interval.settlement.estimated
        made = [
            entry_of_trade(trade, price, self.currency, estimated=estimated)
            for trade in interval.trades
        ]
        return [_revised(entry, interval.revisions) for entry in made if entry is not None]

    def _replace(self, wrong: Sequence[Entry], right: Sequence[Entry], at: datetime) -> None:
        for entry in wrong:
            self.ledger.reverse(
                entry.entry_id,
                reversal_id=f"{entry.entry_id}:reversed",
                at=at,
                memo="figures corrected by the source",
            )
        for entry in right:
            self.ledger.book(entry)

    async def carry_out(self, site: Site, decision: Decision, tick: Tick) -> Receipt | None:
        """Send a decision and read back what is in force; None where the mode moves nothing.

        An intent stays open where its outcome is unknown; every other end closes it.

        Raises
        ------
        OutcomeUnknown, Mismatch, Unauthorized, VenueError, InvalidValue
            As the venue says.
        """
        if decision.mode is Mode.ADVISORY:
            await self._close(decision, OutcomeKind.EXPIRED, "advisory: nothing was sent")
            return None
        self.probe("send")
        try:
            receipt = await self.venue.apply(site, decision, tick)
        except OutcomeUnknown as error:
            await self._close(decision, OutcomeKind.UNKNOWN, str(error))
            raise
        except MaraError as error:
            await self._close(decision, OutcomeKind.REFUSED, str(error))
            raise
        await self._close(decision, OutcomeKind.ACKNOWLEDGED, receipt.venue, receipt)
        self.probe("ack")
        return receipt

    async def refuse(self, decision: Decision, error: RefusedError) -> None:
        """Write down that the gate let a decision not through."""
        await self._say(
            Outcome(
                intent_id=decision.decision_id,
                at=decision.tick_at,
                kind=OutcomeKind.REFUSED,
                detail=str(error)[:500],
                rule=error.rule,
            )
        )

    async def _close(
        self, decision: Decision, kind: OutcomeKind, detail: str, receipt: Receipt | None = None
    ) -> None:
        await self._say(
            Outcome(
                intent_id=decision.decision_id,
                at=decision.tick_at,
                kind=kind,
                detail=detail[:500],
                receipt=receipt,
            )
        )

    async def _say(self, outcome: Outcome) -> None:
        """Write down what came of an intent; with the next tick where the ledger cannot now."""
        self._unsaid.append(outcome)
        try:
            await self.write(self.say_all)
        except (LedgerFull, LedgerBusy) as error:
            _log.warning("outcome not written yet", intent=outcome.intent_id, error=str(error))

    def say_all(self) -> None:
        """Write down the outcomes that could not be written before."""
        while self._unsaid:
            self.ledger.acknowledge(self._unsaid[0])
            self._unsaid.popleft()

    async def close_intent(self, intent_id: str, at: datetime, detail: str) -> None:
        """Write down that an intent is in force."""
        kind = OutcomeKind.ACKNOWLEDGED
        await self._say(Outcome(intent_id=intent_id, at=at, kind=kind, detail=detail))

    async def expire(self, intent_id: str, at: datetime, detail: str) -> None:
        """Write down that an intent came to nothing."""
        kind = OutcomeKind.EXPIRED
        await self._say(Outcome(intent_id=intent_id, at=at, kind=kind, detail=detail))

    async def mark_resent(self, intent_id: str, at: datetime) -> None:
        """Write down that an intent is sent the one time more that is allowed."""
        await self._say(Outcome(intent_id=intent_id, at=at, kind=OutcomeKind.RESENT))

    async def note_intent(self, intent: Intent) -> bool:
        """Journal a person's intent; False where the same id took effect before."""
        try:
            await self.write(self.ledger.journal, intent)
        except AlreadyDone:
            return False
        await self.close_intent(intent.intent_id, intent.made_at, f"by {intent.author}")
        return True

    def close(self) -> None:
        """Let the writer end its work; nothing is written after that."""
        self._writer.shutdown(wait=False)


def _revised(entry: Entry, corrections: int) -> Entry:
    """Give the n-th correction of an entry an id of its own."""
    if corrections == 0:
        return entry
    return replace(entry, entry_id=f"{entry.entry_id}:corrected-{corrections}")


def allocation(decision: Decision, made_at: datetime) -> Intent:
    """Make the intent of carrying a decision out; its id is the decision's."""
    return Intent(
        intent_id=decision.decision_id,
        site_id=decision.site_id,
        tick_at=decision.tick_at,
        kind=IntentKind.ALLOCATE,
        made_at=made_at,
        author=decision.chosen,
        decision=decision,
    )
