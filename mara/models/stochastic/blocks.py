"""Simulation in blocks of paths, each with a stream of its own.

A block's stream is ``SFC64(SeedSequence(root, spawn_key=(block,)))`` with `root` drawn once from
the caller's generator, and the cut into blocks follows from the grid alone: who computes a block,
when, and how many workers there are, changes no number.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import numpy as np

from mara.errors import InvalidValue
from mara.models.stochastic.grid import Grid
from mara.models.stochastic.noise import fill_noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor, Future

    from mara.models.stochastic.grid import Paths

__all__ = [
    "MOST_BYTES",
    "Advances",
    "Task",
    "each_block",
    "generator_of",
    "root_of",
    "simulate_blocks",
    "tasks",
]

MOST_BYTES: Final = 8 * 2**30
"""Largest stored answer; more is streamed."""

_BLOCK_CELLS: Final = 2**18
"""Values of a block: 2 MiB of doubles, which stay in the cache between filling and walking, and
which take long enough that the calls around them cost little."""

_WINDOW: Final = 16
"""Blocks under way at once, done or not, so that answers do not pile up."""

_V = TypeVar("_V")


class Advances(Protocol):
    """What turns a block of normals into paths, as a law does."""

    def advance(self, block: Paths, rng: np.random.Generator, grid: Grid) -> None:
        """Overwrite normals with paths."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """The paths `first` to `last` of a simulation; it travels to other processes."""

    law: Advances
    grid: Grid
    root: tuple[int, ...]
    number: int
    first: int
    last: int

    def fill(self, block: Paths) -> None:
        """Fill an array of this block's shape with its paths."""
        rng = generator_of(self.root, self.number)
        fill_noise(block, rng, self.grid, root=self.root, first=self.first)
        self.law.advance(block, rng, self.grid.rows(self.first, self.last))

    def paths(self) -> Paths:
        """Make this block's paths."""
        shape = (self.last - self.first, self.grid.n_steps + 1)
        block: Paths = np.empty(shape, dtype=self.grid.precision.value)
        self.fill(block)
        return block


def root_of(rng: np.random.Generator) -> tuple[int, ...]:
    """Draw the root of a simulation's streams."""
    return tuple(int(word) for word in rng.integers(2**32, size=4, dtype=np.uint64))


def generator_of(root: tuple[int, ...], number: int) -> np.random.Generator:
    """Make the stream of one block."""
    stream = np.random.SeedSequence(root, spawn_key=(number,))
    return np.random.Generator(np.random.SFC64(stream))


def tasks(law: Advances, root: tuple[int, ...], grid: Grid) -> Iterator[Task]:
    """Cut a simulation into blocks; an even number of paths each, so that pairs stay together."""
    rows = max(2, _BLOCK_CELLS // (grid.n_steps + 1) // 2 * 2)
    for number, first in enumerate(range(0, grid.n_paths, rows)):
        last = min(first + rows, grid.n_paths)
        yield Task(law=law, grid=grid, root=root, number=number, first=first, last=last)


def simulate_blocks(
    law: Advances, rng: np.random.Generator, grid: Grid, *, executor: Executor | None
) -> Paths:
    """Simulate all paths of `grid`; see `Law.simulate`."""
    shape = (grid.n_paths, grid.n_steps + 1)
    _check_memory(shape, np.dtype(grid.precision.value).itemsize)
    whole: Paths = np.empty(shape, dtype=grid.precision.value)
    work = tasks(law, root_of(rng), grid)
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        for _ in each_block(executor, lambda task: task.fill(whole[task.first : task.last]), work):
            pass
        return whole
    for task, paths in each_block(executor, Task.paths, work):
        whole[task.first : task.last] = paths
    return whole


def each_block(
    executor: Executor | None, work: Callable[[Task], _V], blocks: Iterator[Task]
) -> Iterator[tuple[Task, _V]]:
    """Run `work` on each block and give the answers in order of the blocks.

    At most `_WINDOW` answers wait, however many blocks there are.
    """
    if executor is None:
        for task in blocks:
            yield task, work(task)
        return
    waiting: deque[tuple[Task, Future[_V]]] = deque(
        (task, executor.submit(work, task)) for task in islice(blocks, _WINDOW)
    )
    while waiting:
        task, ahead = waiting.popleft()
        answer = ahead.result()
        waiting.extend((new, executor.submit(work, new)) for new in islice(blocks, 1))
        yield task, answer


def _check_memory(shape: tuple[int, int], width: int) -> None:
    size = shape[0] * shape[1] * width
    if size > MOST_BYTES:
        raise InvalidValue(
            f"simulate: {shape[0]:,} paths of {shape[1]:,} values take {size / 2**30:,.0f} GiB, at "
            f"most {MOST_BYTES / 2**30:.0f} are stored; ask for the moments instead (--moments)"
        )
