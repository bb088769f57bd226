"""The box every panel stands in, and the table with its downloads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st
from pandas.api import types

from mara.ui import badges, platform
from mara.ui import format as fmt
from mara.ui.once import once_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator


__all__ = [
    "Prepared",
    "download",
    "downloads",
    "live_table",
    "panel",
    "prepared",
    "shown_as",
    "table",
    "to_csv",
    "to_parquet",
]

_KEPT: Final = 16
_FORMULA: Final = re.compile(r"[=@\t\r]|[+\-](?!\d[\d,.]*$)")
"""How a cell begins that a spreadsheet takes for a formula; a signed number is none."""


@contextmanager
def panel(
    title: str,
    badge: badges.Badge | None = None,
    *,
    about: str | None = None,
    height: int | Literal["stretch", "content"] = "stretch",
) -> Iterator[None]:
    """Open a titled box; `badge` says where its figures come from, `about` how to read it.

    A box whose content grows and shrinks has a fixed `height`, so that nothing below it jumps.
    """
    with platform.turn(), st.container(border=True, gap="small", height=height):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"**{title}**", width="content", help=about)
            if badge is not None:
                badges.show(badge)
        yield


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write a table as CSV; text that a spreadsheet would run as a formula begins with '."""
    texts = frame.select_dtypes(exclude=["number", "datetime", "datetimetz", "timedelta", "bool"])
    inert = frame.assign(**{str(name): texts[name].map(_inert) for name in texts})
    return inert.to_csv(index=False).encode()


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


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
    height: int | None = None,
) -> None:
    """Show a table with downloads; where it has no rows, say `empty` instead."""
    _show(_ready(frame), key=key, alt=alt, empty=empty, height=height)


def live_table(
    build: Callable[..., pd.DataFrame], *arguments: Hashable, key: str, alt: str, empty: str
) -> None:
    """Show the table that `build` makes of `arguments`, made once for all sessions."""
    _show(prepared(build, *arguments), key=key, alt=alt, empty=empty, height=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A table in the forms in which it leaves the process."""

    frame: pd.DataFrame
    arrow: pa.Table
    columns: Mapping[str, Any]


@once_for_all(_KEPT)
def prepared(build: Callable[..., pd.DataFrame], *arguments: Hashable) -> Prepared:
    """Build a table and turn it into Arrow, once for all sessions that look at the same values."""
    return _ready(build(*arguments))


def _ready(frame: pd.DataFrame) -> Prepared:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    return Prepared(frame=frame, arrow=arrow, columns=shown_as(frame) if len(frame) else {})


def _show(ready: Prepared, *, key: str, alt: str, empty: str, height: int | None) -> None:
    if ready.frame.empty:
        st.caption(empty)
        return
    st.dataframe(
        ready.arrow,
        key=key,
        hide_index=True,
        column_config=dict(ready.columns),
        height=height or "auto",
        placeholder=fmt.DASH,
        alt=alt,
    )
    downloads(ready.frame, key)


def shown_as(frame: pd.DataFrame) -> Mapping[str, Any]:
    """Show whole numbers and fractions with thousands separators, times without their offset."""
    return {str(name): column for name in frame if (column := _column(frame[name])) is not None}


def _column(values: pd.Series[Any]) -> Any:  # noqa: ANN401
    config = st.column_config
    if types.is_datetime64_any_dtype(values):
        return config.DatetimeColumn(format="ddd D MMM HH:mm:ss")
    if types.is_integer_dtype(values):
        return config.NumberColumn(format="%,d")
    if types.is_float_dtype(values) or isinstance(values.iloc[0], Decimal):
        return config.NumberColumn(format="%,.2f")
    return None


def download(
    label: str, content: bytes | Callable[[], bytes], *, file: str, mime: str, key: str
) -> None:
    """Offer a file, which is made when it is asked for where `content` is a function."""
    st.download_button(
        label,
        content,
        file_name=file,
        mime=mime,
        key=key,
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def downloads(frame: pd.DataFrame, key: str) -> None:
    """Offer a table as CSV and as Parquet."""
    parquet = "application/vnd.apache.parquet"
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        download(
            "CSV", partial(to_csv, frame), file=f"{key}.csv", mime="text/csv", key=f"{key}_csv"
        )
        download(
            "Parquet",
            partial(to_parquet, frame),
            file=f"{key}.parquet",
            mime=parquet,
            key=f"{key}_parquet",
        )
