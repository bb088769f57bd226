"""One palette: the theme of the configuration, and the colours that figures name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mara.ui import palette

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("appearance", "colors"), [("light", palette.LIGHT), ("dark", palette.DARK)]
)
def test_the_theme_is_the_palette(
    config: dict[str, Any], appearance: str, colors: palette.Palette
) -> None:
    assert config["theme"][appearance] == colors.options()


def test_nothing_leaves_the_machine(config: dict[str, Any]) -> None:
    assert config["browser"]["gatherUsageStats"] is False
    assert config["server"]["address"] == "127.0.0.1"
    assert "http" not in CONFIG.read_text(encoding="utf-8")


def test_the_port_is_the_dashboards(config: dict[str, Any]) -> None:
    assert config["server"]["port"] == 8503


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_text_is_legible(colors: palette.Palette) -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1 for text."""
    for ground in (colors.background_color, colors.secondary_background_color):
        for ink in (colors.text_color, colors.gray_color, colors.link_color, colors.red_color):
            assert contrast(ink, ground) >= 4.5, (ink, ground)


@pytest.mark.parametrize("colors", [palette.LIGHT, palette.DARK], ids=["light", "dark"])
def test_series_stand_out(colors: palette.Palette) -> None:
    """WCAG 2.1, 1.4.11: 3 to 1 for what a figure is read from; half of it for large areas."""
    for color in colors.chart_categorical_colors:
        assert contrast(color, colors.background_color) >= 2.4, color
    assert len(set(colors.chart_categorical_colors)) == len(colors.chart_categorical_colors)
