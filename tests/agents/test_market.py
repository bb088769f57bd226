"""What the engine knows of the market, and of its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from mara.agents.marketbook import MarketBook
from mara.agents.markettime import MarketTime
from mara.clock import FileClock
from mara.domain import Origin
from mara.feeds.base import Batch, Quarantined
from tests.agents.rig import START, STEP, ScriptedFeed, VirtualClock, at, tick


def book(rows: int = 5) -> MarketBook:
    return MarketBook(ScriptedFeed(), past=[tick(at(i - rows)) for i in range(rows)])


def test_only_what_is_new_is_fresh() -> None:
    one = book()
    assert one.take(Batch(ticks=(tick(at(-1)), tick(at(0))))) == (tick(at(0)),)
    assert one.newest_at == START
    assert len(one.history) == 6
    assert one.take(Batch(ticks=(tick(at(0)),))) == ()
    revised = tick(at(-1), energy_usd_per_mwh=1.0, revision=1)
    assert one.take(Batch(ticks=(revised,))) == (revised,)
    assert one.newest_at == START, "an old tick is not the newest"
    assert one.history.series("energy_usd_per_mwh")[-2] == 1.0
    assert len(one.history) == 6


def test_the_order_of_a_batch_does_not_matter() -> None:
    ticks = [tick(at(i)) for i in range(6)]
    rng = np.random.default_rng(4)
    straight, mixed = book(), book()
    straight.take(Batch(ticks=tuple(ticks)))
    mixed.take(Batch(ticks=tuple(ticks[i] for i in rng.permutation(6))))
    assert np.array_equal(straight.history.values, mixed.history.values, equal_nan=True)
    assert straight.newest == mixed.newest
    assert dict(straight.known) == dict(mixed.known)


def test_a_silent_feed_has_an_age_and_says_stale() -> None:
    one = book()
    assert one.status(at(-1)).label == "SIMULATED"
    stale = one.status(at(2))
    assert (stale.stale, stale.age_ticks, stale.label) == (True, 3, "STALE")
    assert one.status(at(-5)).age_ticks == 0


def test_an_empty_book_knows_nothing_and_says_so() -> None:
    empty = MarketBook(ScriptedFeed())
    assert (empty.newest, empty.newest_at) == (None, None)
    assert empty.status(START).age_ticks == 0
    assert empty.status(START).assumed == ()


def test_the_label_says_via_which_server() -> None:
    one = book()
    one.take(Batch(ticks=(tick(at(0), source="exchange 127.0.0.1"),), skew_s=2.0))
    assert one.status(START).label == "SIMULATED via exchange"
    assert one.status(START).skew_s == 2.0
    live = tick(at(1), source="exchange far", origin=Origin.LIVE)
    one.take(Batch(ticks=(live,)))
    assert one.status(at(1)).label == "LIVE"


def test_refused_records_are_counted() -> None:
    one = book()
    one.take(Batch(ticks=(), quarantined=(Quarantined(record="x", reason="y"),)))
    assert one.status(START).quarantined == 1


def test_memory_of_ticks_is_bounded() -> None:
    one = MarketBook(ScriptedFeed())
    one.take(Batch(ticks=tuple(tick(at(i)) for i in range(1_300))))
    assert len(one.known) == 1_200
    assert at(99) not in one.known
    assert at(1_299) in one.known


@pytest.mark.parametrize(("skew", "off"), [(None, 0.0), (3.0, 0.0), (-600.0, -600.0)])
def test_market_time_follows_the_server(skew: float | None, off: float) -> None:
    market = MarketTime(VirtualClock())
    market.learn(skew)
    assert market.now() == START + timedelta(seconds=off)


def test_a_clock_that_does_not_run_at_real_speed_is_believed() -> None:
    market = MarketTime(FileClock(start=START))
    market.learn(-600.0)
    assert market.now() == START


async def test_waiting_ends_at_the_servers_time() -> None:
    clock = VirtualClock()
    clock.offset = timedelta(minutes=10)
    market = MarketTime(clock)
    market.learn(-600.0)
    await market.sleep_until(at(1), at_most=STEP)
    assert clock.true == at(1)


async def test_waiting_is_bounded_where_the_clock_was_set_back() -> None:
    class Standing(VirtualClock):
        speed = 1e6

        async def sleep_until(self, at: object) -> None:
            import asyncio  # noqa: PLC0415

            await asyncio.sleep(30)

    await MarketTime(Standing()).sleep_until(at(5), at_most=STEP)


def test_a_replaced_tick_keeps_one_row() -> None:
    one = book()
    one.take(Batch(ticks=(replace(tick(at(-3)), energy_usd_per_mwh=7.0),)))
    assert len(one.history) == 5
