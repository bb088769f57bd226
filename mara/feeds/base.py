"""The protocol of all feeds, and what a reading holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mara.domain import KnownSeries, Origin, Tick

__all__ = ["Batch", "Feed", "Quarantined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A record that was refused: what it said (at most 1 KB, secrets removed) and why."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Ticks in order of time, without doubles, and the records that were refused.

    `skew_s` is the server's clock minus ours, where the server tells its time. `gaps` lists
    starts of intervals that the source should have and lacks. `known` are further series of the
    days up to the newest tick's own, whole.
    """

    ticks: tuple[Tick, ...]
    quarantined: tuple[Quarantined, ...] = ()
    gaps: tuple[datetime, ...] = ()
    skew_s: float | None = None
    known: tuple[KnownSeries, ...] = ()


class Feed(Protocol):
    """A source of ticks of one regular step."""

    @property
    def name(self) -> str:
        """How the source is called on the screen, such as 'simulated' or 'exchange 127.0.0.1'."""
        ...

    @property
    def origin(self) -> Origin:
        """What its figures are, unless a tick says otherwise."""
        ...

    @property
    def minutes(self) -> float:
        """Length of an interval."""
        ...

    @property
    def start(self) -> datetime | None:
        """Start of the first interval to decide, where the feed fixes it (files, simulator)."""
        ...

    async def read(self, *, after: datetime | None, until: datetime) -> Batch:
        """Ticks whose intervals begin after `after` and not after `until`.

        `after=None` asks for all the history there is. A tick at or before `after` may come
        again when the source corrected it, with a higher `revision`.

        Raises
        ------
        TemporaryError
            The source cannot be reached or read now.
        Unauthorized
            The source refuses the key.
        FeedEnded
            The source is a file and holds nothing after `after`.
        """
        ...

    async def close(self) -> None:
        """Release connections and files."""
        ...
