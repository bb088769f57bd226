"""The past of the market, as arrays; a decision sees nothing later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mara.domain.checks import non_negative, positive
from mara.domain.tick import FIGURES, Tick
from mara.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["History"]

Floats = NDArray[np.float64]


def _row(tick: Tick) -> list[float]:
    values = (tick.figure(name) for name in FIGURES)
    return [np.nan if value is None else value for value in values]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Ticks in order of time, at most `max_rows` of them, oldest dropped first.

    `epoch_s`: interval starts, seconds since 1970 UTC, shape (n,), strictly rising. `values`:
    shape (n, len(FIGURES)), NaN where a source lacks the figure. Intervals that are missing are
    missing rows: nothing is filled.
    """

    minutes: float
    max_rows: int = 60 * 288
    epoch_s: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    values: Floats = field(default_factory=lambda: np.empty((0, len(FIGURES))))

    def __post_init__(self) -> None:
        positive("History", "minutes", self.minutes)
        positive("History", "max_rows", self.max_rows)
        if self.values.shape != (self.epoch_s.size, len(FIGURES)):
            raise InvalidValue(f"History: values has shape {self.values.shape}, not matching times")
        if np.any(np.diff(self.epoch_s) <= 0):
            raise InvalidValue("History: times must rise strictly; sort and deduplicate first")
        self.epoch_s.setflags(write=False)
        self.values.setflags(write=False)

    @classmethod
    def of(cls, ticks: Iterable[Tick], *, minutes: float, max_rows: int = 60 * 288) -> History:
        """Make the history of `ticks`, which are in order of time."""
        rows = list(ticks)[-max_rows:]
        return cls(
            minutes=minutes,
            max_rows=max_rows,
            epoch_s=np.array([int(t.at.timestamp()) for t in rows], dtype=np.int64),
            values=np.array([_row(t) for t in rows]).reshape(len(rows), len(FIGURES)),
        )

    def extended(self, tick: Tick) -> History:
        """Add `tick`; a tick of a time already there replaces that row.

        In a full history the oldest row makes room; a tick older than all of it changes nothing.
        """
        at = int(tick.at.timestamp())
        keep = int(np.searchsorted(self.epoch_s, at, side="left"))
        later = int(np.searchsorted(self.epoch_s, at, side="right"))
        first = 1 if self.epoch_s.size - (later - keep) + 1 > self.max_rows else 0
        if first > keep:
            return self
        return History(
            minutes=self.minutes,
            max_rows=self.max_rows,
            epoch_s=np.concatenate([self.epoch_s[first:keep], [at], self.epoch_s[later:]]),
            values=np.concatenate(
                [self.values[first:keep], np.array([_row(tick)]), self.values[later:]]
            ),
        )

    def __len__(self) -> int:
        return int(self.epoch_s.size)

    def series(self, figure: str) -> Floats:
        """Values of one of `FIGURES`, shape (n,), NaN where missing."""
        if figure not in FIGURES:
            raise InvalidValue(f"History: figure={figure!r} is unknown; use one of {FIGURES}")
        column: Floats = self.values[:, FIGURES.index(figure)]
        return column

    def last(self, rows: int) -> History:
        """Keep the newest `rows` intervals."""
        non_negative("History.last", "rows", rows)
        return History(
            minutes=self.minutes,
            max_rows=self.max_rows,
            epoch_s=self.epoch_s[-rows:] if rows else self.epoch_s[:0],
            values=self.values[-rows:] if rows else self.values[:0],
        )

    @property
    def end(self) -> datetime | None:
        """Start of the newest interval; None where there is none."""
        return datetime.fromtimestamp(int(self.epoch_s[-1]), UTC) if len(self) else None
