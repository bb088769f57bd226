"""The layer around the API that keeps a log, tells the time, and misbehaves on demand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

from mara.exchange.faults import Fault, FaultKind, Faults
from mara.exchange.spoil import spoiled_reply, spoiled_request

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Awaitable, Callable, MutableMapping

    from mara.clock import Clock
    from mara.domain import Origin

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
    Drawn = dict[FaultKind, Fault]

__all__ = ["LOG_ROWS", "Misbehaving", "Served"]

LOG_ROWS: Final = 10_000
"""Requests that are remembered."""

_UNTOUCHED: Final = "/_"
_DRIP_S: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A request that came in: when (seconds of this machine), what, and with which status."""

    at_s: float
    method: str
    path: str
    status: int


@dataclass(slots=True, kw_only=True)
class _Reply:
    status: int = 500
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""


class Misbehaving:
    """ASGI middleware; the paths that begin with ``/_`` are left alone."""

    def __init__(
        self, app: App, *, faults: Faults, clock: Clock, origin: Origin, log: deque[Served]
    ) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock
        self._origin = origin
        self._log = log

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(_UNTOUCHED):
            await self._app(scope, receive, send)
            return
        drawn = self._faults.drawn(scope["method"], scope["path"])
        if FaultKind.DELAY in drawn:
            await asyncio.sleep(drawn[FaultKind.DELAY].seconds or 0.0)
        reply = self._refusal(drawn) or await self._answered(scope, receive, drawn)
        self._note(scope, reply)
        await self._delivered(reply, drawn, send)

    def _note(self, scope: MutableMapping[str, Any], reply: _Reply) -> None:
        now = self._clock.monotonic()
        self._log.append(
            Served(at_s=now, method=scope["method"], path=scope["path"], status=reply.status)
        )

    def _refusal(self, drawn: Drawn) -> _Reply | None:
        """Answer without doing anything, where such a fault was drawn."""
        if FaultKind.RATE_LIMIT in drawn:
            seconds = drawn[FaultKind.RATE_LIMIT].seconds
            return _refused(429, [] if seconds is None else [(b"retry-after", b"%d" % seconds)])
        if FaultKind.RATE_LIMIT_DATE in drawn:
            pause = timedelta(seconds=drawn[FaultKind.RATE_LIMIT_DATE].seconds or 0.0)
            date = format_datetime(self._clock.now() + pause, usegmt=True)
            return _refused(429, [(b"retry-after", date.encode())])
        if FaultKind.UNAUTHORIZED in drawn:
            return _refused(401, [])
        return _refused(500, []) if FaultKind.ERROR in drawn else None

    async def _answered(
        self, scope: MutableMapping[str, Any], receive: Receive, drawn: Drawn
    ) -> _Reply:
        """Let the API answer, and spoil request and reply."""
        rng = self._faults.rng
        body = spoiled_request(await _whole(receive), drawn, rng)
        scope["headers"] = [
            (k, b"%d" % len(body) if k == b"content-length" else v) for k, v in scope["headers"]
        ]
        reply = await _called(self._app, scope, body)
        if FaultKind.ERROR_AFTER in drawn:
            return _refused(500, [])
        reply.body = spoiled_reply(reply.body, drawn, rng)
        return reply

    async def _delivered(self, reply: _Reply, drawn: Drawn, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [*_kept(reply.headers), *self._own_headers(reply, drawn)],
            }
        )
        if FaultKind.DRIP in drawn:
            await _dripped(reply.body, drawn[FaultKind.DRIP].seconds or _DRIP_S, send)
        elif FaultKind.CUT in drawn:
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
        else:
            await send({"type": "http.response.body", "body": reply.body})

    def _own_headers(self, reply: _Reply, drawn: Drawn) -> list[tuple[bytes, bytes]]:
        skew = drawn[FaultKind.SKEW].seconds if FaultKind.SKEW in drawn else None
        date = self._clock.now() + timedelta(seconds=skew or 0.0)
        return [
            (b"content-length", b"%d" % len(reply.body)),
            (b"date", format_datetime(date, usegmt=True).encode()),
            (b"x-mara-origin", self._origin.value.encode()),
        ]


def _refused(status: int, headers: list[tuple[bytes, bytes]]) -> _Reply:
    body = b'{"detail":"as the plan of faults has it"}'
    kind = (b"content-type", b"application/json")
    return _Reply(status=status, headers=[kind, *headers], body=body)


def _kept(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(k, v) for k, v in headers if k.lower() not in {b"content-length", b"date"}]


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _called(app: App, scope: MutableMapping[str, Any], body: bytes) -> _Reply:
    """Give `app` the request and keep what it answers."""
    reply = _Reply(headers=[])

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = list(message.get("headers", []))
        else:
            reply.body += message.get("body", b"")

    await app(scope, receive, send)
    return reply


async def _dripped(body: bytes, seconds: float, send: Send) -> None:
    for i in range(len(body)):
        await send({"type": "http.response.body", "body": body[i : i + 1], "more_body": True})
        await asyncio.sleep(seconds)
    await send({"type": "http.response.body", "body": b""})
