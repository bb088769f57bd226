"""The core's table: from a tick to a durable intent, memory, dashboard, dispatch.

Run as ``python -m mara bench core``; with ``MARA_BENCH_DATA`` set, dispatch is measured on real
prices. Every line says what it was measured against.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import psutil

from bench import dashboard, dispatch
from bench.serving import free_port, of_its_own, stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Line", "main"]

ROOT: Final = Path(__file__).resolve().parents[1]
SESSIONS: Final = 20
LOADS: Final = ((60, 60), (300, 240))
"""Speeds at which ticks are measured, that of `make run` first, and how many ticks each."""

WEEK_TICKS: Final = 2_016
WEEK_SPEED: Final = 4_000
DAY_TICKS: Final = 288
PATIENCE_S: Final = 600.0
DISPATCH_BOUNDS: Final = {"loss of the fast form, mean": "0.1 %"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: what was measured, the figure, and its bound."""

    what: str
    figure: str
    bound: str


@contextmanager
def served(speed: float) -> Iterator[tuple[str, psutil.Process]]:
    """Serve the dashboard of a fresh ledger at `speed`; yield its address and process."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mara", "dashboard"]
        command += ["--port", str(port), "--speed", str(speed)]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=of_its_own(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with stopped(process):
            url = f"http://127.0.0.1:{port}"
            wait_for_ticks(url, 1)
            yield url, psutil.Process(process.pid)


def health(url: str) -> dict[str, Any]:
    """Read the figures of a running dashboard; nothing while it starts."""
    try:
        answer: dict[str, Any] = httpx.get(f"{url}/health", timeout=5.0).json()
    except (httpx.HTTPError, ValueError):
        return {"ticks": 0}
    return answer


def wait_for_ticks(url: str, ticks: int) -> dict[str, Any]:
    """Wait until `ticks` were decided."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        found = health(url)
        if found.get("ticks", 0) >= ticks:
            return found
        time.sleep(0.2)
    raise TimeoutError(f"{url}: fewer than {ticks} ticks within {PATIENCE_S:g} s")


def tick_path() -> list[Line]:
    """Measure ticks while 20 sessions refresh each second, at two speeds."""
    return [line for speed, ticks in LOADS for line in _ticks_beside(speed, ticks)]


def _ticks_beside(speed: int, ticks: int) -> list[Line]:
    with served(speed) as (url, _), dashboard.sessions(SESSIONS, url):
        before = psutil.cpu_times()
        found = wait_for_ticks(url, ticks)
        stolen = stolen_share(before, psutil.cpu_times())
    pace, waits = found["pace_ms"], found["message_ms_p99"]
    beside = f"{SESSIONS} sessions at 1 Hz beside it, {speed} times real time, {ticks} ticks"
    return [
        Line(
            what=f"tick accepted to intent durable, p50 ({beside})",
            figure=f"{pace['durable_ms_p50']:.1f} ms",
            bound="8 ms",
        ),
        Line(
            what="the same, p99",
            figure=f"{pace['durable_ms_p99']:.1f} ms",
            bound="25 ms",
        ),
        Line(
            what="of it, tick accepted to decision, p50 and p99",
            figure=f"{pace['decide_ms_p50']:.1f} and {pace['decide_ms_p99']:.1f} ms",
            bound="",
        ),
        Line(
            what="message from agent to agent, worst p99 of all agents",
            figure=f"{max(waits.values()):.1f} ms",
            bound="10 ms",
        ),
        Line(
            what="meanwhile, processor time that the host gave to other machines",
            figure=f"{stolen:.0%}",
            bound="",
        ),
    ]


def stolen_share(before: Any, after: Any) -> float:  # noqa: ANN401 - psutil's own named tuple
    """Share of the processors' time that the host of a virtual machine gave to others."""
    stolen: float = after.steal - before.steal
    return stolen / float(sum(after) - sum(before))


def memory() -> list[Line]:
    """Measure the memory of both processes through a simulated week, with nobody looking."""
    with served(WEEK_SPEED) as (url, process):
        agents = max(process.children(), key=resident_mb)
        wait_for_ticks(url, WEEK_TICKS // 2)
        half_mb = [resident_mb(process), resident_mb(agents)]
        wait_for_ticks(url, WEEK_TICKS)
        full_mb = [resident_mb(process), resident_mb(agents)]
    names = ("dashboard's process", "agents' process")
    return [
        line
        for name, half, full in zip(names, half_mb, full_mb, strict=True)
        for line in (
            Line(
                what=f"memory of the {name} after a simulated week",
                figure=f"{full:.0f} MB",
                bound="400 MB",
            ),
            Line(
                what="of it, grown in the week's second half",
                figure=f"{full - half:+.1f} MB",
                bound="flat",
            ),
        )
    ]


def resident_mb(process: psutil.Process) -> float:
    """Memory that a process holds."""
    return float(process.memory_info().rss) / 1e6


def machine() -> list[Line]:
    """Measure the interpreter alone, so that tables of two machines can be compared."""
    begun = time.perf_counter()
    sum(range(10_000_000))
    return [
        Line(
            what="this machine: the interpreter adds ten million numbers in",
            figure=f"{time.perf_counter() - begun:.2f} s",
            bound="",
        )
    ]


def headless_day() -> list[Line]:
    """Measure a day of ticks without a browser, at full speed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mara", "agents", "--headless", "--json"]
        command += ["--ticks", str(DAY_TICKS), "--speed", "max"]
        ended = subprocess.run(
            command, cwd=ROOT, env=of_its_own(folder), capture_output=True, text=True, check=True
        )
    summary = json.loads(ended.stdout)
    return [
        Line(
            what=f"{DAY_TICKS} ticks headless at full speed, start and fits included",
            figure=f"{summary['seconds']:.1f} s",
            bound="10 s",
        ),
        Line(
            what="of it, tick accepted to intent durable, p50 and p99",
            figure=f"{summary['durable_ms_p50']:.1f} and {summary['durable_ms_p99']:.1f} ms",
            bound="",
        ),
    ]


def pages() -> list[Line]:
    """Measure what a person waits for."""
    return [
        Line(
            what="dashboard: process start to first live chart",
            figure=f"{dashboard.measure_start():.1f} s",
            bound="6 s",
        ),
        Line(
            what="dashboard: switch of tabs, median",
            figure=f"{dashboard.measure_tab_switch() * 1e3:.0f} ms",
            bound="700 ms",
        ),
    ]


def optimiser() -> list[Line]:
    """Measure the optimiser against its exact form and a model built afresh."""
    folder = os.environ.get("MARA_BENCH_DATA")
    rows = dispatch.run(Path(folder) if folder else None)
    return [
        Line(
            what=f"{row.name} ({row.note})" if row.note else row.name,
            figure=f"{row.value:,.3g} {row.unit}",
            bound=DISPATCH_BOUNDS.get(row.name, ""),
        )
        for row in rows
    ]


def main() -> None:
    """Measure everything and print the table as it goes."""
    print("| measured | figure | bound |")
    print("|---|---:|---:|")
    for measure in (machine, headless_day, tick_path, memory, pages, optimiser):
        for line in measure():
            print(f"| {line.what} | {line.figure} | {line.bound} |", flush=True)


if __name__ == "__main__":
    main()
