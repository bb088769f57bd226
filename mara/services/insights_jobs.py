"""Replies that run in threads of their own, so that neither page nor tick ever waits for one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from mara.errors import MaraError
from mara.insights.narrator import Ended, EndReason, Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.insights.narrator import Ask, Narrator
    from mara.insights.reply import ReplySoFar, ReplyWriter

__all__ = ["Job", "Jobs"]

_log = structlog.get_logger("mara.services.insights")

_THREADS: Final = 4
_KEPT: Final = 64
_FAILED: Final = "This reply failed here; the agents go on, and the log tells more."


class Job:
    """One reply: it runs in a thread, is read from any, and can be stopped."""

    def __init__(self, job_id: str, session: str, writer: ReplyWriter) -> None:
        self.job_id = job_id
        self.session = session
        self._writer = writer
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._version = 0

    @property
    def so_far(self) -> ReplySoFar:
        """What may be shown now."""
        return self._writer.so_far

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.so_far.ended is None

    def stop(self) -> None:
        """Ask it to stop; what was said stays."""
        self._stop.set()

    @property
    def version(self) -> int:
        """How often what is shown has changed."""
        return self._version

    def wait(self, seen: int, timeout_s: float) -> int:
        """Wait until something newer than version `seen` can be shown; return its version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > seen, timeout_s)
            return self._version

    def run(self, prepare: Callable[[], tuple[Narrator, Ask]]) -> None:
        """Narrate to the end, whatever happens on the way."""
        try:
            narrator, ask = prepare()
            self._writer.begin(narrator.name, ask.sheet)
            self._tell()
            for event in narrator.narrate(ask, self._stop.is_set):
                if self._writer.take(event):
                    self._tell()
        except MaraError as error:
            self._fail(str(error))
        except Exception:  # noqa: BLE001 - the edge of a thread; logged whole
            _log.exception("reply failed", job=self.job_id)
            self._fail(_FAILED)

    def _fail(self, why: str) -> None:
        self._writer.take(Notice(text=why))
        self._writer.take(Ended(reason=EndReason.FAILED, model=self.so_far.by))
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._version += 1
            self._changed.notify_all()


class Jobs:
    """Runs replies on a few threads, and keeps the newest."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="insights")
        self._lock = threading.Lock()
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(
        self,
        job: Job,
        prepare: Callable[[], tuple[Narrator, Ask]],
        ended: Callable[[Job], None] | None = None,
    ) -> None:
        """Run a reply; `prepare` makes narrator and question in its thread, `ended` follows it."""
        with self._lock:
            self._jobs[job.job_id] = job
            while len(self._jobs) > _KEPT:
                _, old = self._jobs.popitem(last=False)
                old.stop()
        self._pool.submit(_run, job, prepare, ended)

    def find(self, job_id: str) -> Job | None:
        """Find a reply; None where it was dropped."""
        with self._lock:
            return self._jobs.get(job_id)

    def close(self) -> None:
        """Stop all, and wait for none."""
        with self._lock:
            for job in self._jobs.values():
                job.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _run(
    job: Job,
    prepare: Callable[[], tuple[Narrator, Ask]],
    ended: Callable[[Job], None] | None,
) -> None:
    job.run(prepare)
    if ended is not None:
        ended(job)
