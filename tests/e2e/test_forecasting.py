"""The forecasting half of the tab as a person meets it, on a fresh start with the simulated market."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ARTIFACTS, ticks, turned_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(500)]

PATIENCE_MS = 60_000
CHART = ".js-plotly-plot .main-svg .trace"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forecasts_and_their_accuracy(
    dashboard: str, look: Callable[..., Page], scheme: str
) -> None:
    page = look(f"{dashboard}/stochastic_forecasting", scheme=scheme, height=1_100)
    page.wait_for_selector(CHART, timeout=PATIENCE_MS)
    page.get_by_text("Who is trusted").first.wait_for(timeout=PATIENCE_MS)
    page.get_by_text("quick law").first.wait_for(timeout=PATIENCE_MS)
    ARTIFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(1_500)
    page.screenshot(path=ARTIFACTS / f"forecasting-{scheme}.png")
    turned_to(page, "Accuracy")
    page.get_by_text("Error by hours ahead").first.wait_for(timeout=PATIENCE_MS)
    page.locator(CHART).last.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(1_500)
    page.screenshot(path=ARTIFACTS / f"forecasting-accuracy-{scheme}.png")
    assert page.get_by_text("This part of the page failed").count() == 0


def test_ticks_go_on_while_models_are_compared(dashboard: str, look: Callable[..., Page]) -> None:
    page = look(f"{dashboard}/stochastic_forecasting", height=1_300)
    turned_to(page, "Compare models")
    page.get_by_role("button", name="Compare", exact=True).click(timeout=PATIENCE_MS)
    before = ticks(dashboard)
    page.get_by_text("What it leans on").first.wait_for(timeout=2 * PATIENCE_MS)
    ends = time.monotonic() + 30.0
    while ticks(dashboard) <= before:
        assert time.monotonic() < ends, "no tick while models were compared"
        time.sleep(0.5)
    with page.expect_download(timeout=PATIENCE_MS) as taken:
        page.get_by_test_id("stDownloadButton").filter(has_text="CSV").first.click()
    assert "(USD/MWh)" in taken.value.path().read_text(encoding="utf-8").splitlines()[0]
    assert page.get_by_text("This part of the page failed").count() == 0
