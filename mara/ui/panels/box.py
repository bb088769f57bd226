"""The box every panel stands in, and the table with its downloads."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import streamlit as st

from mara.ui import badges

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

__all__ = ["panel", "table", "to_csv", "to_parquet"]


@contextmanager
def panel(
    title: str, badge: badges.Badge | None = None, *, about: str | None = None
) -> Iterator[None]:
    """Open a titled box; `badge` says where its figures come from, `about` how to read it."""
    with st.container(border=True, gap="small"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"**{title}**", width="content", help=about)
            if badge is not None:
                badges.show(badge)
        yield


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write a table as CSV."""
    return frame.to_csv(index=False).encode()


def to_parquet(frame: pd.DataFrame) -> bytes:
    """Write a table as Parquet."""
    buffer = BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


def table(
    frame: pd.DataFrame,
    *,
    key: str,
    alt: str,
    empty: str,
    columns: Mapping[str, Any] | None = None,
    height: int | None = None,
) -> None:
    """Show a table with downloads; where it has no rows, say `empty` instead."""
    if frame.empty:
        st.caption(empty)
        return
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        column_config=dict(columns or {}),
        height=height or "auto",
        alt=alt,
    )
    _downloads(frame, key)


def _downloads(frame: pd.DataFrame, key: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        st.download_button(
            "CSV",
            partial(to_csv, frame),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}_csv",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
        st.download_button(
            "Parquet",
            partial(to_parquet, frame),
            file_name=f"{key}.parquet",
            mime="application/vnd.apache.parquet",
            key=f"{key}_parquet",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
