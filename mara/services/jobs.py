"""Long solves on the platform's workers: in pieces, with progress, to be cancelled at any time.

A job is cut into pieces of about a second where its mathematics allows: cancelling drops the pieces
that have not begun, and the one at work ends by itself. The executor is a standard one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any, Final

from mara.errors import MaraError, SolverFailed

__all__ = ["Jobs", "Progress", "Work"]

_KEPT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Work:
    """What is to be done: one call a piece, and what makes an answer of all that they give."""

    pieces: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...]
    combine: Callable[[list[Any]], Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Progress:
    """How far a job is: pieces done of all, and its answer or its error once it has ended."""

    done: int
    total: int
    cancelled: bool = False
    answer: Any = None
    error: MaraError | None = None

    @property
    def ended(self) -> bool:
        """Nothing more is to come."""
        return self.cancelled or self.error is not None or self.answer is not None


@dataclass(slots=True)
class _Job:
    work: Work
    futures: list[Future[Any]] = field(default_factory=list)
    cancelled: bool = False
    ended: Progress | None = None


class Jobs:
    """Jobs by name, the newest 16; equal names are one job, whoever asks. Safe from any thread."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._jobs: OrderedDict[str, _Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, name: str, work: Work) -> None:
        """Begin a job, unless it is at work or has an answer already."""
        with self._lock:
            known = self._jobs.get(name)
            if known is not None and not known.cancelled:
                return
            job = _Job(work=work)
            job.futures = [self._executor.submit(call, *args) for call, args in work.pieces]
            self._jobs[name] = job
            self._jobs.move_to_end(name)
            if len(self._jobs) > _KEPT:
                _, oldest = self._jobs.popitem(last=False)
                _drop(oldest)

    def look(self, name: str) -> Progress | None:
        """Tell how far a job is; None where there is none of that name."""
        with self._lock:
            job = self._jobs.get(name)
            if job is None:
                return None
            if job.ended is None:
                seen = _seen(job)
                job.ended = seen if seen.ended else None
                return seen
            return job.ended

    def cancel(self, name: str) -> None:
        """Drop what has not begun, and whatever comes of the rest."""
        with self._lock:
            job = self._jobs.get(name)
            if job is not None and job.ended is None:
                _drop(job)

    def forget(self, name: str) -> None:
        """Drop a job with its answer or error."""
        with self._lock:
            job = self._jobs.pop(name, None)
            if job is not None:
                _drop(job)


def _drop(job: _Job) -> None:
    job.cancelled = True
    for future in job.futures:
        future.cancel()


def _seen(job: _Job) -> Progress:
    total = len(job.futures)
    done = sum(future.done() for future in job.futures)
    if job.cancelled:
        return Progress(done=done, total=total, cancelled=True)
    failed = _failure(job)
    if failed is not None or done < total:
        return Progress(done=done, total=total, error=failed)
    try:
        answer = job.work.combine([future.result() for future in job.futures])
    except MaraError as error:
        return Progress(done=done, total=total, error=error)
    return Progress(done=done, total=total, answer=answer)


def _failure(job: _Job) -> MaraError | None:
    """Find the first error; one that is not ours means that a worker ended."""
    for future in job.futures:
        if not future.done() or future.cancelled():
            continue
        error = future.exception()
        if isinstance(error, MaraError):
            return error
        if isinstance(error, CancelledError):
            continue
        if error is not None:
            return SolverFailed(
                f"workers: one ended with {type(error).__name__}; start the work again, and see the "
                "log if it does not pass"
            )
    return None
