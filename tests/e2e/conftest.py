"""A real dashboard in a process of its own, and a real headless Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
ARTIFACTS = ROOT / "artifacts"
PATIENCE_S = 90.0
SPEED = 180.0
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


def turned_to(page: Page, name: str) -> None:
    """Press a sub-tab until it is the one shown: a page that moves may miss a press."""
    tab = page.get_by_role("tab", name=name, exact=True)
    for _ in range(10):
        tab.click(timeout=PATIENCE_S * 500)
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
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped where this machine has none."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not on the path; install it to run this test")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=BROWSER_ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page that records whom it asks; in the end, nobody but this machine."""
    asked: set[str] = set()
    contexts = []

    def open_page(url: str, *, scheme: str = "light", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.add(httpx.URL(request.url).host))
        page.on("websocket", lambda ws: asked.add(httpx.URL(ws.url).host))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert asked <= {"127.0.0.1", ""}, asked
