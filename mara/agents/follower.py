"""Agents that run in another process, as the faces in this one reach them."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

from mara.agents.link import Answered, Asked, Ended, Said, Shown, Stop, heard, tell
from mara.domain import Alert, Severity
from mara.errors import OutcomeUnknown, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from mara.agents.commands import Command, Outcome
    from mara.agents.snapshot import Snapshot

__all__ = ["AWAY", "Follower"]

AWAY: Final = "agents-away"
"""Code of the alert that no agents are at work."""

_MOST_ASKED = 1_000


class Follower:
    """Holds the newest snapshot of the agents at the other end, and asks them.

    `follow` is called by one thread, for one connection after the other; the rest is safe from any.
    Agents that say nothing for `silent_s` seconds, not even that they are alive, are away.
    """

    def __init__(self, *, silent_s: float = 15.0) -> None:
        self._silent_s = silent_s
        self._snapshot: Snapshot | None = None
        self._connection: Connection | None = None
        self._asked: dict[int, Future[Outcome]] = {}
        self._numbers = count()
        self._changed = threading.Condition()
        self._talking = threading.Lock()
        self._finished = threading.Event()
        self.failure: BaseException | None = None

    @property
    def snapshot(self) -> Snapshot:
        """State that the agents showed last."""
        if self._snapshot is None:
            raise RuntimeError("Follower: the agents have shown nothing yet")
        return self._snapshot

    @property
    def next_version(self) -> int:
        """Number that the next snapshot has at least."""
        return 0 if self._snapshot is None else self._snapshot.version + 1

    def wait_for(self, seen: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot | None:
        """Wait until a snapshot satisfies `seen`; None on time-out."""
        with self._changed:
            met = self._changed.wait_for(lambda: self._meets(seen), timeout_s)
            return self._snapshot if met else None

    def wait_shown(self, timeout_s: float) -> bool:
        """Wait until the agents show anything, or say that they cannot; False on time-out."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._snapshot is not None or self._finished.is_set(), timeout_s
            )

    def _meets(self, seen: Callable[[Snapshot], bool]) -> bool:
        return self._snapshot is not None and seen(self._snapshot)

    def wait_finished(self, timeout_s: float | None = None) -> bool:
        """Wait until no agent works any more; False on time-out."""
        return self._finished.wait(timeout_s)

    def submit(self, command: Command) -> Future[Outcome]:
        """Ask the agents for a command.

        Raises
        ------
        RefusedError
            The agents have stopped, are away for the moment, or too much is asked already.
        """
        if self._finished.is_set():
            raise RefusedError("the agents have stopped; start MARA again", rule="running")
        if len(self._asked) >= _MOST_ASKED:
            raise RefusedError(
                f"{_MOST_ASKED} commands are waiting already; try again in a moment", rule="queue"
            )
        answer: Future[Outcome] = Future()
        with self._talking:
            number = next(self._numbers)
            self._asked[number] = answer
            there = self._connection is not None and tell(
                self._connection, Asked(number=number, command=command)
            )
            if not there:
                self._asked.pop(number, None)
                raise RefusedError(
                    "the agents are being started again; try once more in a moment", rule="running"
                )
        return answer

    def ask_to_stop(self) -> None:
        """Ask the agents to end after their tick."""
        with self._talking:
            if self._connection is not None:
                tell(self._connection, Stop())

    def follow(self, connection: Connection) -> Ended | None:
        """Take in what the agents say, until their last word; None where they go without one."""
        with self._talking:
            self._connection = connection
        shown: Snapshot | None = None
        while (said := self._heard(connection, shown)) is not None:
            match said:
                case Shown():
                    shown = said.whole(shown)
                    self._take(shown)
                case Answered():
                    self._answer(said)
                case Ended():
                    self._away()
                    return said
        self._away()
        return None

    def _heard(self, connection: Connection, shown: Snapshot | None) -> Said | None:
        """Wait for what the agents say; a silence that is too long shows, and so does its end."""
        if shown is None or connection.poll(self._silent_s):
            return heard(connection)
        self.lost(f"the agents' process has said nothing for {self._silent_s:g} s")
        said = heard(connection)
        if said is not None:
            self._take(replace(shown, version=max(shown.version, self.next_version)))
        return said

    def lost(self, text: str) -> None:
        """Say on the last snapshot that the agents are away, and why; its figures are stale."""
        last = self.snapshot
        alert = Alert(code=AWAY, severity=Severity.CRITICAL, text=text[:500], since=last.clock)
        others = tuple(a for a in last.alerts if a.code != AWAY)
        feed = last.market.feed
        stale = replace(feed, stale=True, age_ticks=max(feed.age_ticks, 1), error=text[:500])
        self._take(
            replace(
                last,
                version=last.version + 1,
                market=replace(last.market, feed=stale),
                alerts=(alert, *others),
            )
        )

    def end(self, failure: BaseException | None) -> None:
        """Say that no agent works any more."""
        self.failure = failure
        if self._snapshot is not None and not self._snapshot.finished:
            self._take(replace(self._snapshot, version=self.next_version, finished=True))
        self._finished.set()
        with self._changed:
            self._changed.notify_all()

    def _take(self, snapshot: Snapshot) -> None:
        with self._changed:
            self._snapshot = snapshot
            self._changed.notify_all()

    def _answer(self, said: Answered) -> None:
        answer = self._asked.pop(said.number, None)
        if answer is None:
            return
        if said.outcome is not None:
            answer.set_result(said.outcome)
        else:
            answer.set_exception(said.error or RuntimeError("answered without a word"))

    def _away(self) -> None:
        """Tell those who wait that nobody knows what came of their commands."""
        with self._talking:
            self._connection = None
            waiting, self._asked = self._asked, {}
        for answer in waiting.values():
            answer.set_exception(
                OutcomeUnknown(
                    "the agents ended before they answered; press again to see what came of it"
                )
            )
