"""The stochastic tab as a person uses it: calibrate, simulate, VaR, stress, export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.conftest import ARTIFACTS, PATIENCE_MS, TRY_MS, turned_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(500)]

CHART = ".js-plotly-plot .main-svg .trace"


def press(page: Page, label: str, then: str) -> None:
    """Press a button and wait for the panel that answers, with a chart in it."""
    page.get_by_role("button", name=label, exact=True).click(timeout=PATIENCE_MS)
    page.get_by_text(then, exact=True).first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_selector(CHART, timeout=PATIENCE_MS)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This part of the page failed").count() == 0


def export(page: Page, folder: Path, key: str) -> str:
    """Take the table or chart `key` as CSV, and give its header."""
    with page.expect_download(timeout=PATIENCE_MS) as taken:
        page.locator(f".st-key-{key}_csv button").click(timeout=PATIENCE_MS)
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 1
    return lines[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_calibrate_simulate_var_stress_export(
    dashboard: str, look: Callable[..., Page], tmp_path: Path, scheme: str
) -> None:
    page = look(f"{dashboard}/stochastic_forecasting", scheme=scheme, height=1_300)
    turned_to(page, "Calibrate")
    press(page, "Calibrate", "QQ of residuals")
    assert "Standard error" in export(page, tmp_path, "stochastic_estimates")
    turned_to(page, "Simulate")
    press(page, "Simulate", "Where the paths end")
    assert "USD/MWh" in export(page, tmp_path, "stochastic_fan_data")
    turned_to(page, "Risk")
    press(page, "Work out the risk", "VaR by method")
    assert "VaR (USD)" in export(page, tmp_path, "stochastic_var_table")
    shown = page.locator(".stApp").inner_text()
    assert re.search(r"Where CVaR 95", shown)
    ARTIFACTS.mkdir(exist_ok=True)
    page.wait_for_timeout(1_500)
    page.screenshot(path=ARTIFACTS / f"stochastic-risk-{scheme}.png")
    turned_to(page, "Stress")
    press(page, "Put tomorrow under stress", "What each stress costs")
    assert "Planned anew (USD)" in export(page, tmp_path, "stochastic_stress_table")


def test_long_work_can_be_cancelled(dashboard: str, look: Callable[..., Page]) -> None:
    page = look(f"{dashboard}/stochastic_forecasting")
    turned_to(page, "Scenarios")
    page.get_by_role("spinbutton", name="Drawn").fill("2000")
    page.get_by_role("spinbutton", name="Kept").fill("30")
    for seed in range(11, 16):
        page.get_by_role("spinbutton", name="Seed").fill(str(seed))
        page.get_by_role("button", name="Draw them", exact=True).click(timeout=PATIENCE_MS)
        try:
            page.get_by_role("button", name="Cancel", exact=True).click(timeout=TRY_MS)
            page.get_by_text("Cancelled: nothing is worked out.").wait_for(timeout=TRY_MS)
        except PlaywrightTimeout:
            continue
        return
    pytest.fail("nothing is ever cancelled")
