"""A server that misbehaves, over real HTTP (F1, F2, F3, F11, F16, F19)."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from mara.clock import SystemClock
from mara.domain import Origin
from mara.errors import InvalidValue, RateLimited, TemporaryError, Unauthorized
from mara.exchange.faults import Fault, FaultKind, FaultPlan
from mara.feeds.mara_api import MaraApiClient, MaraApiFeed
from mara.feeds.mara_api.client import origin_of
from mara.feeds.mara_api.pace import Pace
from mara.feeds.mara_api.transport import MAX_REPLY_BYTES, Reply, is_here
from mara.http_time import http_date, pause_s
from tests.exchange.serving import (
    START,
    HurriedClock,
    client_of,
    exchange_of,
    raw_server,
    serving,
)

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from mara.feeds.base import Batch

pytestmark = pytest.mark.slow
NOW = START + timedelta(minutes=55)


async def read(url: str, **options: Any) -> Batch:  # noqa: ANN401
    async with client_of(url, **options) as client:
        return await MaraApiFeed(client, site_id="s").read(after=None, until=NOW)


async def test_a_server_that_is_off_is_a_temporary_error_and_its_return_is_noticed(
    tmp_path: Path,
) -> None:
    async with client_of("http://127.0.0.1:9", timeout_s=2) as client:
        with pytest.raises(TemporaryError, match="cannot connect; is the server running"):
            await MaraApiFeed(client, site_id="s").read(after=None, until=NOW)
    exchange = exchange_of(tmp_path)
    exchange.faults.use(FaultPlan(faults=(Fault(kind=FaultKind.ERROR, times=2),)))
    with serving(exchange) as url:
        assert len((await read(url)).ticks) == 12
    assert [served.status for served in exchange.log] == [500, 500, 200]


async def test_a_name_that_does_not_resolve_is_a_temporary_error() -> None:
    with pytest.raises(TemporaryError):
        await read("http://no-such-host.invalid", timeout_s=2, attempts=1)


@pytest.mark.parametrize("kind", [FaultKind.DELAY, FaultKind.DRIP])
async def test_a_slow_server_costs_no_more_than_the_deadline(
    tmp_path: Path, kind: FaultKind
) -> None:
    with serving(exchange_of(tmp_path, faults=(Fault(kind=kind, seconds=4.0),))) as url:
        begun = time.monotonic()
        with pytest.raises(TemporaryError, match=r"no whole answer within|no answer within"):
            await read(url, timeout_s=0.6)
        assert time.monotonic() - begun < 3.9


async def test_one_slow_answer_leaves_time_for_another(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path, faults=(Fault(kind=FaultKind.DRIP, times=1),))
    with serving(exchange) as url:
        assert len((await read(url, timeout_s=2.0)).ticks) == 12
    assert len(exchange.log) == 2


async def test_a_hundred_slow_ticks_leave_no_thread_behind(tmp_path: Path) -> None:
    faults = (Fault(kind=FaultKind.DELAY, seconds=0.2), Fault(kind=FaultKind.DRIP, probability=0.5))
    with serving(exchange_of(tmp_path, faults=faults)) as url:
        async with client_of(url, clock=HurriedClock(NOW), timeout_s=0.04, attempts=1) as client:
            feed = MaraApiFeed(client, site_id="s")
            counts = []
            for _ in range(100):
                with pytest.raises(TemporaryError):
                    await feed.read(after=None, until=NOW)
                counts.append(threading.active_count())
    assert len(set(counts)) == 1
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("kind", ["garbage", "html", "empty", "partial"])
async def test_a_reply_that_is_no_list_of_prices_gives_no_tick(tmp_path: Path, kind: str) -> None:
    with serving(exchange_of(tmp_path, faults=(Fault(kind=FaultKind(kind)),))) as url:
        batch = await read(url)
    assert batch.ticks == ()
    assert len(batch.quarantined) == 1
    assert len(batch.quarantined[0].record) <= 1024


async def test_a_bad_record_costs_at_most_itself(tmp_path: Path) -> None:
    with serving(exchange_of(tmp_path, faults=(Fault(kind=FaultKind.BAD_RECORD),))) as url:
        for _ in range(12):
            batch = await read(url)
            assert len(batch.ticks) in {0, 11}
            assert batch.quarantined


@pytest.mark.parametrize("kind", ["double", "shuffle"])
async def test_doubled_and_shuffled_lists_say_the_same(tmp_path: Path, kind: str) -> None:
    exchange = exchange_of(tmp_path)
    with serving(exchange) as url:
        straight = await read(url)
        exchange.faults.use(FaultPlan(faults=(Fault(kind=FaultKind(kind)),)))
        assert (await read(url)).ticks == straight.ticks


async def test_bytes_that_are_no_reply_are_a_temporary_error() -> None:
    async with raw_server() as raw:
        for reply in (
            b"",
            b"\r\n\r\n",
            b"HTTP/1.1 two hundred OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ):
            raw.reply = reply
            with pytest.raises(TemporaryError):
                await read(raw.url, clock=HurriedClock(NOW), attempts=1)


async def test_compressed_and_endless_replies_are_not_read() -> None:
    async with raw_server() as raw:
        raw.answer(gzip.compress(b"[]")[:-3], headers="Content-Encoding: gzip\r\n")
        with pytest.raises(TemporaryError, match="encoded as 'gzip'"):
            await read(raw.url, attempts=1)
        raw.answer(b" " * (MAX_REPLY_BYTES + 1))
        with pytest.raises(TemporaryError, match="larger than"):
            await read(raw.url, attempts=1)


async def test_a_redirect_is_not_followed() -> None:
    async with raw_server() as raw:
        raw.answer(b"", status="302 Found", headers="Location: http://127.0.0.1:9/prices\r\n")
        with pytest.raises(TemporaryError, match="refused with 302"):
            await read(raw.url, key="canary-1")
    assert len(raw.requests) == 1


BODIES = (
    st.binary(max_size=300)
    | st.text(max_size=200).map(str.encode)
    | st.builds(
        lambda row, cut: json.dumps([row]).encode()[:cut],
        st.dictionaries(
            st.sampled_from(["energy_price", "hash_price", "timestamp", "token_price", "x"]),
            st.none() | st.floats() | st.integers() | st.text(max_size=12) | st.booleans(),
        ),
        st.integers(1, 250),
    )
)


async def fuzzed(examples: int) -> int:
    """Serve so many bodies of the corpus; none may be accepted and none may break the client."""
    async with raw_server() as raw, client_of(raw.url, clock=HurriedClock(), attempts=1) as client:
        feed = MaraApiFeed(client, site_id="s")
        bodies = []

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(BODIES)
        def collect(body: bytes) -> None:
            bodies.append(body)

        collect()
        for body in bodies:
            raw.answer(body)
            batch = await feed.read(after=None, until=NOW)
            assert batch.ticks == ()
            assert batch.quarantined or json.loads(body) == []
    return len(bodies)


async def test_a_corpus_of_bodies_is_refused() -> None:
    assert await fuzzed(300) >= 300


@pytest.mark.soak
async def test_ten_thousand_bodies_are_refused() -> None:
    assert await fuzzed(10_000) >= 10_000


@pytest.mark.parametrize("seconds", [600.0, -600.0, 0.0])
async def test_the_clocks_difference_is_told_and_never_applied(
    tmp_path: Path, seconds: float
) -> None:
    faults = (Fault(kind=FaultKind.SKEW, seconds=seconds),)
    with serving(exchange_of(tmp_path, faults=faults)) as url:
        batch = await read(url, clock=HurriedClock(NOW))
    assert batch.skew_s == pytest.approx(seconds, abs=1.0)
    assert batch.ticks[-1].at == NOW


@pytest.mark.parametrize("kind", [FaultKind.RATE_LIMIT, FaultKind.RATE_LIMIT_DATE])
async def test_a_pause_that_is_asked_for_is_kept(tmp_path: Path, kind: FaultKind) -> None:
    exchange = exchange_of(tmp_path, faults=(Fault(kind=kind, seconds=1.0, times=1),))
    with serving(exchange) as url:
        await read(url)
    first, second = exchange.log
    assert (first.status, second.status) == (429, 200)
    assert second.at_s - first.at_s >= 1.0


async def test_429_without_a_word_still_pauses(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path, faults=(Fault(kind=FaultKind.RATE_LIMIT, times=1),))
    with serving(exchange) as url:
        await read(url)
    assert exchange.log[1].at_s - exchange.log[0].at_s >= 1.0


async def test_a_long_pause_is_told_at_once_and_nothing_is_sent_meanwhile(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path, faults=(Fault(kind=FaultKind.RATE_LIMIT, seconds=60.0),))
    with serving(exchange) as url:
        async with client_of(url, timeout_s=2.0) as client:
            for _ in range(5):
                with pytest.raises(RateLimited) as caught:
                    await client.prices()
                assert 59 < caught.value.retry_after_s <= 60
    assert len(exchange.log) == 1


async def test_calls_keep_to_the_rate(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path)
    with serving(exchange) as url:
        async with client_of(url) as client:
            await asyncio.gather(*(client.inventory() for _ in range(14)))
    took = exchange.log[-1].at_s - exchange.log[0].at_s
    assert took >= (14 - 10) / 5 - 0.2


async def test_a_refused_key_is_tried_once_and_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    exchange = exchange_of(tmp_path)
    key = "canary-0123456789"
    with serving(exchange) as url:
        async with client_of(url, key=key) as client:
            with pytest.raises(Unauthorized, match="the key is refused") as caught:
                await client.machines()
            shown = repr(client) + repr(vars(client)) + repr(caught.value)
    assert [served.status for served in exchange.log] == [401]
    assert key not in shown + caplog.text


async def test_without_a_key_nothing_is_sent(tmp_path: Path) -> None:
    exchange = exchange_of(tmp_path)
    with serving(exchange) as url:
        async with client_of(url) as client:
            with pytest.raises(Unauthorized, match="no api_key is set"):
                await client.site()
    assert not exchange.log


@pytest.mark.parametrize("key", ["", "a b", "new\nline", "ключ"])
def test_an_impossible_key_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(InvalidValue, match="printable ASCII") as caught:
        MaraApiClient(
            base_url="http://127.0.0.1:1",
            clock=SystemClock(),
            rng=np.random.default_rng(0),
            api_key=SecretStr(key),
        )
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8900",
        "ftp://x",
        "http://",
        "http://u:canary@x",
        "http://x:99999999",
        "http://x:abc",
        "http://[::1",
    ],
)
def test_an_impossible_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match=r"such as http://127\.0\.0\.1:8900") as caught:
        MaraApiClient(base_url=url, clock=SystemClock(), rng=np.random.default_rng(0))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("says", "origin"),
    [
        ("SIMULATED", Origin.SIMULATED),
        ("REPLAY", Origin.REPLAY),
        ("LIVE", Origin.SIMULATED),
        ("", Origin.SIMULATED),
    ],
)
async def test_this_machine_is_never_live(says: str, origin: Origin) -> None:
    async with raw_server() as raw:
        raw.answer(b"[]", headers=f"X-Mara-Origin: {says}\r\n")
        async with client_of(raw.url) as client:
            assert (await client.prices()).origin is origin


def test_dates_and_pauses_are_read() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert pause_s("120", now=now) == 120
    assert pause_s(format_datetime(now + timedelta(seconds=30), usegmt=True), now=now) == 30
    assert pause_s(format_datetime(now - timedelta(seconds=30), usegmt=True), now=now) == 0
    assert pause_s("999999999", now=now) == 3_600
    for wrong in (None, "", "-5", "soon", "Mon, 99 Foo 2026 00:00:00 GMT", "1e3"):
        assert pause_s(wrong, now=now) is None
    assert http_date(None) is None
    assert http_date("Mon, 01 Jun 2026 00:00:00 -0000") == now


def test_pauses_grow_and_differ() -> None:
    pace = Pace(clock=HurriedClock(), rng=np.random.default_rng(0))
    pauses = np.array([[pace.pause_s(n) for n in range(1, 8)] for _ in range(400)])
    means = pauses.mean(axis=0)
    assert means == pytest.approx([0.25, 0.5, 1, 2, 4, 4, 4], rel=0.06)
    assert pauses[:, 0].std() > 0.05


async def test_other_calls_are_typed(tmp_path: Path) -> None:
    with serving(exchange_of(tmp_path)) as url:
        async with client_of(url) as client:
            inventory = await client.inventory()
            account = await client.create_site("here")
            again = await client.site()
            assert client.name == f"exchange {httpx.URL(url).host}:{httpx.URL(url).port}"
    assert inventory.machine("asic_compute").output == 50_000
    assert (account.power_w, again.name, again.api_key) == (1_000_000, "here", None)
    with pytest.raises(InvalidValue, match="machine 'x' is unknown"):
        inventory.machine("x")


def test_another_host_is_called_by_its_name() -> None:
    client = MaraApiClient(
        base_url="https://api.example.org", clock=SystemClock(), rng=np.random.default_rng(0)
    )
    assert client.name == "MARA API api.example.org"
    assert MaraApiFeed(client, site_id="s").origin is Origin.LIVE


@pytest.mark.parametrize(
    ("here", "says", "origin"),
    [
        (False, None, Origin.LIVE),
        (False, "LIVE", Origin.LIVE),
        (False, "SIMULATED", Origin.SIMULATED),
        (False, "REPLAY", Origin.REPLAY),
        (True, "LIVE", Origin.SIMULATED),
    ],
)
def test_another_machine_is_live_unless_it_says_otherwise(
    here: bool,  # noqa: FBT001
    says: str | None,
    origin: Origin,
) -> None:
    assert origin_of(Reply(body=b"", skew_s=None, here=here, origin=says)) is origin


async def test_this_machine_by_its_outer_address_is_not_live() -> None:
    own = outer_address()
    if own is None:
        pytest.skip("this machine has no address but the loopback's")
    async with raw_server("0.0.0.0") as raw:  # noqa: S104
        raw.answer(b"[]")
        async with client_of(raw.url.replace("0.0.0.0", own)) as client:  # noqa: S104
            assert not client.is_local_name
            assert (await client.prices()).origin is Origin.SIMULATED


def outer_address() -> str | None:
    """Address that this machine would speak to the world from; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def test_a_reply_without_a_known_peer_counts_as_of_this_machine() -> None:
    assert is_here(httpx.Response(200))
