"""A drill ground: one process that forks a child for each drill, and the child dies where told.

Run as `python -m tests.ledger.drill`; jobs come in as lines of JSON, wait statuses go out. Forking
one process that has everything imported costs milliseconds where starting Python costs half a
second.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from mara.domain import Mode, Outcome, OutcomeKind, TradingState
from mara.errors import LedgerFull
from mara.ledger import Ledger, entries_of, entry_of_trade
from mara.trading.desk import TradeDesk
from mara.trading.gate import GateView, Limits
from mara.trading.recovery import Open, Situation, Step, recover
from tests.ledger import worlds

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = 6
INTERVALS = 3
LEASE_S = 10.0
WALL = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one child does: `drill` on the ledger at `url`, dying at the `nth` passing of `label`.

    `acks` receives a line for everything that was acknowledged to a client.
    """

    drill: str
    url: str
    acks: str
    label: str = ""
    nth: int = 1
    after_s: float | None = None


def view(ledger: Ledger) -> GateView:
    limits = Limits(
        max_order_mwh=5.0,
        max_position_mwh=20.0,
        max_loss_usd_per_day=25_000.0,
        price_band_usd_per_mwh=250.0,
        spread_usd_per_mwh=0.5,
        max_orders_per_minute=600,
    )
    return GateView(
        site=worlds.site(),
        limits=limits,
        state=TradingState.ACTIVE,
        mode=Mode.PAPER,
        tick=worlds.tick(0),
        now=worlds.at(0),
        positions=ledger.positions(worlds.at(0)),
    )


def trade_path(ledger: Ledger, ack: Callable[[str], None], probe: Callable[[str], None]) -> None:
    """Trade, then settle the intervals in which the trades deliver."""
    desk = TradeDesk(ledger, probe=probe)
    for number in range(ORDERS):
        order = worlds.order(number, delivery=worlds.at(1 + number % (INTERVALS - 1)))
        desk.execute(order, view(ledger))
        ack(order.order_id)
    for index in range(INTERVALS):
        settle(ledger, index)
        probe("settle")
        ack(f"settle:{index}")


def settle(ledger: Ledger, index: int) -> None:
    settlement = worlds.settlement(index)
    trades = ledger.trades_between(worlds.at(index), worlds.at(index + 1))
    price = 45.0 + index
    gains = [e for t in trades if (e := entry_of_trade(t, price, "USD")) is not None]
    entries = [*entries_of(settlement, "USD"), *gains]
    ledger.settle(settlement, worlds.state(index + 1), entries)


def start_up(ledger: Ledger) -> None:
    """Recover as the runtime does: decide on values, then act on them."""
    desk = TradeDesk(ledger)
    pending = [Open(intent=i, outcome=ledger.outcome(i.intent_id)) for i in ledger.pending()]
    situation = Situation(now=worlds.at(0), interval_s=300.0, read_back=None)
    for action in recover(pending, situation):
        if action.step is Step.BOOK and action.trade is not None:
            ledger.book_trade(action.trade)
        elif action.step is Step.RESEND and action.intent.order is not None:
            again = Outcome(
                intent_id=action.intent.intent_id, at=worlds.at(0), kind=OutcomeKind.RESENT
            )
            ledger.acknowledge(again)
            desk.resume(action.intent.order, view(ledger))


def lead(ledger: Ledger, age: int) -> int:
    """Take the lead at the `age`-th start; each comes after the lease of the one before."""
    return ledger.acquire(f"engine-{age}", WALL + timedelta(minutes=age), LEASE_S)


def _killer(job: Job) -> Callable[[str], None]:
    passed = 0

    def probe(label: str) -> None:
        nonlocal passed
        passed += label == job.label
        if label == job.label and passed == job.nth:
            os.kill(os.getpid(), signal.SIGKILL)

    return probe


def _acknowledger(path: str) -> Callable[[str], None]:
    file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    return lambda line: (os.write(file, f"{line}\n".encode()), None)[1]


def _trade(job: Job) -> None:
    probe = _killer(job)
    with Ledger.open(job.url, site_id=worlds.SITE_ID, probe=probe) as ledger:
        lead(ledger, 0)
        trade_path(ledger, _acknowledger(job.acks), probe)


def _full_disk(job: Job) -> None:
    """Write until no file may grow beyond `nth` bytes; then lift that and write on."""
    ack = _acknowledger(job.acks)
    with Ledger.open(job.url, site_id=worlds.SITE_ID) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job.nth, resource.RLIM_INFINITY))
        refused = 0
        for number in range(400):
            try:
                ledger.book(worlds.entry(number, amount=str(Decimal(number + 1))))
                ack(f"entry-{number}")
            except LedgerFull:
                refused += 1
                if refused == 3:
                    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
                    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        Path(f"{job.acks}.refused").write_text(str(refused), encoding="utf-8")


def _paused(job: Job) -> None:
    """Lead and write for ever; the lease is never renewed."""
    ack = _acknowledger(job.acks)
    with Ledger.open(job.url, site_id=worlds.SITE_ID) as ledger:
        lead(ledger, 0)
        for number in range(10**6):
            ledger.save_note("beat", str(number).encode())
            ack(str(number))
            time.sleep(0.02)


DRILLS = {"trade": _trade, "full_disk": _full_disk, "paused": _paused}


def _child(job: Job) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        DRILLS[job.drill](job)
    except BaseException as error:  # noqa: BLE001
        Path(f"{job.acks}.error").write_text(repr(error), encoding="utf-8")
        os._exit(3)
    os._exit(0)


def main() -> None:
    for line in sys.stdin:
        job = Job(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            _child(job)
        if job.after_s is not None:
            time.sleep(job.after_s)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
