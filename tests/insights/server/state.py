"""What one server has seen, and what it is told to answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.insights.server.threads import Threads
from tests.insights.server.tokens import PromptCache

if TYPE_CHECKING:
    from tests.insights.server.script import Recorded, Script, Usage

__all__ = ["State"]


class State:
    """What one server has seen, is told to answer, and whether it must end."""

    def __init__(self, *, key: str, script: Script) -> None:
        self.key = key
        self.closing = threading.Event()
        self.arrived = threading.Condition()
        self.begin(script)

    def begin(self, script: Script) -> None:
        """Forget all that came, and answer by another script."""
        self.script = script
        self.cache = PromptCache()
        self.threads = Threads()
        self.requests: list[Recorded] = []
        self.billed: list[Usage] = []
        self.abandoned = 0

    def record(self, request: Recorded) -> None:
        """Note a request, and wake who waits for it."""
        with self.arrived:
            self.requests.append(request)
            self.arrived.notify_all()

    def abandon(self, script: Script) -> None:
        """Note that a client left before its answer was whole, if that was of this script."""
        with self.arrived:
            self.abandoned += script is self.script
            self.arrived.notify_all()
