"""What agents in a process of their own and those who look at them say to each other.

The agents show snapshots and answer what they are asked; at the end they say why it is the end.
The other side asks, and says when to stop. A side that is gone ends the connection, and so tells.
"""

from __future__ import annotations

import pickle
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from operator import is_not
from queue import SimpleQueue
from typing import TYPE_CHECKING

from mara.agents.commands import Command, Outcome
from mara.agents.forecast_report import ForecastingReport
from mara.agents.snapshot import Snapshot
from mara.domain import History
from mara.errors import MaraError

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

    from mara.agents.running import Running

__all__ = [
    "Alive",
    "Answered",
    "Asked",
    "Ended",
    "Said",
    "Shown",
    "Stop",
    "Teller",
    "heard",
    "tell",
]

_LOOK_S = 0.25
_PAUSE_S = 0.1
"""Snapshots are sent no more often than this, unless an answer goes out: packing them costs time."""

_ALIVE_S = 1.0
_GONE = (OSError, EOFError)
"""What a connection raises whose other side is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The system after a tick or a command.

    Fields of its market named in `same` are those of the snapshot shown before, and left out.
    """

    snapshot: Snapshot
    same: tuple[str, ...] = ()

    @classmethod
    def after(cls, before: Snapshot | None, snapshot: Snapshot) -> Shown:
        """Leave out what the other side, which was shown `before`, has."""
        if before is None:
            return cls(snapshot=snapshot)
        was, market = before.market, snapshot.market
        light = {
            "history": History(minutes=market.history.minutes),
            "forecasts": (),
            "forecasting": ForecastingReport(),
        }
        same = {n: empty for n, empty in light.items() if getattr(was, n) is getattr(market, n)}
        thin = replace(snapshot, market=replace(market, **same))  # type: ignore[arg-type]
        return cls(snapshot=thin, same=tuple(same))

    def whole(self, before: Snapshot | None) -> Snapshot:
        """Put back what was left out, from the snapshot shown before."""
        if before is None or not self.same:
            return self.snapshot
        kept = {name: getattr(before.market, name) for name in self.same}
        return replace(self.snapshot, market=replace(self.snapshot.market, **kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command; the answer carries its `number`."""

    number: int
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of the command `number`: an outcome, or an error."""

    number: int
    outcome: Outcome | None
    error: MaraError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The agents work no more; `failure` says why, where it is a failure."""

    failure: MaraError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Asks for the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """The agents' process is at work, whether or not there is news."""


Said = Shown | Asked | Answered | Alive | Ended | Stop


def tell(connection: Connection, said: Said) -> bool:
    """Send; False where the other side is gone."""
    try:
        connection.send_bytes(pickle.dumps(said, protocol=pickle.HIGHEST_PROTOCOL))
    except _GONE:
        return False
    return True


def heard(connection: Connection) -> Said | None:
    """Wait for what the other side says; None where it is gone."""
    try:
        said: Said = pickle.loads(connection.recv_bytes())  # noqa: S301 - our own process, no socket
    except _GONE:
        return None
    return said


class Teller:
    """The agents' end of the connection: a runtime is shown, and asked.

    Who is slow to listen holds up nobody: threads of its own watch and send, and of snapshots that
    wait only the newest is sent. An answer goes out after the snapshot in which it shows. Where
    nothing can be sent any more, `serve` ends.
    """

    def __init__(self, runtime: Running, connection: Connection) -> None:
        self._runtime = runtime
        self._connection = connection
        self._news: SimpleQueue[Answered | Alive | Ended | None] = SimpleQueue()
        self._sent: Snapshot | None = None
        self._done = threading.Event()
        self._sender = threading.Thread(target=self._send, name="mara-teller", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="mara-watcher", daemon=True)

    def serve(self) -> None:
        """Show and answer until the runtime ends, or the other side stops it or is gone."""
        self._sender.start()
        self._watcher.start()
        while self._sender.is_alive() and not self._runtime.wait_finished(0.0):
            if not self._connection.poll(_LOOK_S):
                continue
            match heard(self._connection):
                case Asked() as asked:
                    self._ask(asked)
                case _:
                    return

    def end(self, failure: MaraError | None, timeout_s: float = 5.0) -> None:
        """Say the last word, which the last snapshot and the last answers go before."""
        self._done.set()
        self._news.put(Ended(failure=failure))
        self._sender.join(timeout_s)

    def _ask(self, asked: Asked) -> None:
        try:
            answer = self._runtime.submit(asked.command)
        except MaraError as error:
            self._news.put(Answered(number=asked.number, outcome=None, error=error))
            return
        answer.add_done_callback(lambda done: self._news.put(_answered(asked.number, done)))

    def _watch(self) -> None:
        """Report each new snapshot, and that this process is alive."""
        known: Snapshot | None = None
        said_s = time.monotonic()
        while not self._done.is_set():
            if time.monotonic() - said_s > _ALIVE_S:
                said_s = time.monotonic()
                self._news.put(Alive())
            newest = self._runtime.wait_for(partial(is_not, known), _LOOK_S)
            if newest is not None:
                known = newest
                self._news.put(None)
                self._done.wait(_PAUSE_S)

    def _send(self) -> None:
        while True:
            news = self._news.get()
            here = self._show()
            if news is not None:
                here = here and tell(self._connection, news)
            if not here or isinstance(news, Ended):
                return

    def _show(self) -> bool:
        """Send the newest snapshot, unless it was sent; False where nobody listens."""
        snapshot = self._runtime.snapshot
        before, self._sent = self._sent, snapshot
        return snapshot is before or tell(self._connection, Shown.after(before, snapshot))


def _answered(number: int, done: Future[Outcome]) -> Answered:
    error = done.exception()
    if error is None:
        return Answered(number=number, outcome=done.result(), error=None)
    known = error if isinstance(error, MaraError) else MaraError(f"{type(error).__name__}: {error}")
    return Answered(number=number, outcome=None, error=known)
