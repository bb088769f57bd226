"""Moments of a simulation whose paths are never stored.

Blocks are simulated, summed up and forgotten: memory is a few blocks, however many paths. Sums of
blocks are merged in order of the blocks (Chan, Golub and LeVeque, American Statistician 37 (1983)),
so that the answer does not depend on the executor.

Standard error of the mean: of n independent paths ``s / sqrt(n)``. Antithetic paths depend on each
other in pairs, so it is that of the K pair means and of the path left over where n is odd,
``sqrt(4 K s_pair^2 + (n mod 2) s^2) / n``. Sobol points depend on each other all: one simulation
does not tell its error (Glasserman, Monte Carlo Methods in Financial Engineering (2003), 5.4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mara.models.stochastic.blocks import each_block, root_of, tasks
from mara.models.stochastic.grid import Floats, Noise

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from mara.models.stochastic.blocks import Advances, Task
    from mara.models.stochastic.grid import Grid, Paths

__all__ = ["StreamedMoments", "stream_moments"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StreamedMoments:
    """Simulated moments at steps 0 to n_steps, each array of shape (n_steps + 1,).

    `standard_error` is that of the mean, None where one simulation does not tell it: by Sobol
    points, or from a single path or pair. `lowest` and `highest` are over all paths.
    """

    times: Floats
    n_paths: int
    mean: Floats
    variance: Floats
    standard_error: Floats | None
    lowest: Floats
    highest: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Count, mean, sum of squared deviations, least and largest."""

    count: int
    mean: Floats
    squares: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def of(cls, paths: Paths) -> _Sums:
        mean = paths.mean(axis=0, dtype=np.float64)
        return cls(
            count=len(paths),
            mean=mean,
            squares=((paths - mean) ** 2).sum(axis=0),
            lowest=paths.min(axis=0).astype(np.float64),
            highest=paths.max(axis=0).astype(np.float64),
        )

    @property
    def variance(self) -> Floats:
        return self.squares / max(1, self.count - 1)

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
    pairs: _Sums | None = None
    for _, (sums, paired) in each_block(executor, _summed, tasks(law, root_of(rng), grid)):
        whole = _joined(whole, sums)
        pairs = _joined(pairs, paired)
    assert whole is not None  # noqa: S101 - a grid has at least one path
    return StreamedMoments(
        times=grid.times,
        n_paths=whole.count,
        mean=whole.mean,
        variance=whole.variance,
        standard_error=_standard_error(grid.noise, whole, pairs),
        lowest=whole.lowest,
        highest=whole.highest,
    )


def _summed(task: Task) -> tuple[_Sums, _Sums | None]:
    """Sum up a block's paths, and the means of its antithetic pairs where it has some."""
    paths = task.paths()
    half = len(paths) // 2
    if task.grid.noise is not Noise.ANTITHETIC or half == 0:
        return _Sums.of(paths), None
    return _Sums.of(paths), _Sums.of(0.5 * (paths[:half] + paths[-half:]))


def _joined(before: _Sums | None, sums: _Sums | None) -> _Sums | None:
    return sums if before is None else before if sums is None else before.merged(sums)


def _standard_error(noise: Noise, whole: _Sums, pairs: _Sums | None) -> Floats | None:
    if noise is Noise.PLAIN and whole.count > 1:
        return np.sqrt(whole.variance / whole.count)
    if noise is Noise.ANTITHETIC and pairs is not None and pairs.count > 1:
        alone = whole.count - 2 * pairs.count
        return np.sqrt(4.0 * pairs.count * pairs.variance + alone * whole.variance) / whole.count
    return None
