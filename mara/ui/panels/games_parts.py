"""Parts of every answer: charts with a file to keep, words, tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mara.ui import format as fmt
from mara.ui.figures.games import html_of
from mara.ui.live_chart import chart
from mara.ui.panels.box import download, panel, table

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import pandas as pd
    import plotly.graph_objects as go

__all__ = ["in_words", "picture", "result"]


def picture(
    build: Callable[..., go.Figure], *arguments: Hashable, key: str, alt: str, title: str = ""
) -> None:
    """Show a chart, with a button that gives it as a file of its own."""
    if title:
        st.caption(title)
    chart(build, *arguments, key=f"games_{key}", alt=alt)
    with st.container(horizontal=True, horizontal_alignment="right"):
        download(
            "Chart",
            lambda: html_of(build(*arguments)),
            file=f"{key}.html",
            mime="text/html",
            key=f"games_{key}_chart",
        )


def in_words(words: tuple[str, ...]) -> None:
    """Explain the answer, a line a thought."""
    with panel("In plain words", about="Every figure comes from the answer beside it."):
        st.markdown("\n".join(f"- {fmt.plain(line)}" for line in words))


def result(frame: pd.DataFrame, *, key: str, alt: str, title: str, about: str = "") -> None:
    """Show a table of results, with its files."""
    with panel(title, about=about or None):
        table(frame, key=f"games_{key}", alt=alt, empty="Nothing to list.")
