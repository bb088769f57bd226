"""Real servers on free ports of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import uvicorn
from pydantic import SecretStr

from mara.clock import FileClock, SystemClock
from mara.domain import Origin
from mara.exchange.app import Exchange, create_app
from mara.exchange.economics import EventQuote
from mara.exchange.faults import Fault, FaultPlan, Faults
from mara.exchange.store import ExchangeStore
from mara.feeds.mara_api import MaraApiClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from mara.clock import Clock
    from tests.exchange.serving import StandingMarket

START = datetime(2026, 6, 1, 5, tzinfo=UTC)
STEP = timedelta(minutes=5)


class StandingMarket:
    """Quotes that stay as they were given."""

    def __init__(self, quotes: tuple[EventQuote, ...], origin: Origin = Origin.SIMULATED) -> None:
        self.quoted = quotes
        self.origin = origin

    def quotes(self, now: datetime) -> tuple[EventQuote, ...]:
        return tuple(q for q in reversed(self.quoted) if q.at <= now)


def rising_quotes(count: int, start: datetime = START) -> tuple[EventQuote, ...]:
    """Quotes that all differ, oldest first."""
    return tuple(
        EventQuote(
            at=start + i * STEP,
            energy_price=0.5 + i / 64,
            hash_price=2.0 + i / 32,
            token_price=1.0 + i / 16,
        )
        for i in range(count)
    )


def exchange_of(
    folder: Path, *, quotes: int = 12, faults: tuple[Fault, ...] = (), controls: bool = False
) -> Exchange:
    """An exchange whose clock stands at its newest quote."""
    return Exchange(
        store=ExchangeStore(f"sqlite:///{folder}/exchange.db"),
        market=StandingMarket(rising_quotes(quotes)),
        clock=FileClock(start=START + (quotes - 1) * STEP),
        faults=Faults(rng=np.random.default_rng(1), plan=FaultPlan(faults=faults)),
        controls=controls,
    )


@contextlib.contextmanager
def serving(exchange: Exchange) -> Iterator[str]:
    """Serve `exchange` on a free port; gives its address."""
    config = uvicorn.Config(
        create_app(exchange),
        port=0,
        log_level="critical",
        date_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="exchange")
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        exchange.store.close()
        assert not thread.is_alive()


class RawServer:
    """Answers every request with the bytes given, whatever they are, and counts requests."""

    def __init__(self) -> None:
        self.reply = b""
        self.requests: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            writer.write(self.reply)
            await writer.drain()
        writer.close()

    def answer(self, body: bytes, *, status: str = "200 OK", headers: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        self.reply = head.encode() + body


@contextlib.asynccontextmanager
async def raw_server(host: str = "127.0.0.1") -> AsyncIterator[RawServer]:
    """Serve on a free port from this loop."""
    raw = RawServer()
    server = await asyncio.start_server(raw.serve, host, 0)
    raw.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield raw


class HurriedClock(SystemClock):
    """Shows `at`; ten seconds pass at each look, so that the token bucket is always full."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self._seconds = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        self._seconds += 10.0
        return self._seconds


@contextlib.asynccontextmanager
async def client_of(
    url: str,
    *,
    key: str | None = None,
    clock: Clock | None = None,
    timeout_s: float = 8.0,
    attempts: int = 4,
) -> AsyncIterator[MaraApiClient]:
    client = MaraApiClient(
        base_url=url,
        api_key=None if key is None else SecretStr(key),
        clock=clock or SystemClock(),
        rng=np.random.default_rng(3),
        timeout_s=timeout_s,
        attempts=attempts,
    )
    try:
        yield client
    finally:
        await client.close()
