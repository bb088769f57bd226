"""Known series written into a tick's record and read back, run by run."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from mara.domain import KnownSeries

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["series_from", "text_of"]

Runs = list[tuple[float, int]]


def text_of(series: tuple[KnownSeries, ...]) -> str:
    """Write `series` as JSON: times as their first and runs of steps, values as runs."""
    return json.dumps([[s.name, s.tz, *_times(s), _runs(s.values.tolist())] for s in series])


def series_from(text: str) -> tuple[KnownSeries, ...]:
    """Read what `text_of` wrote, equal to the bit."""
    return tuple(
        KnownSeries(
            name=name,
            tz=tz,
            epoch_s=first + np.concatenate([[0], np.cumsum(_spread(steps))]).astype(np.int64),
            values=_spread(values),
        )
        for name, tz, first, steps, values in json.loads(text)
    )


def _times(series: KnownSeries) -> tuple[int, Runs]:
    return int(series.epoch_s[0]), _runs(np.diff(series.epoch_s).tolist())


def _runs(values: Iterable[float]) -> Runs:
    return [(value, len(list(run))) for value, run in groupby(values)]


def _spread(runs: Runs) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = np.array([value for value, _ in runs], dtype=np.float64)
    return np.repeat(values, np.array([count for _, count in runs], dtype=np.int64))
