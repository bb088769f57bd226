"""The regular step of a series of times, and where it is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Step", "find_step", "missing"]

Ints = NDArray[np.int64]

_RUN: Final = 12
"""So many equal steps in a row of another length are a second step, not gaps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """The dominant step of a series, in seconds.

    `on_grid` marks the times that stand whole steps apart from one another. `other` is the index
    at which a stretch of another regular step begins, None where there is none.
    """

    seconds: int
    on_grid: NDArray[np.bool_]
    other: int | None


def find_step(epoch_s: Ints) -> Step:
    """Find the dominant step of at least two strictly rising times.

    The step is the most frequent difference, the smaller of two equally frequent ones.
    """
    gaps = np.diff(epoch_s)
    lengths, counts = np.unique(gaps, return_counts=True)
    step = int(lengths[np.argmax(counts)])
    phase = epoch_s % step
    phases, held = np.unique(phase, return_counts=True)
    on_grid = phase == phases[np.argmax(held)]
    return Step(seconds=step, on_grid=on_grid, other=_second_step(gaps, step))


def _second_step(gaps: Ints, step: int) -> int | None:
    """Index of the first run of `_RUN` equal differences that are not the step."""
    if gaps.size < _RUN:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(gaps, _RUN)
    runs = (windows == windows[:, :1]).all(axis=1) & (windows[:, 0] != step)
    return int(np.argmax(runs)) if runs.any() else None


def missing(epoch_s: Ints, seconds: int) -> Ints:
    """List the times of the grid between the first and the last of `epoch_s` that it lacks."""
    holes = np.flatnonzero(np.diff(epoch_s) > seconds)
    parts = [np.arange(epoch_s[i] + seconds, epoch_s[i + 1], seconds) for i in holes]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
