"""A circuit breaker for one key: after failures nothing is sent until a pause is over."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from mara.errors import NarratorError

if TYPE_CHECKING:
    from mara.clock import Clock

__all__ = ["Breaker", "BreakerState"]

_LIMIT: Final = 3
_FIRST_PAUSE_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 900.0
_FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """`open_until` is None where requests pass; `cause` and `text` say why they do not."""

    failures: int = 0
    openings: int = 0
    open_until: datetime | None = None
    cause: str = ""
    text: str = ""


class Breaker:
    """Opens after three failures in a row, for 30 s at first and twice as long each time after.

    A key that is refused opens it for good, a spend cap until it is reset (the time the server
    names, else the first of next month, UTC), a rate limit for as long as the server says. When a
    pause is over one request is let through: it closes the breaker, or opens it again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._state = BreakerState()

    @property
    def state(self) -> BreakerState:
        """Where it stands."""
        return self._state

    def check(self) -> None:
        """Pass, or say why not.

        Raises
        ------
        NarratorError
            It is open (cause "breaker"); `retry_after_s` is what is left of the pause.
        """
        with self._lock:
            state, now = self._state, self._clock.now()
            if state.open_until is None or now >= state.open_until:
                return
            left = (state.open_until - now).total_seconds()
            raise NarratorError(
                f"Claude is not asked until {_when(state.open_until)}: {state.text}",
                cause="breaker",
                retry_after_s=left,
            )

    def succeeded(self) -> None:
        """Close."""
        with self._lock:
            self._state = BreakerState()

    def failed(self, error: NarratorError) -> None:
        """Count a failure, and open where it is one too many."""
        with self._lock:
            state, now = self._state, self._clock.now()
            failures = state.failures + 1
            until = self._until(error, failures, state.openings, now)
            self._state = BreakerState(
                failures=failures,
                openings=state.openings + (until is not None),
                open_until=until,
                cause=error.cause,
                text=str(error),
            )

    def _until(
        self, error: NarratorError, failures: int, openings: int, now: datetime
    ) -> datetime | None:
        if error.cause == "key":
            return _FOREVER
        if error.retry_after_s is not None:
            return now + timedelta(seconds=error.retry_after_s)
        if error.cause == "spend":
            return _next_month(now)
        if failures < _LIMIT and not openings:
            return None
        pause_s = min(_FIRST_PAUSE_S * 2.0**openings, _LONGEST_PAUSE_S)
        return now + timedelta(seconds=pause_s)


def _when(at: datetime) -> str:
    return "another key is given" if at == _FOREVER else f"{at:%d %b %H:%M:%S} UTC"


def _next_month(now: datetime) -> datetime:
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
