"""The live commentary: one for all sessions, each N ticks or when something happens."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mara.agents.snapshot import Snapshot
    from mara.services.insights_jobs import Job

__all__ = ["SHARED", "Commentary", "Occasion", "occasion_of", "payer_of"]

SHARED: Final = "shared"
"""Name of the session that all sessions share: that of the commentary."""

_KEPT: Final = 12
_SPIKE: Final = "spike"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What of a snapshot may call for a comment."""

    ticks: int
    state: str
    alerts: frozenset[str]
    spike: bool
    running_units: int


def payer_of(session: str, now: datetime) -> str:
    """Name the purse that pays for a session: the shared one has a session's budget each day."""
    return f"{SHARED} {now:%Y-%m-%d}" if session == SHARED else session


def occasion_of(snapshot: Snapshot) -> Occasion:
    """Read what may call for a comment."""
    state = snapshot.state
    return Occasion(
        ticks=snapshot.ticks,
        state=str(snapshot.trading_state),
        alerts=frozenset(alert.code for alert in snapshot.alerts),
        spike=any(str(anomaly.kind) == _SPIKE for anomaly in snapshot.market.anomalies),
        running_units=sum(c.units_on for c in state.classes) if state else 0,
    )


def _happened(now: Occasion, before: Occasion) -> str:
    """Name what happened between two looks; empty where nothing did."""
    if now.state != before.state:
        return f"state {now.state}"
    if now.alerts - before.alerts:
        return "alert"
    if now.spike and not before.spike:
        return "spike"
    if now.running_units < 0.5 * before.running_units:
        return "curtailment"
    return ""


class Commentary:
    """Starts a comment when one is due and somebody looks; nobody looks, nothing is spent."""

    def __init__(
        self, snapshot: Callable[[], Snapshot], *, start: Callable[[], Job], every_ticks: int
    ) -> None:
        self._snapshot = snapshot
        self._start = start
        self._every = every_ticks
        self._lock = threading.Lock()
        self._jobs: deque[tuple[str, Job]] = deque(maxlen=_KEPT)
        self._last: Occasion | None = None
        self.paused = False

    def look(self) -> tuple[tuple[str, Job], ...]:
        """Start a comment where one is due; give the newest comments, newest first."""
        now = occasion_of(self._snapshot())
        with self._lock:
            why = self._due(now)
            if why:
                self._last = now
                self._jobs.appendleft((why, self._start()))
            return tuple(self._jobs)

    def _due(self, now: Occasion) -> str:
        if self.paused or now.ticks == 0 or (self._jobs and self._jobs[0][1].running):
            return ""
        if self._last is None:
            return "first look"
        if now.ticks - self._last.ticks >= self._every:
            return f"every {self._every} ticks"
        return _happened(now, self._last) if now.ticks > self._last.ticks else ""
