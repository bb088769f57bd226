"""Worker processes that come back: a pool whose worker died is replaced by a fresh one."""

from __future__ import annotations

import threading
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LastingPool"]

_log = structlog.get_logger("mara.bootstrap.workers")

P = ParamSpec("P")
T = TypeVar("T")


class LastingPool(Executor):
    """An executor made by `make`, and made anew where it is found broken; safe from any thread.

    Work that was out when a worker died ends in `BrokenExecutor`, as in any pool.
    """

    def __init__(self, make: Callable[[], Executor]) -> None:
        self._make = make
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
            self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)
