"""Start-up is recovery: one path, after a crash and after a clean stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from mara.agents.memory import KEY, Memory
from mara.domain import IntentKind
from mara.errors import FeedError, FencedOut, LedgerCorrupt, MaraError
from mara.ledger.codec import decode
from mara.trading.recovery import Action, Open, Situation, Step, recover

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mara.agents.control import SiteControl
    from mara.domain import Intent, Receipt, Tick
    from mara.feeds.base import Feed
    from mara.ledger.ledger import Ledger

__all__ = ["lead", "open_intents", "past_of", "remembered"]

_log = structlog.get_logger("mara.agents.opening")
_RETRY_S = 0.25
_FAR = timedelta(days=7)


async def lead(control: SiteControl, *, owner: str, now: datetime, lease_s: float) -> int:
    """Take the site's lease, waiting at most for as long as another engine's lease lasts.

    Raises
    ------
    FencedOut
        Another engine leads and goes on leading.
    """
    ledger, waited = control.effects.ledger, 0.0
    while True:
        try:
            at = now + timedelta(seconds=waited)
            return await control.effects.write(ledger.acquire, owner, at, lease_s)
        except FencedOut:
            if waited > 1.5 * lease_s:
                raise
            await asyncio.sleep(_RETRY_S)
            waited += _RETRY_S


def remembered(ledger: Ledger) -> Memory | None:
    """Read what the last engine remembered; None on an empty ledger.

    Raises
    ------
    LedgerCorrupt
        The note cannot be read.
    """
    body = ledger.note(KEY)
    if body is None:
        return None
    try:
        return decode(Memory, body)
    except MaraError as error:
        raise LedgerCorrupt(
            f"ledger of {ledger.site_id}: the note {KEY!r} cannot be read ({error}); restore a "
            "backup, or start with another ledger"
        ) from None


async def past_of(
    feed: Feed, memory: Memory | None, now: datetime, *, within_s: float | None
) -> tuple[tuple[Tick, ...], str | None]:
    """Read the market's past, all that an engine starting here may have seen.

    Where the feed cannot be read yet, or not `within_s` seconds, the past is empty, with the
    reason.
    """
    step = timedelta(minutes=feed.minutes)
    if memory is not None:
        until = memory.newest_tick_at
    elif feed.start is not None:
        until = feed.start - step
    else:
        until = now
    try:
        async with asyncio.timeout(within_s):
            ticks = (await feed.read(after=None, until=until)).ticks
    except TimeoutError:
        return (), f"no answer within {within_s:g} s"
    except FeedError as error:
        return (), str(error)
    if memory is None and feed.start is None:
        return ticks[:-1], None
    return ticks, None


async def open_intents(control: SiteControl) -> None:
    """Bring every intent that nothing final came of to its end, and take over open trades.

    An intent whose venue cannot be read stays open and is looked at again before the interval it
    governs is settled; its machines stay as they were last seen.
    """
    ledger = control.effects.ledger
    pending = ledger.pending()
    if pending:
        await _end(control, pending)
    if control.position is not None:
        start = control.position.state.at
        control.position.trades = ledger.trades_between(start, start + _FAR)


async def _end(control: SiteControl, pending: Sequence[Intent]) -> None:
    ledger = control.effects.ledger
    found = [Open(intent=i, outcome=ledger.outcome(i.intent_id)) for i in pending]
    situation = Situation(
        now=control.clock.now(),
        interval_s=control.book.step.total_seconds(),
        read_back=await _read_back(control, pending),
    )
    for action in recover(found, situation):
        _log.info("recovered", step=action.step, intent=action.intent.intent_id)
        await _take(control, action)


async def _read_back(control: SiteControl, pending: Sequence[Intent]) -> Receipt | None:
    newest, tick = pending[-1].decision, control.book.newest
    if newest is None or tick is None:
        return None
    try:
        return await control.effects.venue.read_back(control.site, newest, tick)
    except MaraError as error:
        _log.warning("read-back at start-up failed", error=str(error))
        return None


async def _take(control: SiteControl, action: Action) -> None:
    intent, effects = action.intent, control.effects
    match action.step:
        case Step.REACK:
            if action.receipt is not None and control.position is not None:
                control.position.in_force = action.receipt.setpoint
            await effects.close_intent(intent.intent_id, control.clock.now(), action.reason)
        case Step.BOOK if action.trade is not None:
            await effects.write(effects.ledger.book_trade, action.trade)
        case Step.RESEND if intent.kind is IntentKind.ALLOCATE:
            await _resend(control, intent)
        case Step.WAIT if intent.decision is not None:
            await control.unknown.add(intent.decision)
        case _:
            await effects.expire(intent.intent_id, control.clock.now(), action.reason)


async def _resend(control: SiteControl, intent: Intent) -> None:
    tick = control.book.newest
    if intent.decision is None or tick is None:
        return
    await control.effects.mark_resent(intent.intent_id, control.clock.now())
    try:
        receipt = await control.effects.carry_out(control.site, intent.decision, tick)
    except MaraError as error:
        _log.warning("sending again at start-up failed", error=str(error))
        return
    if receipt is not None and control.position is not None:
        control.position.in_force = receipt.setpoint
