"""Worker processes that come back: a pool whose worker died is replaced by a fresh one."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog

from mara.bootstrap.background import in_the_background

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.settings import Settings

__all__ = ["LastingPool", "workers"]

_log = structlog.get_logger("mara.bootstrap.workers")

P = ParamSpec("P")
T = TypeVar("T")


class LastingPool(Executor):
    """An executor made by `make`, and made anew where it is found broken; safe from any thread.

    Work that was out when a worker died ends in `BrokenExecutor`, as in any pool. A pool that is
    shut down without its waiting work calls `give_up`: then the work at hand is dropped as well.
    """

    def __init__(self, make: Callable[[], Executor], give_up: Callable[[], None]) -> None:
        self._make = make
        self._give_up = give_up
        self._lock = threading.Lock()
        self._pool = make()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand work to the pool, or to a fresh one."""
        with self._lock:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenExecutor as error:
                _log.warning("workers replaced", reason=str(error))
                self._pool = self._make()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as in Executor
        """End the pool in use."""
        with self._lock:
            if cancel_futures:
                self._give_up()
            self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def workers(settings: Settings) -> Executor:
    """Make worker processes, started when they are first needed.

    Ticks that wait for nobody need a core of the two; at full speed ticks wait for the workers.
    """
    spawn = multiprocessing.get_context("spawn")
    ended, end = spawn.Pipe(duplex=False)
    make = partial(
        ProcessPoolExecutor,
        max_workers=2 if settings.feed.speed == "max" else 1,
        mp_context=spawn,
        initializer=in_the_background,
        initargs=(ended,),
    )
    return LastingPool(make, give_up=end.close)
