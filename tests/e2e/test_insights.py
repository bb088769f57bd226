"""The tab of insights in a browser, with Claude on a local server: each view, chat, stop, budget."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import (
    ARTIFACTS,
    PATIENCE_MS,
    ROOT,
    free_port,
    pressed_until,
    wait_until_served,
)
from tests.insights.author import answer, view_of
from tests.insights.server.fixture import MessagesServer, serving
from tests.insights.server.script import Answer, Recorded, Reply, Script, Usage, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(500)]

VIEWS = {
    "Market insights": "Read the market",
    "Agent performance": "Evaluate the agents",
    "Recommendations": "Look for moves",
    "Sentiment": "Read the headlines",
}


REPLY = "[class*=st-key-insights_reply_] .mara-reply"


class Author:
    """Writes every reply of Claude; the end of each is kept back until `may_end` is set."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.market: Reply | None = None
        """What it writes next of the market, in place of its own text."""

    def __call__(self, request: Recorded) -> Answer:
        said = answer(request)
        if not (isinstance(said, Reply) and request.streams):
            return said
        if self.market is not None and view_of(request) == "market":
            said, self.market = self.market, None
        return replace(said, held=self.may_end) if said.stop_reason == "end_turn" else said


def begun(page: Page) -> None:
    """Wait for the first sentence of the view."""
    page.wait_for_function(
        "where => /Here stands/.test(document.querySelector(where)?.innerText ?? '')",
        arg=REPLY,
        timeout=PATIENCE_MS,
    )


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[str]:
    """A dashboard of its own, whose insights are set as given."""
    port = free_port()
    environment = os.environ | {
        "MARA_LEDGER__URL": f"sqlite:///{folder / 'mara.db'}",
        "MARA_FEED__SPEED": "60",
        "MARA_AGENTS__HEARTBEAT_S": "20",
        "MARA_CONFIG": str(folder / "no.toml"),
        **{f"MARA_INSIGHTS__{name.upper()}": value for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_until_served(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}/ai_insights"
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture(scope="module")
def writing() -> Author:
    return Author()


@pytest.fixture
def author(writing: Author) -> Iterator[Author]:
    writing.may_end.set()
    yield writing
    writing.may_end.set()


@pytest.fixture(scope="module")
def api(writing: Author) -> Iterator[MessagesServer]:
    with serving(Script(otherwise=writing)) as server:
        yield server


@pytest.fixture(scope="module")
def tab(api: MessagesServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("insights")
    with served(
        folder, api_key=api.key, base_url=api.url, session_usd="0.4", deadline_s="300"
    ) as url:
        yield url
    log = (folder / "log").read_text(errors="replace")
    assert "sk-ant-canary" not in log
    assert b"sk-ant-canary" not in (folder / "mara.db").read_bytes()


def clean(page: Page) -> None:
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This part of the page failed").count() == 0
    assert page.locator(".mara-reply script, .mara-reply img, .mara-reply iframe").count() == 0
    addresses = page.locator(".mara-reply a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    assert all(address.startswith("#mara-fact-") for address in addresses)


def ended(page: Page) -> Locator:
    """Find the line that tells how the reply of the chosen view ended."""
    return page.get_by_text(re.compile(r"by [^·]+· [\d,]+ figures traced"))


@pytest.mark.parametrize(("scheme", "first"), [("light", 0), ("dark", 2)])
def test_every_view_streams(
    tab: str, author: Author, look: Callable[..., Page], scheme: str, first: int
) -> None:
    page = look(tab, scheme=scheme)
    for view, button in [*VIEWS.items()][first:]:
        pressed_until(page.get_by_text(view, exact=True), page.get_by_role("button", name=button))
        if view == "Sentiment":
            page.get_by_label("Paste headlines").fill("Wind returns <script>alert(1)</script>")
            page.get_by_role("button", name="Add headlines").click()
            page.get_by_text(re.compile("new headline")).first.wait_for(timeout=PATIENCE_MS)
        author.may_end.clear()
        page.get_by_role("button", name=button).click()
        begun(page)
        assert ended(page).count() == 0
        author.may_end.set()
        ended(page).first.wait_for(timeout=PATIENCE_MS)
        marked = page.locator(f"{REPLY} mark.mara-untraced")
        assert "987.65" in marked.inner_text()
        clean(page)
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"insights-{view.split()[0].lower()}-{scheme}.png")


def test_a_figure_tells_its_fact(tab: str, author: Author, look: Callable[..., Page]) -> None:
    page = look(tab)
    page.get_by_role("button", name="Read the market").click(timeout=PATIENCE_MS)
    ended(page).first.wait_for(timeout=PATIENCE_MS)
    figure = page.locator(f"{REPLY} a.mara-fact").first
    assert "SIMULATED" in (figure.get_attribute("title") or "")
    figure.click()
    page.locator("tr.mara-chosen").first.wait_for(timeout=PATIENCE_MS)


def test_the_chat_shows_its_tool_call(tab: str, author: Author, look: Callable[..., Page]) -> None:
    page = look(tab)
    field = page.get_by_placeholder("Ask about the running system")
    pressed_until(page.get_by_text("Chat", exact=True), field)
    field.fill("What is the forecast of the price?")
    field.press("Enter")
    page.get_by_text(re.compile("Tool forecast")).first.wait_for(timeout=PATIENCE_MS)
    page.locator(".js-plotly-plot .main-svg .trace").first.wait_for(timeout=PATIENCE_MS)
    clean(page)
    page.screenshot(path=ARTIFACTS / "insights-chat-light.png")


def test_a_stream_stops(tab: str, author: Author, look: Callable[..., Page]) -> None:
    page = look(tab)
    author.market = say("Here stands a sentence. " * 40)
    author.may_end.clear()
    page.get_by_role("button", name="Read the market").click(timeout=PATIENCE_MS)
    begun(page)
    page.get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile("stopped by you")).first.wait_for(timeout=PATIENCE_MS)
    assert page.locator(REPLY).inner_text().count("Here stands") > 0


def test_a_spent_budget_says_so(tab: str, author: Author, look: Callable[..., Page]) -> None:
    page = look(tab)
    author.market = say("Here stands a dear reply.", usage=Usage(output_tokens=39_000))
    page.get_by_role("button", name="Read the market").click(timeout=PATIENCE_MS)
    page.get_by_text(re.compile("39,000 tokens")).first.wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Read the market").click()
    page.get_by_text(re.compile("budget of this session is 0.40")).first.wait_for(
        timeout=PATIENCE_MS
    )
    page.get_by_text(re.compile("by OFFLINE")).first.wait_for(timeout=PATIENCE_MS)
    assert page.locator(f"{REPLY} a.mara-fact").count() > 5


def test_a_key_is_given_in_the_tab(
    tab: str, api: MessagesServer, author: Author, look: Callable[..., Page]
) -> None:
    page = look(tab)
    page.get_by_role("button", name="Key and budget").click(timeout=PATIENCE_MS)
    page.get_by_label(re.compile("API key")).fill(api.key)
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("The key is in use for this session").wait_for(timeout=PATIENCE_MS)
    page.get_by_text(re.compile("with this session's key")).wait_for(timeout=PATIENCE_MS)
    assert api.key not in page.content()
