"""The one running platform of this process, as pages reach it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from mara.services.console import Console
    from mara.services.insights import Insights
    from mara.services.jobs import Jobs

__all__ = [
    "attach",
    "console",
    "detach",
    "failed",
    "insights",
    "is_starting",
    "jobs",
    "panels_s",
    "refresh_s",
    "starting",
    "turn",
]

_SLOWEST_S: Final = 5.0
_START_S: Final = 120.0
_TURN_S: Final = 0.25


class _Slot:
    """Holds what the app's lifespan started."""

    def __init__(self) -> None:
        self.console: Console | None = None
        self.jobs: Jobs | None = None
        self.insights: Callable[[], Insights] | None = None
        self.refresh_s = 1.0
        self.failure: MaraError | None = None
        self.starting = False
        self.settled = threading.Event()
        self.drawing = threading.RLock()


@st.cache_resource(show_spinner=False)
def _slot() -> _Slot:
    return _Slot()


def starting() -> None:
    """Say that a platform is being started: who asks for its console waits."""
    slot = _slot()
    slot.starting, slot.failure = True, None
    slot.settled.clear()


def failed(error: MaraError) -> None:
    """Say that the platform could not start, and why."""
    slot = _slot()
    slot.starting, slot.failure = False, error
    slot.settled.set()


def is_starting() -> bool:
    """Say whether a platform is being started."""
    return _slot().starting


def attach(
    console: Console,
    *,
    refresh_s: float = 1.0,
    executor: Executor | None = None,
    insights: Callable[[], Insights] | None = None,
) -> None:
    """Give pages the console of the running platform, the pace of live parts, and its workers."""
    slot = _slot()
    slot.insights = insights
    slot.console, slot.refresh_s = console, refresh_s
    slot.jobs = None if executor is None else _jobs_on(executor)
    slot.starting, slot.failure = False, None
    slot.settled.set()


def _jobs_on(executor: Executor) -> Jobs:
    from mara.services.jobs import Jobs  # noqa: PLC0415

    return Jobs(executor)


def detach() -> None:
    """Take the console away: the platform has stopped."""
    slot = _slot()
    slot.console, slot.starting, slot.jobs = None, False, None
    slot.insights = None


def console() -> Console:
    """Find the console of the running platform; wait for it while it starts.

    Raises
    ------
    MaraError
        Nothing was started in this process, or it could not start.
    """
    slot = _slot()
    if slot.starting:
        slot.settled.wait(_START_S)
    if slot.failure is not None:
        raise slot.failure
    found = slot.console
    if found is None:
        raise MaraError(
            "the platform is not running in this process; start it by `streamlit run app.py`"
        )
    return found


@contextmanager
def turn() -> Iterator[None]:
    """Draw a part of a page in the block, alone unless another part takes long.

    Threads of one process share one interpreter: twenty pages that are drawn at once end all
    together at last, where one after the other the first is there at once. A part within a part is
    the same turn.
    """
    drawing = _slot().drawing
    alone = drawing.acquire(timeout=_TURN_S)
    try:
        yield
    finally:
        if alone:
            drawing.release()


def jobs() -> Jobs:
    """Find what runs long solves on the platform's workers.

    Raises
    ------
    MaraError
        The platform has no workers in this process.
    """
    found = _slot().jobs
    if found is None:
        raise MaraError("no workers run in this process, so long solves cannot; restart the app")
    return found


def insights() -> Insights:
    """Find the insights of the running platform.

    Raises
    ------
    MaraError
        The platform runs without them.
    """
    console()
    found = _slot().insights
    if found is None:
        raise MaraError("no insights run in this process; restart the app")
    return found()


def refresh_s() -> float:
    """Tell how often the header refreshes, in seconds."""
    return _slot().refresh_s


def panels_s() -> float:
    """Tell how often panels refresh, in seconds: twice a tick, and never less often than 5 s."""
    snapshot = console().snapshot()
    minutes = snapshot.market.history.minutes
    tick_s = 60.0 * minutes / snapshot.speed if snapshot.speed else 0.0
    return max(refresh_s(), min(tick_s / 2.0, _SLOWEST_S))
