"""Charts that change in place: zoom, hidden traces and hover survive each refresh.

`st.plotly_chart` (1.67) makes a new chart of every changed figure, and ECharts and Vega charts are
redrawn from their data: each forgets the reader's zoom. This component hands the same `go.Figure`
to `Plotly.react`. A figure is built and written out once for all sessions that look at the same
values; the page carries only its address, and a browser fetches it when the address changes. The
library comes from the installed plotly package, by a route of the app.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import plotly
import streamlit as st
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from mara.ui.once import once_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import plotly.graph_objects as go
    from starlette.requests import Request

__all__ = ["CHART_ROUTES", "FigureStore", "chart", "plotly_file", "prepare"]

_LIBRARY: Final = "assets/plotly.min.js"
_FIGURES: Final = "assets/figures"
_HTML: Final = '<div class="mara-chart" role="img"></div>\n<span></span>'
_CSS: Final = ".mara-chart { width: 100%; }\n.mara-chart .main-svg { overflow: visible; }"
_KEPT: Final = 64
_FOREVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class FigureStore:
    """The newest figures as JSON, by the digest of what they show; the oldest is dropped first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._figures: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, figure: bytes) -> str:
        """Keep a figure and name it."""
        digest = hashlib.blake2b(figure, digest_size=16).hexdigest()
        with self._lock:
            self._figures[digest] = figure
            self._figures.move_to_end(digest)
            if len(self._figures) > self._most:
                self._figures.popitem(last=False)
        return digest

    def get(self, digest: str) -> bytes | None:
        """Find a figure; None where it was dropped, or never was."""
        with self._lock:
            return self._figures.get(digest)


_STORE: Final = FigureStore(4 * _KEPT)


@cache
def _component() -> Callable[..., Any]:
    script = (files("mara.ui") / "assets" / "live_chart.js").read_text(encoding="utf-8")
    return st.components.v2.component(
        "mara_live_chart", html=_HTML, css=_CSS, js=script, isolate_styles=False
    )


@cache
def _library_address() -> str:
    return f"{_LIBRARY}?v={version('plotly')}"


@once_for_all(_KEPT)
def _drawn(build: Callable[..., go.Figure], *arguments: Hashable) -> str:
    return _STORE.put(str(build(*arguments).to_json()).encode())


def chart(build: Callable[..., go.Figure], *arguments: Hashable, key: str, alt: str) -> None:
    """Show the figure that `build` makes of `arguments`, under a stable `key`.

    Values are compared as their class does: a snapshot, which is one value a tick, by identity.
    `alt` says in one sentence what the chart shows.
    """
    data = {
        "figure": f"{_FIGURES}/{_drawn(build, *arguments)}.json",
        "plotly": _library_address(),
        "alt": alt,
    }
    _component()(key=key, data=data)


def prepare() -> None:
    """Have the browser load the library, before there is a chart to draw."""
    _component()(key="prepare-charts", data={"figure": "", "plotly": _library_address(), "alt": ""})


def plotly_file() -> Path:
    """Find Plotly's library for browsers in the installed package."""
    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


async def _library(request: Request) -> Response:
    del request
    return FileResponse(plotly_file(), media_type="text/javascript", headers=_FOREVER)


async def _figure(request: Request) -> Response:
    found = _STORE.get(request.path_params["digest"])
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="application/json", headers=_FOREVER)


CHART_ROUTES: Final = (
    Route(f"/{_LIBRARY}", _library),
    Route(f"/{_FIGURES}/{{digest}}.json", _figure),
)
"""What charts fetch: the library, and figures."""
