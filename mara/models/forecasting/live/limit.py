"""A limit of real time on work that does not look at the clock itself."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from mara.safepoint import may_stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["LateError", "limit"]

_AGAIN_S: Final = 0.001
_GRACE_S: Final = 10.0


class LateError(Exception):
    """The work took longer than its limit."""


@contextmanager
def limit(seconds: float | None) -> Iterator[None]:
    """Raise `LateError` in this process' main thread after `seconds`; workers run tasks there.

    It comes where our own code is at work (`mara.safepoint`), and only after a grace anywhere. The
    handler and the timer that were there go on afterwards.
    """
    if seconds is None:
        yield
        return
    began, over = time.monotonic(), False

    def late(number: int, frame: FrameType | None) -> None:
        del number
        waited = time.monotonic() > began + seconds + _GRACE_S
        if not over and (waited or may_stop(frame, but=__name__)):
            raise LateError
        signal.setitimer(signal.ITIMER_REAL, 0.0 if over else _AGAIN_S)

    before = signal.signal(signal.SIGALRM, late)
    left_s, every_s = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
        left_s = max(left_s - (time.monotonic() - began), _AGAIN_S) if left_s else 0.0
        signal.setitimer(signal.ITIMER_REAL, left_s, every_s)
