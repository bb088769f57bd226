"""Errors as the API sends them, answers that do not come, and streams that break."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import JSONResponse, Response

from tests.insights.server.events import events_of, sse
from tests.insights.server.script import Ending, Failure, Hang, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request

    from tests.insights.server.state import State

__all__ = ["HEADERS", "cut", "failed", "hang", "stream"]

HEADERS: Final = {"request-id": "req_local"}
_TURN_S: Final = 0.01
_PING_S: Final = 0.2


class CutConnection(Exception):  # noqa: N818 - it is no error of the server
    """Ends a stream in the middle of its body."""


def failed(failure: Failure) -> Response:
    """Give the response of an error."""
    told = {"retry-after": failure.retry_after, "date": failure.date}
    extra = {name: text for name, text in told.items() if text is not None}
    if failure.should_retry is not None:
        extra["x-should-retry"] = str(failure.should_retry).lower()
    if failure.body is not None:
        return Response(failure.body, failure.status, HEADERS | extra, media_type="text/html")
    return JSONResponse(_error(failure), failure.status, headers=HEADERS | extra)


def _error(failure: Failure) -> dict[str, Any]:
    error: dict[str, Any] = {"type": failure.kind, "message": failure.message}
    if failure.code is not None:
        error["details"] = {"error_code": failure.code}
    return {"type": "error", "error": error, "request_id": "req_local"}


async def hang(request: Request, state: State, asked: Hang) -> Failure:
    """Wait until the client leaves, the server ends or the time is over."""
    script, until = state.script, time.monotonic() + asked.seconds
    while time.monotonic() < until and not state.closing.is_set():
        if await request.is_disconnected():
            state.abandon(script)
            break
        await asyncio.sleep(_TURN_S)
    return Failure(status=504, kind="timeout_error", message="the request timed out")


async def cut() -> AsyncIterator[bytes]:
    """Give the beginning of a body, and break the connection."""
    yield b'{"type": "message", "content": [{"type": "te'
    raise CutConnection


async def stream(state: State, reply: Reply, message: dict[str, Any]) -> AsyncIterator[bytes]:
    """Give the body of a stream, and note a client that leaves it."""
    script = state.script
    try:
        async for piece in _pieces(state, reply, message):
            yield piece
    except asyncio.CancelledError:
        state.abandon(script)
        raise


async def _pieces(state: State, reply: Reply, message: dict[str, Any]) -> AsyncIterator[bytes]:
    await asyncio.sleep(reply.first_s)
    for number, event in enumerate(events_of(reply, message)):
        if reply.ending is not Ending.WHOLE and number == (reply.events or 0):
            yield await _last_piece(state, reply.ending)
            return
        if event["type"] == "content_block_delta" and reply.chunk_s:
            await asyncio.sleep(reply.chunk_s)
        while event["type"] == "message_delta" and _holds(state, reply):
            yield sse({"type": "ping"})
            await asyncio.sleep(_PING_S)
        yield sse(event)


def _holds(state: State, reply: Reply) -> bool:
    return reply.held is not None and not (reply.held.is_set() or state.closing.is_set())


async def _closing(state: State) -> None:
    while not state.closing.is_set():  # noqa: ASYNC110 - another thread sets it
        await asyncio.sleep(_TURN_S)


async def _last_piece(state: State, ending: Ending) -> bytes:
    """Give the piece that a broken stream ends with, or break the connection."""
    if ending is Ending.CUT:
        raise CutConnection
    if ending is Ending.SILENT:
        await _closing(state)
    if ending is Ending.GARBLED:
        return b'event: content_block_delta\ndata: {"type": "content_block_del\n\n'
    if ending is Ending.MISPLACED:
        delta = {"type": "text_delta", "text": "nowhere"}
        return sse({"type": "content_block_delta", "index": 99, "delta": delta})
    if ending is Ending.OVERLOADED:
        return sse(_error(Failure(status=529, kind="overloaded_error", message="Overloaded")))
    return b""
