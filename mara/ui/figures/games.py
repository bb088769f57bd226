"""What figures of games share: axes with titles and units, a triangle, and a file to keep."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import plotly.graph_objects as go

from mara.ui.palette import FADED, LIGHT, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mara.ui.figures.frame import Floats

__all__ = ["CORNERS", "framed", "html_of", "in_triangle", "labelled", "outline", "titled"]

CORNERS: Final = ((0.0, 0.0), (1.0, 0.0), (0.5, float(np.sqrt(0.75))))
"""Where the corners of a triangle stand."""

_VARIABLE: Final = re.compile(r"var\(--st-([\w-]+?)(?:-color)?(?:, ?([\d.]+))?\)")


def framed(
    traces: Sequence[Any],
    *,
    height: int,
    revision: str,
    x: str = "",
    y: str = "",
    **layout: Any,  # noqa: ANN401
) -> go.Figure:
    """Frame traces; `x` and `y` are the titles of the axes, with units."""
    shown: dict[str, Any] = {
        "template": go.layout.Template(),
        "height": height,
        "uirevision": revision,
        "margin": {"l": 56, "r": 14, "t": 16, "b": 44},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.24,
            "yanchor": "top",
            "font": {"size": 11},
            "itemwidth": 30,
        },
        "xaxis": {"title": titled(x), "zeroline": False, "automargin": True},
        "yaxis": {"title": titled(y), "zeroline": False, "automargin": True},
    }
    return go.Figure(data=list(traces), layout=go.Layout(_merged(shown, layout)))


def _merged(shown: dict[str, Any], layout: dict[str, Any]) -> dict[str, Any]:
    """Let the caller's options win, those of axes one by one."""
    for key, value in layout.items():
        both = isinstance(value, dict) and isinstance(shown.get(key), dict)
        shown[key] = shown[key] | value if both else value
    return shown


def titled(text: str) -> dict[str, Any]:
    """Give an axis its title."""
    return {"text": text, "standoff": 8, "font": {"size": 12}}


def in_triangle(shares: NDArray[Any] | Sequence[Sequence[float]]) -> tuple[Floats, Floats]:
    """Place rows of three shares that sum to one inside the triangle."""
    spread = np.asarray(shares, dtype=np.float64).reshape(-1, 3) @ np.array(CORNERS)
    return spread[:, 0], spread[:, 1]


def outline() -> go.Scatter:
    """Draw the triangle itself."""
    around = np.array([*CORNERS, CORNERS[0]])
    return go.Scatter(
        x=around[:, 0],
        y=around[:, 1],
        mode="lines",
        line={"color": FADED, "width": 1.2},
        hoverinfo="skip",
        showlegend=False,
    )


def labelled(names: Sequence[str], *, what: str = "") -> go.Scatter:
    """Name the corners."""
    return go.Scatter(
        x=[c[0] for c in CORNERS],
        y=[c[1] for c in CORNERS],
        mode="text",
        text=[f"{name}{what}" for name in names],
        textposition=["bottom center", "bottom center", "top center"],
        textfont={"color": TEXT, "size": 12},
        hoverinfo="skip",
        showlegend=False,
        cliponaxis=False,
    )


def html_of(figure: go.Figure) -> bytes:
    """Write a figure as a file that any browser opens, in the light colours."""
    colours = LIGHT.options()

    def resolved(found: re.Match[str]) -> str:
        first, *rest = found.group(1).split("-")
        name = first + "".join(part.title() for part in rest) + "Color"
        return _with_alpha(str(colours[name]), found.group(2))

    text = figure.to_html(include_plotlyjs=True, full_html=True)
    head, spec = text.split("Plotly.newPlot", maxsplit=1)
    return (head + "Plotly.newPlot" + _VARIABLE.sub(resolved, spec)).encode()


def _with_alpha(colour: str, alpha: str | None) -> str:
    if alpha is None:
        return colour
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
