"""What a person waits for, and what many people looking at once cost.

Sessions are real WebSocket clients that speak Streamlit's protocol: each asks for the page once,
then for each live part again at the pace that the page itself asks for.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
from playwright.sync_api import sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.serving import free_port, of_its_own, stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

__all__ = ["BROWSER_ARGUMENTS", "Load", "measure_start", "measure_tab_switch", "sessions"]

ROOT: Final = Path(__file__).resolve().parents[1]
BROWSER_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
CHART: Final = ".js-plotly-plot .main-svg .trace"
SWITCHES: Final = 6
PATIENCE_MS: Final = 60_000.0


@dataclass(slots=True)
class Load:
    """What the sessions asked for and got: runs answered, and how long the newest took.

    `failed` counts the sessions that broke off, known once all have ended.
    """

    answered: int = 0
    failed: int = 0
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))

    def percentile_ms(self, share: float) -> float:
        """Time from asking for a refresh to its end, in ms."""
        ranked = sorted(self.seconds)
        return 1e3 * ranked[min(int(share * len(ranked)), len(ranked) - 1)] if ranked else 0.0


@contextmanager
def sessions(n: int, url: str) -> Iterator[Load]:
    """Keep `n` browser sessions open on `url` that refresh at the page's own pace."""
    load, stop = Load(), threading.Event()
    thread = threading.Thread(target=_run, args=(n, url, load, stop), name="sessions", daemon=True)
    thread.start()
    try:
        yield load
    finally:
        stop.set()
        thread.join(10.0)


def _run(n: int, url: str, load: Load, stop: threading.Event) -> None:
    asyncio.run(_all(n, url, load, stop))


async def _all(n: int, url: str, load: Load, stop: threading.Event) -> None:
    tasks = [asyncio.create_task(_session(url, load, delay=i / n)) for i in range(n)]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    load.failed = sum(isinstance(error, Exception) for error in ended)


async def _session(url: str, load: Load, delay: float) -> None:
    await asyncio.sleep(delay)
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    async with (
        connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None) as socket,
        asyncio.TaskGroup() as parts,
    ):
        await socket.send(_request(None))
        asked: dict[str, float] = {}
        known: set[str] = set()
        async for data in socket:
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            kind = message.WhichOneof("type")
            if kind == "auto_rerun" and message.auto_rerun.fragment_id not in known:
                part = message.auto_rerun
                known.add(part.fragment_id)
                parts.create_task(_refresh(socket, part.fragment_id, part.interval, asked))
            elif kind == "script_finished":
                load.answered += 1
                load.seconds.extend(time.perf_counter() - at for at in asked.values())
                asked.clear()


async def _refresh(
    socket: ClientConnection, fragment_id: str, interval_s: float, asked: dict[str, float]
) -> None:
    while True:
        await asyncio.sleep(interval_s)
        asked.setdefault(fragment_id, time.perf_counter())
        await socket.send(_request(fragment_id))


def _request(fragment_id: str | None) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = ""
    if fragment_id is not None:
        message.rerun_script.fragment_id = fragment_id
        message.rerun_script.is_auto_rerun = True
    return bytes(message.SerializeToString())


@contextmanager
def browser() -> Iterator[Browser]:
    """Open a headless Chromium of this machine.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    path = shutil.which("chromium")
    if path is None:
        raise FileNotFoundError("chromium is not on the path; install it to measure pages")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=list(BROWSER_ARGUMENTS))


@contextmanager
def _opened() -> Iterator[tuple[Page, float]]:
    """Start a dashboard of its own, and look at it as soon as it answers; when it was started."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mara", "dashboard", "--port", str(port)]
    with browser() as chromium, tempfile.TemporaryDirectory() as folder:
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=of_its_own(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with stopped(process):
            _wait_until_served(url)
            page.goto(url)
            page.wait_for_selector(CHART, timeout=PATIENCE_MS)
            yield page, started


def _wait_until_served(url: str) -> None:
    ends = time.monotonic() + PATIENCE_MS / 1e3
    while time.monotonic() < ends:
        try:
            httpx.get(f"{url}/_stcore/health", timeout=1.0).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"{url} is not served within {PATIENCE_MS / 1e3:g} s")


def measure_start() -> float:
    """Measure from the start of the process to the first live chart, in seconds."""
    with _opened() as (_, started):
        return time.perf_counter() - started


def measure_tab_switch() -> float:
    """Measure from a click on a tab to its first panel, in seconds: the median of six."""
    with _opened() as (page, _):
        page.wait_for_timeout(3_000)
        return statistics.median(_switch(page, i) for i in range(SWITCHES))


def _switch(page: Page, turn: int) -> float:
    name, seen = (
        ("Trading & Agents", "text=Send order"),
        ("Real-Time Analytics", CHART),
    )[turn % 2]
    started = time.perf_counter()
    page.get_by_role("link", name=name).click()
    page.wait_for_selector(seen, timeout=PATIENCE_MS)
    taken = time.perf_counter() - started
    page.wait_for_timeout(1_000)
    return taken
