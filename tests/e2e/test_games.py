"""The game theory tab as a person meets it: presets, an edited game, pictures, words, exports."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.e2e.conftest import ARTIFACTS, PATIENCE_MS, TRY_MS, pressed_until, turned_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(500)]

DRAWN = ".js-plotly-plot .main-svg"

# Sub-tab, preset, what the words say of it; then row and column of the cell to edit, what is
# typed, and what the words say then.
RUNS = [
    ("Cooperative", "Insurers share a risk", "90,000", (6, 1), "99000", "99,000"),
    ("Stackelberg", "Leader and follower", "2,304.00", (0, 1), "20", "1,764.00"),
    ("Nash", "Battle of the sexes", "payoffs 3, 2", (0, 1), "9", "payoffs 9, 2"),
    ("VCG", "Two items, one wants both", "for 50.00", (0, 2), "160", "for 40.00"),
]


def opened(page: Page, tab: str, game: str) -> None:
    turned_to(page, tab)
    box = page.locator("[data-testid=stSelectbox]:visible input").first
    box.click(timeout=PATIENCE_MS)
    box.fill(game)
    page.get_by_role("option", name=re.compile(re.escape(game))).first.click(timeout=PATIENCE_MS)


def whole(page: Page) -> None:
    page.locator(DRAWN).locator("visible=true").first.wait_for(timeout=PATIENCE_MS)
    page.get_by_text("In plain words").locator("visible=true").first.wait_for(timeout=PATIENCE_MS)
    assert page.locator("[data-testid=stException]").count() == 0
    assert page.get_by_text("This part of the page failed").count() == 0
    assert page.get_by_text("The chart cannot be drawn").count() == 0


def type_into(table: Locator, page: Page, cell: tuple[int, int], text: str) -> None:
    """Go to the cell by keys from the table's first one, and overwrite it."""
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + min(70.0, box["width"] / 6), box["y"] + 52)
    for _ in range(cell[0]):
        page.keyboard.press("ArrowDown")
    for _ in range(cell[1]):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    editor = page.locator("#portal input, #portal textarea").first
    editor.wait_for(timeout=TRY_MS)
    editor.fill(text)
    page.keyboard.press("Enter")


def kept(page: Page, label: str) -> bytes:
    """Press a download button of the visible sub-tab and read what comes."""
    button = page.get_by_role("button", name=label, exact=True).locator("visible=true").first
    with page.expect_download(timeout=PATIENCE_MS) as coming:
        button.click()
    return Path(coming.value.path()).read_bytes()


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_a_preset_and_an_edited_game(
    dashboard: str, look: Callable[..., Page], run: tuple[str, str, str, tuple[int, int], str, str]
) -> None:
    tab, game, said, cell, typed, then = run
    page = look(f"{dashboard}/game_theory", height=1500)
    for attempt in range(5):
        if attempt:  # A table that was drawn anew dropped the keys.
            page.reload()
        opened(page, tab, game)
        page.get_by_text(said).first.wait_for(timeout=PATIENCE_MS)
        whole(page)
        table = page.locator("[data-testid=stDataFrame]:visible").nth(1 if tab == "VCG" else 0)
        try:
            type_into(table, page, cell, typed)
            page.get_by_text(then).first.wait_for(timeout=TRY_MS)
        except PlaywrightTimeout:
            continue
        break
    else:
        pytest.fail(f"after {typed!r} was typed the page never said {then!r}")
    whole(page)
    assert kept(page, "CSV").decode().count("\n") >= 2
    assert kept(page, "Chart").startswith(b"<!doctype html>")
    game_file = json.loads(kept(page, "Game as JSON"))
    assert float(typed) in numbers(game_file)


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [n for inner in value.values() for n in numbers(inner)]
    if isinstance(value, list):
        return [n for inner in value for n in numbers(inner)]
    return [float(value)] if isinstance(value, int | float) else []


def test_many_neighbours_are_solved_by_the_workers_and_can_be_cancelled(
    dashboard: str, look: Callable[..., Page]
) -> None:
    page = look(f"{dashboard}/game_theory", height=1500)
    opened(page, "Cooperative", "This site and its neighbours")
    whole(page)
    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    pressed_until(page.get_by_role("button", name="Cancel"), page.get_by_text("Cancelled"))
    page.get_by_role("button", name="Solve it again").click()
    page.get_by_text("Together all 8 earn").wait_for(timeout=2 * PATIENCE_MS)
    whole(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["Cooperative", "Stackelberg", "Nash", "VCG"])
def test_each_sub_tab_on_the_site_s_own_numbers(
    dashboard: str, look: Callable[..., Page], tab: str, scheme: str
) -> None:
    page = look(f"{dashboard}/game_theory", scheme=scheme, height=1500)
    turned_to(page, tab)
    whole(page)
    taken = page.get_by_text(re.compile("SIMULATED · taken")).filter(visible=True)
    taken.first.wait_for(timeout=PATIENCE_MS)
    page.wait_for_timeout(1_500)
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"games-{tab.lower()}-{scheme}.png")
