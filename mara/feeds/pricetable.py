"""A price file once read: arrays in order of time, and ticks made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mara.domain import FIGURES, Exogenous, History, KnownSeries, Origin, Tick
from mara.domain.checks import named, positive
from mara.errors import InvalidValue
from mara.feeds.base import Quarantined

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Floats", "Ints", "PriceTable"]

KNOWN_DAYS: Final = 8
"""Calendar days of a further series that are handed on with a tick, its own among them."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceTable:
    """What a price file says, one row an interval it holds; nothing is filled.

    `epoch_s`: interval starts, seconds since 1970 UTC, shape (n,), strictly rising. `figures`: by
    names of `FIGURES`, and `exogenous` by their own: shape (n,), NaN where the file says nothing.
    `gaps_s`: starts of intervals between first and last that it lacks. `assumed` names the figures
    that a person gave. Values of `exogenous` for a calendar day of `tz` are known before it begins.
    """

    name: str
    tz: str
    minutes: float
    epoch_s: Ints
    figures: Mapping[str, Floats]
    exogenous: Mapping[str, Floats]
    gaps_s: Ints
    assumed: frozenset[str] = frozenset()
    quarantined: tuple[Quarantined, ...] = ()

    def __post_init__(self) -> None:
        named("PriceTable", "name", self.name)
        positive("PriceTable", "minutes", self.minutes)
        if not len(self) or np.any(np.diff(self.epoch_s) <= 0):
            raise InvalidValue(f"PriceTable {self.name}: times must be there and rise strictly")
        for name, values in (*self.figures.items(), *self.exogenous.items()):
            if values.shape != self.epoch_s.shape:
                raise InvalidValue(
                    f"PriceTable {self.name}: {name} has shape {values.shape}, not one value a row"
                )

    def __len__(self) -> int:
        return int(self.epoch_s.size)

    @property
    def first(self) -> datetime:
        """Start of the first interval."""
        return datetime.fromtimestamp(int(self.epoch_s[0]), UTC)

    @property
    def last(self) -> datetime:
        """Start of the last interval."""
        return datetime.fromtimestamp(int(self.epoch_s[-1]), UTC)

    def between(self, after: datetime | None, until: datetime) -> range:
        """Rows whose intervals begin after `after` and not after `until`."""
        begin = 0 if after is None else self._rows_until(after)
        return range(begin, max(begin, self._rows_until(until)))

    def _rows_until(self, at: datetime) -> int:
        return int(np.searchsorted(self.epoch_s, at.timestamp(), side="right"))

    def gaps_between(self, after: datetime | None, until: datetime) -> tuple[datetime, ...]:
        """Give the starts of the missing intervals after `after` and not after `until`."""
        low = -np.inf if after is None else after.timestamp()
        inside = self.gaps_s[(self.gaps_s > low) & (self.gaps_s <= until.timestamp())]
        return tuple(datetime.fromtimestamp(int(at), UTC) for at in inside)

    def assuming(self, figure: str, values: Floats) -> PriceTable:
        """Add a figure that a person gives and the file lacks."""
        return replace(
            self, figures={**self.figures, figure: values}, assumed=self.assumed | {figure}
        )

    def ticks(self, rows: range, *, site_id: str) -> Iterator[Tick]:
        """Ticks of the rows given, of origin REPLAY."""
        figures = {name: values.tolist() for name, values in self._cut(self.figures, rows)}
        series = {name: values.tolist() for name, values in self._cut(self.exogenous, rows)}
        for i, at in enumerate(self.epoch_s[rows.start : rows.stop].tolist()):
            held = {name: value for name, v in figures.items() if (value := v[i]) == value}
            yield Tick(
                site_id=site_id,
                at=datetime.fromtimestamp(at, UTC),
                minutes=self.minutes,
                **held,
                exogenous=tuple(
                    Exogenous(name=name, value=v[i]) for name, v in series.items() if v[i] == v[i]
                ),
                origin=Origin.REPLAY,
                source=self.name,
                assumed=self.assumed & held.keys(),
            )

    @staticmethod
    def _cut(series: Mapping[str, Floats], rows: range) -> Iterator[tuple[str, Floats]]:
        return ((name, values[rows.start : rows.stop]) for name, values in series.items())

    def known_at(self, at: datetime) -> tuple[KnownSeries, ...]:
        """Give the further series of the calendar day of `at` and of the seven before it."""
        if not self.exogenous:
            return ()
        day = at.astimezone(ZoneInfo(self.tz)).replace(hour=0, minute=0, second=0, microsecond=0)
        first, end = day - timedelta(days=KNOWN_DAYS - 1), day + timedelta(days=1)
        low, high = np.searchsorted(self.epoch_s, [first.timestamp(), end.timestamp()])
        return tuple(
            KnownSeries(name=name, tz=self.tz, epoch_s=self.epoch_s[low:high][held], values=v[held])
            for name, values in self.exogenous.items()
            if (held := np.isfinite(v := values[low:high])).any()
        )

    def history(self) -> History:
        """Give the whole file as a history, without its further series."""
        none = np.full(len(self), np.nan)
        return History(
            minutes=self.minutes,
            max_rows=len(self),
            epoch_s=self.epoch_s.copy(),
            values=np.column_stack([self.figures.get(name, none) for name in FIGURES]),
        )
