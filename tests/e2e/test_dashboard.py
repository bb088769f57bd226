"""The dashboard as a person meets it: every tab, live ticks, a trade, a reload, both appearances."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ARTIFACTS, PATIENCE_MS, ticks, turned_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(500)]

CHART = ".js-plotly-plot .main-svg .trace"
TABS = {"Real-Time Analytics": "", "Trading & Agents": "trading_agents"}


def clock(page: Page) -> str:
    found = re.search(r"\w{3} \d+ \w{3} \d\d:\d\d \w+", header(page))
    assert found is not None, header(page)
    return found.group()


def header(page: Page) -> str:
    return page.locator(".st-key-mara_header").inner_text(timeout=PATIENCE_MS)


def price(page: Page) -> float:
    """What energy costs now, in USD/MWh."""
    found = re.search(r"Price\s+(\S+) USD/MWh", header(page))
    assert found is not None, header(page)
    return float(found.group(1).replace("\N{MINUS SIGN}", "-").replace(",", ""))


def wait_for_tick(page: Page) -> str:
    before = clock(page)
    page.wait_for_function(
        "before => !document.querySelector('.st-key-mara_header').innerText.includes(before)",
        arg=before,
        timeout=PATIENCE_MS,
    )
    return clock(page)


def settled(page: Page) -> None:
    """Wait until the tab has its charts and nothing on it failed."""
    page.wait_for_selector(CHART, timeout=PATIENCE_MS)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This part of the page failed").count() == 0
    assert page.get_by_text("The chart cannot be drawn").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_lives(dashboard: str, look: Callable[..., Page], tab: str, scheme: str) -> None:
    page = look(dashboard, scheme=scheme)
    page.get_by_role("link", name=tab).click()
    settled(page)
    first = wait_for_tick(page)
    second = wait_for_tick(page)
    assert first != second
    assert "SIMULATED" in header(page)
    settled(page)
    ARTIFACTS.mkdir(exist_ok=True)
    name = tab.lower().replace(" & ", "-").replace(" ", "-")
    page.screenshot(path=ARTIFACTS / f"{name}-{scheme}.png")


@pytest.mark.parametrize("path", TABS.values())
def test_a_tab_opens_by_its_address(dashboard: str, look: Callable[..., Page], path: str) -> None:
    page = look(f"{dashboard}/{path}")
    settled(page)
    assert "real time" in header(page)
    assert page.get_by_role("link", name="Trading & Agents").count() == 1


def test_a_chart_keeps_its_zoom(dashboard: str, look: Callable[..., Page]) -> None:
    page = look(dashboard)
    settled(page)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 60, steps=6)
    page.mouse.up()
    reach = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.join()"
    page.evaluate("document.querySelector('.js-plotly-plot').mark = 'the same element'")
    zoomed = page.evaluate(reach)
    wait_for_tick(page)
    page.wait_for_timeout(4_000)
    assert page.evaluate(reach) == zoomed
    assert page.evaluate("document.querySelector('.js-plotly-plot').mark") == "the same element"


def test_a_trade_is_booked_once_and_outlives_a_reload(
    dashboard: str, folder: Path, look: Callable[..., Page]
) -> None:
    page = look(f"{dashboard}/trading_agents")
    settled(page)
    before = trades(folder)
    page.get_by_label("Limit (cents/kWh)").fill(f"{price(page) / 10.0 + 10.0:.2f}")
    page.get_by_role("button", name="Send order").dblclick()
    page.get_by_text(re.compile("1.0 MWh")).first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(2_000)
    assert trades(folder) == before + 1
    page.reload()
    settled(page)
    turned_to(page, "Ledger")
    page.get_by_text("The books balance to the cent").wait_for(timeout=PATIENCE_MS)
    turned_to(page, "Orders & trades")
    page.locator("[data-testid=stDataFrame]:visible").first.wait_for(timeout=PATIENCE_MS)


def trades(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "mara.db")) as ledger:
        return int(ledger.execute("SELECT COUNT(*) FROM trades").fetchone()[0])


def test_a_phone_shows_it_all(dashboard: str, look: Callable[..., Page]) -> None:
    page = look(dashboard, width=390, height=844)
    settled(page)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390


def test_the_header_is_one_line(dashboard: str, look: Callable[..., Page]) -> None:
    page = look(dashboard)
    settled(page)
    box = page.locator(".st-key-mara_header").bounding_box()
    assert box is not None
    assert box["height"] <= 40


def test_the_agents_tick_with_no_browser_open(dashboard: str) -> None:
    before = ticks(dashboard)
    ends = time.monotonic() + 150.0
    while ticks(dashboard) <= before:
        assert time.monotonic() < ends, "no tick came"
        time.sleep(0.5)
