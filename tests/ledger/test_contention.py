"""Contention: one writer at a time, one leader a site, one effect for a button pressed twice."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mara.errors import AlreadyDone, FencedOut, LedgerBusy
from mara.ledger import Ledger
from mara.trading.desk import TradeDesk
from tests.ledger import worlds
from tests.ledger.drill import view
from tests.ledger.worlds import SITE_ID

if TYPE_CHECKING:
    from pathlib import Path

    from mara.domain import Order

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_lock_longer_than_the_timeout_is_busy_and_reading_goes_on(url: str, file: Path) -> None:
    """F24: a second process holds the database; the screen does not wait for it."""
    Ledger.open(url, site_id=SITE_ID).close()
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); sys.stdin.read()"
    )
    with Ledger.open(url, site_id=SITE_ID, busy_timeout_s=0.2) as ledger:
        holder = subprocess.Popen(
            [sys.executable, "-c", program, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LedgerBusy, match="another process holds it"):
            ledger.book(worlds.entry(77))
        times = []
        for _ in range(50):
            begun = time.perf_counter()
            ledger.balances()
            times.append(time.perf_counter() - begun)
        assert sorted(times)[-2] < 0.1
        holder.communicate()
        assert ledger.book(worlds.entry(77))


def test_the_lease_has_one_holder(url: str) -> None:
    with Ledger.open(url, site_id=SITE_ID) as one, Ledger.open(url, site_id=SITE_ID) as two:
        token = one.acquire("one", NOW, 10.0)
        with pytest.raises(FencedOut, match=r"one leads until 00:00:10 UTC"):
            two.acquire("two", NOW + timedelta(seconds=9), 10.0)
        one.renew(token, NOW + timedelta(seconds=9), 10.0)
        with pytest.raises(FencedOut):
            two.acquire("two", NOW + timedelta(seconds=18), 10.0)
        assert two.acquire("two", NOW + timedelta(seconds=19), 10.0) == token + 1
        with pytest.raises(FencedOut, match="two leads with token 2, ours is 1"):
            one.book(worlds.entry())
        with pytest.raises(FencedOut, match="token 1 leads no more, two does"):
            one.renew(token, NOW, 10.0)
        one.release(token)
        assert two.book(worlds.entry())
        assert two.acquire("two", NOW + timedelta(seconds=20), 10.0) == token + 2


def test_a_released_lease_is_free_at_once(url: str) -> None:
    with Ledger.open(url, site_id=SITE_ID) as one, Ledger.open(url, site_id=SITE_ID) as two:
        with pytest.raises(FencedOut, match="nobody"):
            one.renew(1, NOW, 10.0)
        token = one.acquire("one", NOW, 10.0)
        with pytest.raises(FencedOut, match="ours is 0"):
            two.book(worlds.entry())
        one.release(token)
        with pytest.raises(FencedOut):
            one.renew(token, NOW, 10.0)
        assert two.acquire("two", NOW, 10.0) == 2


def test_two_sessions_press_the_same_button(url: str) -> None:
    """F31: 100 times two threads at a barrier; one effect each time, and both learn of it."""
    barrier = threading.Barrier(2)
    seen: list[str] = []

    def press(ledger: Ledger) -> None:
        desk = TradeDesk(ledger)
        for number in range(100):
            barrier.wait()
            try:
                seen.append(desk.execute(small(number), view(ledger)).trade_id)
            except AlreadyDone:
                seen.append(f"trade:order-{number}")

    def small(number: int) -> Order:
        return worlds.order(2 * number, order_id=f"order-{number}", quantity_mwh=Decimal("0.01"))

    with Ledger.open(url, site_id=SITE_ID, synchronous="OFF") as ledger:
        threads = [threading.Thread(target=press, args=(ledger,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(ledger.trades(limit=1000)) == 100
        assert ledger.pending() == ()
    assert sorted(seen) == sorted(f"trade:order-{n}" for n in range(100) for _ in range(2))


def test_two_ledgers_race_for_the_same_intent(url: str) -> None:
    """F31: what two processes write is decided by the database."""
    barrier = threading.Barrier(2)
    effects: list[int] = []

    def press(ledger: Ledger) -> None:
        for number in range(50):
            barrier.wait()
            try:
                ledger.journal(worlds.allocation(number))
                effects.append(number)
            except AlreadyDone:
                pass

    with (
        Ledger.open(url, site_id=SITE_ID, busy_timeout_s=10.0, synchronous="OFF") as one,
        Ledger.open(url, site_id=SITE_ID, busy_timeout_s=10.0, synchronous="OFF") as two,
    ):
        threads = [threading.Thread(target=press, args=(ledger,)) for ledger in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(one.pending()) == 50
    assert sorted(effects) == list(range(50))
