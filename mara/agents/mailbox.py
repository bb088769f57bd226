"""Bounded queues between agents, which know how long their messages waited."""

from __future__ import annotations

import asyncio
import time
from typing import Generic, TypeVar

from mara.agents.recent import Recent
from mara.errors import InvalidValue

__all__ = ["Mailbox"]

T = TypeVar("T")


class Mailbox(Generic[T]):
    """An asyncio queue of at most `size` messages; the oldest gives way to the newest.

    `dropped` counts what gave way. An agent that falls behind thus sees the newest tick, and
    memory stays bounded.
    """

    def __init__(self, *, size: int = 64) -> None:
        if size < 1:
            raise InvalidValue(f"Mailbox: size={size} must be at least 1")
        self._queue: asyncio.Queue[tuple[float, T]] = asyncio.Queue(maxsize=size)
        self._waits_ms = Recent()
        self.dropped = 0

    def __len__(self) -> int:
        return self._queue.qsize()

    def put(self, message: T, said_s: float | None = None) -> None:
        """Leave a message; never blocks. It was said at `said_s` of the performance counter."""
        if self._queue.full():
            self._queue.get_nowait()
            self.dropped += 1
        self._queue.put_nowait((said_s or time.perf_counter(), message))

    async def get(self) -> T:
        """Wait for the next message."""
        put_at, message = await self._queue.get()
        self._waits_ms.add((time.perf_counter() - put_at) * 1e3)
        return message

    @property
    def wait_ms_p99(self) -> float:
        """99th percentile of the time from put to get, over the newest messages."""
        return self._waits_ms.percentile(0.99)
