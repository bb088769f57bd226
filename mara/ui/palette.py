"""The one palette of the dashboard, in light and dark.

`.streamlit/config.toml` holds the same values, which a test compares. Figures name colours by the
theme's own variables, so that a chart follows the reader's light or dark setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

__all__ = [
    "BLUE",
    "DARK",
    "FADED",
    "GREEN",
    "LIGHT",
    "ORANGE",
    "PRIMARY",
    "RED",
    "TEXT",
    "VIOLET",
    "Palette",
    "faint",
]

PRIMARY: Final = "var(--st-primary-color)"
TEXT: Final = "var(--st-text-color)"
FADED: Final = "var(--st-gray-color)"
BLUE: Final = "var(--st-blue-color)"
GREEN: Final = "var(--st-green-color)"
ORANGE: Final = "var(--st-orange-color)"
RED: Final = "var(--st-red-color)"
VIOLET: Final = "var(--st-violet-color)"


def faint(color: str, alpha: float) -> str:
    """Thin a theme colour: the chart resolves it when it is drawn.

    >>> faint(BLUE, 0.2)
    'var(--st-blue-color, 0.2)'
    """
    return f"{color[:-1]}, {alpha:g})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours of one appearance; each field is the theme option of the same name."""

    primary_color: str
    background_color: str
    secondary_background_color: str
    text_color: str
    link_color: str
    border_color: str
    red_color: str
    orange_color: str
    yellow_color: str
    green_color: str
    blue_color: str
    violet_color: str
    gray_color: str
    dataframe_border_color: str
    dataframe_header_background_color: str
    chart_categorical_colors: tuple[str, ...]

    def options(self) -> dict[str, str | list[str]]:
        """Name the values as `[theme.light]` and `[theme.dark]` of the configuration do."""
        values = {_camel(field.name): getattr(self, field.name) for field in fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


LIGHT: Final = Palette(
    primary_color="#0B7285",
    background_color="#FFFFFF",
    secondary_background_color="#F3F6F8",
    text_color="#16212B",
    link_color="#0B7285",
    border_color="#D8DFE5",
    red_color="#C92A2A",
    orange_color="#D9730D",
    yellow_color="#B8860B",
    green_color="#2B8A3E",
    blue_color="#1971C2",
    violet_color="#6741D9",
    gray_color="#5D6A77",
    dataframe_border_color="#E3E8EC",
    dataframe_header_background_color="#F3F6F8",
    chart_categorical_colors=(
        "#0C8599",
        "#E8890C",
        "#7048E8",
        "#1C7ED6",
        "#40A02B",
        "#D6336C",
        "#87929D",
        "#A0860B",
    ),
)

DARK: Final = Palette(
    primary_color="#0C8599",
    background_color="#0E151B",
    secondary_background_color="#18222B",
    text_color="#E6EDF3",
    link_color="#66D9E8",
    border_color="#2A3742",
    red_color="#FF6B6B",
    orange_color="#FFA94D",
    yellow_color="#FFD43B",
    green_color="#69DB7C",
    blue_color="#4DABF7",
    violet_color="#B197FC",
    gray_color="#93A1AD",
    dataframe_border_color="#2A3742",
    dataframe_header_background_color="#18222B",
    chart_categorical_colors=(
        "#22B8CF",
        "#FFA94D",
        "#9775FA",
        "#4DABF7",
        "#69DB7C",
        "#F783AC",
        "#ADB5BD",
        "#E9C46A",
    ),
)
