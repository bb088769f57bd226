"""Right of way of a tick over the pages that are drawn in the same process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RightOfWay"]


class RightOfWay:
    """Taken while a tick is worked on; pages are drawn part by part, and only in between.

    Threads of one process share one interpreter: without it, twenty pages that are drawn at the
    moment a tick comes hold its decision up. Parts are drawn one at a time, so that a tick that
    comes finds no more than one at work. Nobody waits long: a part that waited its share goes on.
    """

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._drawing = threading.RLock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the way for a block."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    @contextmanager
    def turn(self, at_most_s: float = 0.25) -> Iterator[bool]:
        """Draw a part of a page in the block, alone and with no tick at work.

        Waits for both no longer than `at_most_s` each; False where either did not come. A part
        within a part is the same turn.
        """
        alone = self._drawing.acquire(timeout=at_most_s)
        try:
            yield self._free.wait(at_most_s) and alone
        finally:
            if alone:
                self._drawing.release()
