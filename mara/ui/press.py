"""Buttons whose press is kept until the page has acted on it.

A press that comes together with a part of the page that asks for the whole page to be drawn anew is
forgotten by the time its button is drawn. A callback runs before anything is drawn, so it notes the
press, and the page takes the note when it gets there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

__all__ = ["pressed", "submitted"]

Kind = Literal["primary", "secondary"]
Width = Literal["stretch", "content"]


def pressed(
    label: str,
    *,
    key: str,
    where: DeltaGenerator | None = None,
    kind: Kind = "primary",
    width: Width = "stretch",
) -> bool:
    """Put a button (into `where`), and tell whether a press of it waits to be acted on."""
    (where or st).button(label, type=kind, key=key, on_click=_note, args=(key,), width=width)
    return _taken(key)


def submitted(
    label: str,
    *,
    key: str,
    where: DeltaGenerator | None = None,
    kind: Kind = "primary",
    width: Width = "stretch",
) -> bool:
    """Put a form's button (into `where`), and tell whether a press of it waits."""
    (where or st).form_submit_button(
        label, type=kind, key=key, on_click=_note, args=(key,), width=width
    )
    return _taken(key)


def _note(key: str) -> None:
    st.session_state[f"{key}_pressed"] = True


def _taken(key: str) -> bool:
    return bool(st.session_state.pop(f"{key}_pressed", False))
