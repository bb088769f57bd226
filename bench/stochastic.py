"""Stochastic simulation on this machine: the generator as the limit, QuantLib as the peer.

Run as ``python -m mara bench stochastic``. The limit is numpy's own generator filling blocks of the
same normals (the same streams) on as many threads; both sides make their output anew, take turns,
and the median of the ratios is printed. The peer makes its paths one by one in Python, as its
interface asks, on fewer paths. Memory is measured in processes of their own.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mara.models.stochastic import (
    Grid,
    Law,
    NormalJumpReversion,
    OrnsteinUhlenbeck,
    Precision,
)
from mara.models.stochastic.blocks import Task, each_block, root_of, tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Line", "main", "measured"]

ROOT: Final = Path(__file__).resolve().parents[1]
THREADS: Final = 2
ROUNDS: Final = 7
PEER_PATHS: Final = 1_500
GRID: Final = Grid(n_paths=100_000, n_steps=288, dt=0.25, start=30.0)
STREAMED: Final = replace(GRID, n_paths=3_472_223)
"""A thousand million steps."""

OU: Final = OrnsteinUhlenbeck(mean=30.0, rate=0.3, volatility=5.0)
JUMPS: Final = NormalJumpReversion(
    level=30.0, rate=0.3, volatility=5.0, intensity=0.1, jump_mean=40.0, jump_deviation=30.0
)

_MEMORY: Final = """
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import numpy as np
from bench.stochastic import GRID, JUMPS, OU, STREAMED
from mara.models.stochastic.streaming import stream_moments
law, kind = {law}, "{kind}"
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
with ThreadPoolExecutor(2) as threads:
    law.simulate(np.random.default_rng(0), replace(GRID, n_paths=2_000), executor=threads)
    stream_moments(law, np.random.default_rng(0), replace(GRID, n_paths=2_000), executor=threads)
    Path("/proc/self/clear_refs").write_text("5")  # The peak starts anew.
    before = peak()
    if kind == "stored":
        law.simulate(np.random.default_rng(0), GRID, executor=threads)
    else:
        stream_moments(law, np.random.default_rng(0), STREAMED, executor=threads)
    print((peak() - before) * 1024)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: what was measured, the figure, and its bound."""

    what: str
    figure: str
    bound: str = ""


class BareFill:
    """The limit: blocks stay the normals that they were filled with."""

    def advance(self, block: object, rng: np.random.Generator, grid: Grid) -> None:
        """Leave the normals as they are."""


def filled(grid: Grid, threads: ThreadPoolExecutor) -> None:
    """Fill an array like the answer's with the same normals, and do nothing else."""
    whole = np.empty((grid.n_paths, grid.n_steps + 1), dtype=grid.precision.value)

    def fill(task: Task) -> None:
        task.fill(whole[task.first : task.last])

    for _ in each_block(threads, fill, tasks(BareFill(), root_of(np.random.default_rng(0)), grid)):
        pass


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def against_fill(law: Law, grid: Grid) -> tuple[float, float]:
    """Give the law's steps a second, and its throughput over that of the fill."""
    with ThreadPoolExecutor(THREADS) as threads:

        def simulate() -> None:
            law.simulate(np.random.default_rng(0), grid, executor=threads)

        simulate()
        pairs = [(seconds(lambda: filled(grid, threads)), seconds(simulate)) for _ in range(ROUNDS)]
    steps = grid.n_paths * grid.n_steps
    rates = [steps / own for _, own in pairs]
    return float(np.median(rates)), float(np.median([fill / own for fill, own in pairs]))


def extra_bytes(law: str, kind: str) -> int:
    """Peak memory of a simulation beyond what its process held before, in a process of its own."""
    code = _MEMORY.format(law=law, kind=kind)
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(ended.stdout)


def peer_of_ou(ql: Any) -> Callable[[], object]:  # noqa: ANN401
    """QuantLib's generator of Ornstein-Uhlenbeck paths."""
    steps, horizon = GRID.n_steps, GRID.n_steps * GRID.dt
    process = ql.OrnsteinUhlenbeckProcess(OU.rate, OU.volatility, 30.0, OU.mean)
    made = ql.GaussianPathGenerator(process, horizon, steps, _normals(ql, steps), False)  # noqa: FBT003
    return lambda: np.array(list(made.next().value()))


def peer_of_jumps(ql: Any) -> Callable[[], object]:  # noqa: ANN401
    """QuantLib's generator of Ornstein-Uhlenbeck paths with jumps (Kluge's model)."""
    steps, horizon = GRID.n_steps, GRID.n_steps * GRID.dt
    smooth = ql.ExtendedOrnsteinUhlenbeckProcess(
        JUMPS.rate, JUMPS.volatility, JUMPS.level, lambda _: JUMPS.level
    )
    process = ql.ExtOUWithJumpsProcess(smooth, 0.0, JUMPS.rate, JUMPS.intensity, 1.0 / 40.0)
    times = [horizon * i / steps for i in range(steps + 1)]
    normals = _normals(ql, process.factors() * steps)
    made = ql.GaussianMultiPathGenerator(process, times, normals, False)  # noqa: FBT003
    return lambda: np.sum([list(path) for path in made.next().value()], axis=0)


def _normals(ql: Any, dimension: int) -> Any:  # noqa: ANN401
    uniform = ql.UniformRandomSequenceGenerator(dimension, ql.UniformRandomGenerator(1))
    return ql.GaussianRandomSequenceGenerator(uniform)


def peer_rate(make: Callable[[], Any]) -> float:
    """Measure the steps a second of the peer, keeping its paths in one array as ours are."""
    kept = np.empty((PEER_PATHS, GRID.n_steps + 1))

    def run() -> None:
        for i in range(PEER_PATHS):
            kept[i] = make()

    return PEER_PATHS * GRID.n_steps / seconds(run)


def measured() -> Iterator[Line]:
    """Measure line by line."""
    ou, ou_share = against_fill(OU, GRID)
    shape = f"{GRID.n_paths:,} paths x {GRID.n_steps} steps, {THREADS} threads"
    yield Line(what=f"exact OU, {shape}", figure=f"{ou / 1e6:.1f} M steps/s")
    yield Line(
        what="of it, throughput over a bare fill of the same normals",
        figure=f"{ou_share:.0%}",
        bound="90 %",
    )
    single, single_share = against_fill(OU, replace(GRID, precision=Precision.SINGLE))
    yield Line(
        what="exact OU in float32, and over its fill",
        figure=f"{single / 1e6:.1f} M steps/s, {single_share:.0%}",
    )
    jumps, _ = against_fill(JUMPS, GRID)
    yield Line(
        what=f"mean-reverting jumps, {shape}",
        figure=f"{jumps / 1e6:.1f} M steps/s",
        bound="20 M steps/s",
    )
    yield from _beside_the_peer(ou, jumps)
    yield from _memory()
    yield from _value_at_risk()


def _beside_the_peer(ou: float, jumps: float) -> Iterator[Line]:
    try:
        ql = importlib.import_module("QuantLib")
    except ModuleNotFoundError:
        yield Line(what="QuantLib", figure="not installed")
        return
    for name, own, peer in (
        ("exact OU", ou, peer_of_ou(ql)),
        ("mean-reverting jumps", jumps, peer_of_jumps(ql)),
    ):
        rate = peer_rate(peer)
        yield Line(
            what=f"{name}: QuantLib {ql.__version__} {rate / 1e6:.2f} M steps/s; ours over it",
            figure=f"{own / rate:.0f}x",
            bound="10x",
        )


def _memory() -> Iterator[Line]:
    output = 8 * GRID.n_paths * (GRID.n_steps + 1)
    for name, law in (("exact OU", "OU"), ("mean-reverting jumps", "JUMPS")):
        yield Line(
            what=f"{name}: peak memory over the output's {output / 1e6:.0f} MB",
            figure=f"{extra_bytes(law, 'stored') / output:.2f}x",
            bound="1.3x",
        )
    yield Line(
        what=f"moments of {STREAMED.n_paths * STREAMED.n_steps / 1e9:.2f} thousand million steps, "
        "extra memory",
        figure=f"{extra_bytes('OU', 'streamed') / 1e6:.0f} MB",
        bound="flat",
    )


def _value_at_risk() -> Iterator[Line]:
    """Lines of the risk bench, which measures the value at risk of the demo site."""
    from bench import stochastic_risk  # noqa: PLC0415 - it loads the site's planner

    folder = os.environ.get("MARA_BENCH_DATA")
    for line in stochastic_risk.lines(Path(folder) if folder else None):
        yield Line(what=line.what, figure=line.figure, bound=line.bound)


def main() -> None:
    """Print the table as it goes."""
    print("| measured | figure | bound |")
    print("|---|---:|---:|")
    for line in measured():
        print(f"| {line.what} | {line.figure} | {line.bound} |", flush=True)


if __name__ == "__main__":
    main()
