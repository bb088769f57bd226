"""Right of way of a tick over the pages that are drawn in the same process."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["RightOfWay"]


class RightOfWay:
    """Taken while a tick is worked on; who draws a page waits for it before each part.

    Threads of one process share one interpreter: without it, twenty pages that are drawn at the
    moment a tick comes hold its decision up. A page waits no longer than it asks for.
    """

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the way for a block."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def give(self, at_most_s: float = 0.25) -> bool:
        """Wait while the way is taken; False where it still was after `at_most_s`."""
        return self._free.wait(at_most_s)
