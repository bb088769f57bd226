"""Moments of a simulation whose paths are never stored.

Blocks are simulated, summed up and forgotten: memory is a few blocks, however many paths. Sums of
blocks are merged in order of the blocks (Chan, Golub and LeVeque, American Statistician 37 (1983)),
so that the answer does not depend on the executor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.models.stochastic.blocks import each_block, root_of, tasks
from mara.models.stochastic.grid import Floats

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mara.models.stochastic.blocks import Advances, Task
    from mara.models.stochastic.grid import Grid

__all__ = ["StreamedMoments", "stream_moments"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamedMoments:
    """Simulated moments at steps 0 to n_steps, each array of shape (n_steps + 1,).

    `standard_error` is that of the mean; `lowest` and `highest` are over all paths.
    """

    times: Floats
    n_paths: int
    mean: Floats
    variance: Floats
    lowest: Floats
    highest: Floats

    @property
    def standard_error(self) -> Floats:
        """Standard error of the mean, paths taken as independent."""
        return np.sqrt(self.variance / self.n_paths)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Count, mean, sum of squared deviations, least and largest."""

    count: int
    mean: Floats
    squares: Floats
    lowest: Floats
    highest: Floats

    def merged(self, other: _Sums) -> _Sums:
        count = self.count + other.count
        gap = other.mean - self.mean
        return _Sums(
            count=count,
            mean=self.mean + gap * (other.count / count),
            squares=self.squares + other.squares + gap**2 * (self.count * other.count / count),
            lowest=np.minimum(self.lowest, other.lowest),
            highest=np.maximum(self.highest, other.highest),
        )


def stream_moments(
    law: Advances, rng: np.random.Generator, grid: Grid, *, executor: Executor | None = None
) -> StreamedMoments:
    """Simulate `grid` in bounded memory and give its moments.

    The numbers are those of the paths that `Law.simulate` gives for the same state of `rng`.
    """
    whole: _Sums | None = None
    for _, sums in each_block(executor, _summed, tasks(law, root_of(rng), grid)):
        whole = sums if whole is None else whole.merged(sums)
    assert whole is not None  # noqa: S101 - a grid has at least one path
    return StreamedMoments(
        times=grid.times,
        n_paths=whole.count,
        mean=whole.mean,
        variance=whole.squares / max(1, whole.count - 1),
        lowest=whole.lowest,
        highest=whole.highest,
    )


def _summed(task: Task) -> _Sums:
    paths = task.paths()
    mean = paths.mean(axis=0, dtype=np.float64)
    return _Sums(
        count=len(paths),
        mean=mean,
        squares=((paths - mean) ** 2).sum(axis=0),
        lowest=paths.min(axis=0).astype(np.float64),
        highest=paths.max(axis=0).astype(np.float64),
    )
