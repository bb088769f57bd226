"""Where the stochastic tab's series come from: the live market, a file, a sample; frozen at a press."""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from mara.domain import FIGURES, History, Origin
from mara.errors import InvalidValue
from mara.feeds.columns import parse_columns
from mara.feeds.pricefile import read_price_file
from mara.models.stochastic import PriceSeries
from mara.units import MINUTES_PER_HOUR, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mara.agents.snapshot import Snapshot
    from mara.feeds.pricetable import PriceTable

    Floats = NDArray[np.float64]

__all__ = [
    "Kind",
    "Source",
    "SourceStore",
    "known_figures",
    "live_source",
    "read_upload",
    "series_of",
]

_KEPT: Final = 12
_MOST_VALUES: Final = 40_000


class Kind(StrEnum):
    """What a series is taken from."""

    LIVE = "live history"
    FILE = "uploaded file"
    SAMPLE = "sample"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A past that was frozen under the name `digest`."""

    kind: Kind
    digest: str
    label: str
    origin: Origin
    rows: int
    figures: tuple[str, ...]


class SourceStore:
    """The newest frozen pasts by their digest, so that sessions hold names only. Thread-safe."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Source, History]] = OrderedDict()
        self._files: dict[str, PriceTable] = {}
        self._lock = threading.Lock()

    def put(self, source: Source, history: History, file: PriceTable | None = None) -> Source:
        """Keep a past, and the `file` that it was read from; the oldest is dropped beyond twelve."""
        with self._lock:
            self._kept[source.digest] = (source, history)
            self._kept.move_to_end(source.digest)
            if file is not None:
                self._files[source.digest] = file
            if len(self._kept) > _KEPT:
                oldest, _ = self._kept.popitem(last=False)
                self._files.pop(oldest, None)
        return source

    def file(self, digest: str) -> PriceTable | None:
        """Find the file that a past was read from; None where it is of none."""
        with self._lock:
            return self._files.get(digest)

    def find(self, digest: str) -> tuple[Source, History]:
        """Find a past.

        Raises
        ------
        InvalidValue
            It was dropped.
        """
        with self._lock:
            found = self._kept.get(digest)
        if found is None:
            raise InvalidValue("this series is no longer held: choose the source again")
        return found


def live_source(snapshot: Snapshot) -> tuple[Source, History]:
    """Freeze the market's history as it is now.

    Raises
    ------
    InvalidValue
        There is none yet.
    """
    history = snapshot.market.history
    if not len(history):
        raise InvalidValue("the feed has given no history yet; wait for a tick, or give a file")
    days = len(history) * history.minutes / MINUTES_PER_HOUR / 24.0
    source = Source(
        kind=Kind.LIVE,
        digest=f"live:{snapshot.site.site_id}:{history.epoch_s[-1]}:{len(history)}",
        label=f"{snapshot.market.feed.name}, {days:,.1f} days to {history.end:%d %b %H:%M} UTC",
        origin=snapshot.market.feed.origin,
        rows=len(history),
        figures=known_figures(history),
    )
    return source, history


def known_figures(history: History) -> tuple[str, ...]:
    """Name the figures that the history knows at its end."""
    return tuple(f for f in FIGURES if len(history) and np.isfinite(history.series(f)[-1]))


def read_upload(content: bytes, name: str, tz: str, columns: str) -> PriceTable:
    """Read an uploaded price file; it runs in a worker process.

    Raises
    ------
    DataFileError, InvalidValue
        The file, its zone or its columns are wrong; the text says which.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        path.write_bytes(content)
        return read_price_file(
            path, tz=tz or None, columns=parse_columns(columns) if columns else None
        )


def series_of(history: History, figure: str, *, minutes: float, zone: str) -> PriceSeries:
    """Cut the newest stretch without gaps of one figure, averaged to `minutes`.

    Raises
    ------
    InvalidValue
        The figure is unknown there, or `minutes` do not hold whole steps.
    """
    minutes = max(minutes, history.minutes)
    width = round(minutes / history.minutes)
    if width < 1 or abs(width * history.minutes - minutes) > 1e-9:
        raise InvalidValue(
            f"series: minutes={minutes:g} does not hold whole steps of {history.minutes:g} min"
        )
    values, at = history.series(figure), history.epoch_s
    step_s = round(history.minutes * SECONDS_PER_HOUR / MINUTES_PER_HOUR)
    broken = ~np.isfinite(values)
    broken[1:] |= np.diff(at) != step_s
    if not len(values) or not np.isfinite(values[-1]):
        raise InvalidValue(f"series: this source ends without {figure}; choose another figure")
    breaks = np.flatnonzero(broken)
    first = int(breaks[-1]) if len(breaks) else 0
    first += not np.isfinite(values[first])
    first = max(first, len(values) - width * _MOST_VALUES)
    count = (len(values) - first) // width
    stretch = values[len(values) - count * width :].reshape(count, width).mean(axis=1)
    begins = at[len(values) - count * width :: width]
    return PriceSeries.at_times(stretch, begins, zone=ZoneInfo(zone))
