"""The running system: one engine in one background thread, watched by another.

The engine's loop carries all agents. The watchdog looks at its heartbeat: where an agent hangs
or the thread dies, that engine is retired (it can write nothing more), the agent is blamed on its
circuit, and a fresh engine takes over from the ledger. A crash, a hang and a restart thus share
one path: start-up is recovery.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
import threading
import time
from concurrent.futures import Future
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Final

import structlog

from mara.errors import RefusedError
from mara.safepoint import may_stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.circuit import Circuit
    from mara.agents.commands import Command, Outcome
    from mara.agents.engine import Engine
    from mara.agents.snapshot import Snapshot

__all__ = ["AgentHungError", "Request", "Runtime"]

_log = structlog.get_logger("mara.agents.runtime")
_COMMANDS = 1_000
_GRACE_S: Final = 1.0
_LOOK_S: Final = 0.001

Request = tuple["Command", "Future[Outcome]"]


class AgentHungError(BaseException):
    """Raised inside the thread of an engine that is retired because an agent hangs."""


class Runtime:
    """Owns the engine's thread and the watchdog's; both are daemons and end with `stop`.

    `make_engine` builds an engine of a generation number; `circuits` outlive generations.
    """

    def __init__(
        self,
        make_engine: Callable[[int], Engine],
        *,
        first: Snapshot,
        circuits: dict[str, Circuit],
        heartbeat_s: float = 1.0,
    ) -> None:
        self._make_engine = make_engine
        self._circuits = circuits
        self._heartbeat_s = heartbeat_s
        self._snapshot = first
        self._commands: Queue[Request] = Queue(maxsize=_COMMANDS)
        self._engine: Engine | None = None
        self._thread: threading.Thread | None = None
        self._watchdog: threading.Thread | None = None
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self._changed = threading.Condition()
        self.generation = 0
        self.failure: BaseException | None = None

    @property
    def snapshot(self) -> Snapshot:
        """State at the end of the last tick."""
        return self._snapshot

    def start(self) -> None:
        """Start engine and watchdog; does nothing where they run."""
        if self._watchdog is not None:
            return
        self._new_generation()
        self._watchdog = threading.Thread(target=self._watch, name="mara-watchdog", daemon=True)
        self._watchdog.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the engine after its tick, then the watchdog."""
        self._stopping.set()
        _joined(self._watchdog, timeout_s)
        if self._engine is not None:
            self._engine.stop()
        _joined(self._thread, timeout_s)
        self._end()

    def wait_finished(self, timeout_s: float | None = None) -> bool:
        """Wait for a run that ends by itself (a number of ticks, a file); False on time-out."""
        return self._finished.wait(timeout_s)

    def wait_for(self, seen: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot | None:
        """Wait until a snapshot satisfies `seen`; None on time-out."""
        with self._changed:
            met = self._changed.wait_for(lambda: seen(self._snapshot), timeout_s)
        return self._snapshot if met else None

    def submit(self, command: Command) -> Future[Outcome]:
        """Put a command on the engine's queue.

        Raises
        ------
        RefusedError
            The queue is full, or the system has stopped.
        """
        answer: Future[Outcome] = Future()
        if self._stopping.is_set() or self._finished.is_set():
            raise _stopped()
        try:
            self._commands.put_nowait((command, answer))
        except Full:
            raise RefusedError(
                f"{_COMMANDS} commands are waiting already; try again in a moment", rule="queue"
            ) from None
        if self._engine is not None:
            self._engine.wake()
        return answer

    def next_request(self) -> Request | None:
        """Take the oldest command that waits; None where none does."""
        try:
            return self._commands.get_nowait()
        except Empty:
            return None

    def publish(self, snapshot: Snapshot, generation: int) -> None:
        """Swap the snapshot; a retired generation is ignored."""
        if generation != self.generation:
            return
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()

    def _new_generation(self) -> None:
        self.generation += 1
        engine = self._make_engine(self.generation)
        self._engine = engine
        self._thread = threading.Thread(
            target=self._run, args=(engine,), name=f"mara-agents-{self.generation}", daemon=True
        )
        self._thread.start()

    def _run(self, engine: Engine) -> None:
        try:
            asyncio.run(engine.run())
        except BaseException as error:  # noqa: BLE001
            engine.failed = error
            if not engine.retired:
                _log.error("engine failed", generation=engine.generation, exc_info=error)
        else:
            if not engine.retired:
                self.failure = engine.fatal
                self._end()

    def _end(self) -> None:
        """Say that no engine runs any more, also to those whose commands wait."""
        self._finished.set()
        while (request := self.next_request()) is not None:
            request[1].set_exception(_stopped())

    def _watch(self) -> None:
        while not self._stopping.wait(self._heartbeat_s):
            engine, thread = self._engine, self._thread
            if engine is None or thread is None or self._finished.is_set():
                continue
            if not thread.is_alive():
                self._replace(engine, "its thread ended")
            elif (age := time.monotonic() - engine.beat_s) > 2 * self._heartbeat_s:
                self._replace(engine, f"no heartbeat for {age:.1f} s")

    def _replace(self, engine: Engine, why: str) -> None:
        busy = engine.busy()
        engine.retired = True
        if busy is not None:
            self._circuits[busy[0]].hung(time.monotonic())
        _log.error("engine replaced", why=why, agent=busy[0] if busy else None)
        hung = self._thread
        self._new_generation()
        if hung is not None and hung.is_alive():
            _interrupt(hung)


def _stopped() -> RefusedError:
    return RefusedError("the agents have stopped; start MARA again", rule="running")


def _joined(thread: threading.Thread | None, timeout_s: float) -> None:
    if thread is not None:
        thread.join(timeout_s)


def _interrupt(thread: threading.Thread) -> None:
    """Raise in a thread at its next bytecode; one that blocks in C ends when it comes back.

    Where the thread is at work in a library, it is given a moment to come out of it.
    """
    ends = time.monotonic() + _GRACE_S
    while thread.is_alive() and time.monotonic() < ends:
        if may_stop(sys._current_frames().get(thread.ident or 0)):  # noqa: SLF001 - documented for debuggers
            break
        time.sleep(_LOOK_S)
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(AgentHungError)
        )
