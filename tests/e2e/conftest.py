"""A real dashboard in a process of its own, and a real headless Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts"
PATIENCE_S = 150.0
PATIENCE_MS = 1_000.0 * PATIENCE_S
"""How long a busy machine may take for what a quiet one does at once."""
TRY_MS = 15_000.0
"""How long a press that may have been missed is waited for."""
SPEED = 90.0
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the dashboard keeps its ledger and its log."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="session")
def dashboard(folder: Path) -> Iterator[str]:
    """Address of a dashboard with a ledger of its own."""
    port = free_port()
    environment = os.environ | {
        "MARA_LEDGER__URL": f"sqlite:///{folder / 'mara.db'}",
        "MARA_FEED__SPEED": str(SPEED),
        "MARA_AGENTS__HEARTBEAT_S": "20",
        "MARA_CONFIG": str(folder / "no.toml"),
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_until_served(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def ticks(url: str) -> int:
    """How many ticks a dashboard has decided since it began."""
    return int(httpx.get(f"{url}/health", timeout=60.0).json()["ticks"])


def pressed_until(control: Locator, then: Locator) -> None:
    """Press `control` until `then` is there: a page that moves under the mouse may miss a press."""
    control.wait_for(timeout=PATIENCE_MS)
    for _ in range(6):
        try:
            control.click(timeout=TRY_MS)
            then.wait_for(timeout=TRY_MS)
        except PlaywrightTimeout:
            continue
        return
    then.wait_for(timeout=PATIENCE_MS)


def turned_to(page: Page, name: str) -> None:
    """Press a sub-tab until it is the one shown: a page that moves may miss a press."""
    tab = page.get_by_role("tab", name=name, exact=True)
    for _ in range(10):
        tab.click(timeout=PATIENCE_MS)
        page.wait_for_timeout(500)
        if tab.get_attribute("aria-selected") == "true":
            return
    pytest.fail(f"the sub-tab {name!r} does not open")


def wait_until_served(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=2.0).json().get("ticks", 0) > 0:
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.2)
    pytest.fail(f"{url} is not served:\n{log.read_text(errors='replace')[-3_000:]}")


@pytest.fixture(scope="session")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Headless Chromium with one profile, so that it loads scripts once, as one who comes back.

    The test is skipped where this machine has none.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not on the path; install it to run this test")
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch_persistent_context(
            profile, executable_path=path, args=BROWSER_ARGUMENTS, headless=True
        )
        yield opened
        opened.close()


@pytest.fixture
def look(visitor: BrowserContext) -> Iterator[Callable[..., Page]]:
    """Open a page that records whom it asks; in the end, nobody but this machine."""
    asked: set[str] = set()
    pages = []

    def open_page(
        url: str,
        *,
        scheme: Literal["light", "dark"] = "light",
        width: int = 1440,
        height: int = 900,
    ) -> Page:
        page = visitor.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.on("request", lambda request: asked.add(httpx.URL(request.url).host))
        page.on("websocket", lambda ws: asked.add(httpx.URL(ws.url).host))
        page.goto(url)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert asked <= {"127.0.0.1", ""}, asked
