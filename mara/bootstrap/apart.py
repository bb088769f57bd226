"""Agents in a process of their own, so that no page that is drawn holds up a tick.

Threads of one process share one interpreter; two processes share nothing but a connection. The
agents' process that dies is started again and takes over from the ledger, as after any crash;
one whose faces are gone ends.
"""

from __future__ import annotations

import atexit
import gc
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from mara.agents.follower import Follower
from mara.agents.link import Ended, Teller, tell
from mara.bootstrap.spawn import spawn_agents, take_early
from mara.errors import MaraError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from mara.agents.commands import Command, Outcome
    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform
    from mara.settings import Settings

__all__ = ["AgentsProcess", "serve_agents"]

_log = structlog.get_logger("mara.bootstrap.apart")
_START_S: Final = 120.0
_LONGEST_PAUSE_S: Final = 30.0


class AgentsProcess:
    """Starts the process, follows it, and starts it again where it dies.

    The pauses before that grow to half a minute. It says by itself where it cannot start or has
    ended: then nothing is started again.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._follower = Follower()
        self._process: BaseProcess | None = None
        self._thread = threading.Thread(target=self._keep, name="mara-agents-process", daemon=True)
        self._stopping = threading.Event()
        self._begun = False

    @property
    def failure(self) -> BaseException | None:
        """What ended the agents, where they failed."""
        return self._follower.failure

    @property
    def snapshot(self) -> Snapshot:
        """State that the agents showed last."""
        return self._follower.snapshot

    @property
    def pid(self) -> int | None:
        """Number of the process that runs the agents now."""
        return None if self._process is None else self._process.pid

    def begin(self) -> None:
        """Start the agents, and wait for nothing; does nothing where they are started."""
        if not self._begun:
            self._begun = True
            atexit.register(self.stop)
            self._thread.start()

    def start(self) -> None:
        """Start the agents and wait for the first that they show.

        Raises
        ------
        MaraError
            They cannot start; the text says why.
        """
        self.begin()
        shown = self._follower.wait_shown(_START_S)
        if self._follower.failure is not None:
            raise self._follower.failure
        if not shown:
            self.stop()
            raise MaraError(f"the agents' process did not answer within {_START_S:g} s")

    def wait_for(self, seen: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot | None:
        """Wait until a snapshot satisfies `seen`; None on time-out."""
        return self._follower.wait_for(seen, timeout_s)

    def wait_finished(self, timeout_s: float | None = None) -> bool:
        """Wait until no agent works any more; False on time-out."""
        return self._follower.wait_finished(timeout_s)

    def submit(self, command: Command) -> Future[Outcome]:
        """Ask the agents for a command; raises as `Follower.submit`."""
        return self._follower.submit(command)

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the agents after their tick, and the process."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._follower.ask_to_stop()
        self._thread.join(timeout_s)
        if self._process is not None and self._process.is_alive():
            self._process.kill()
        self._follower.end(None)

    def _keep(self) -> None:
        """Have the process run until it says that it is the end, or it is told to stop."""
        pause_s = 1.0
        while True:
            ended = self._run_once()
            if ended is not None or self._stopping.is_set():
                self._follower.end(ended.failure if ended else None)
                return
            _log.error("agents' process ended", exitcode=self._exitcode(), again_in_s=pause_s)
            if self._follower.next_version:
                self._follower.lost(
                    f"the agents' process ended by itself (code {self._exitcode()}) and is started "
                    "again; machines stay as they are, nothing is traded"
                )
            if self._stopping.wait(pause_s):
                self._follower.end(None)
                return
            pause_s = min(2.0 * pause_s, _LONGEST_PAUSE_S)

    def _run_once(self) -> Ended | None:
        """Run one process to its end; its last word, or None where it went without one."""
        spawned = take_early(self._settings)
        spawned = spawned or spawn_agents(self._settings, self._follower.next_version)
        self._process = spawned.process
        ended = self._follower.follow(spawned.connection)
        spawned.process.join()
        spawned.connection.close()
        return ended

    def _exitcode(self) -> int | None:
        return None if self._process is None else self._process.exitcode


def serve_agents(settings: Settings, connection: Connection, first_version: int) -> None:
    """Run the agents in this process, for whoever is at the other end of the connection.

    Ctrl-C is left to the other end, which it reaches too; a request to terminate ends the agents
    after their tick.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        platform = _started(settings, connection, first_version)
        if platform is not None:
            _serve(platform, connection)


def _started(settings: Settings, connection: Connection, first_version: int) -> Platform | None:
    """Start; where that fails, say so to the other end."""
    from mara.bootstrap.platform import start_platform  # noqa: PLC0415 - only in the agents' process

    try:
        platform = start_platform(settings, first_version=first_version)
    except Exception as error:  # noqa: BLE001
        if not isinstance(error, MaraError):
            _log.exception("the agents cannot start")
        tell(connection, Ended(failure=_known(error)))
        return None
    gc.collect()
    gc.freeze()
    return platform


def _serve(platform: Platform, connection: Connection) -> None:
    teller = Teller(platform.runtime, connection)
    try:
        teller.serve()
    finally:
        platform.stop()
    teller.end(_known(platform.runtime.failure))


def _known(failure: BaseException | None) -> MaraError | None:
    if failure is None or isinstance(failure, MaraError):
        return failure
    return MaraError(f"{type(failure).__name__}: {failure}")
