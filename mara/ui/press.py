"""Buttons whose press is kept until the page has acted on it.

A press that comes together with a part of the page that asks for the whole page to be drawn anew is
forgotten by the time its button is drawn. A callback runs before anything is drawn, so it notes the
press, and the page takes the note when it gets there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pressed"]


def pressed(button: Callable[..., bool], label: str, *, key: str, **look: Any) -> bool:  # noqa: ANN401
    """Put a button, and tell whether a press of it waits to be acted on.

    Parameters
    ----------
    button
        What puts it: `button` or `form_submit_button` of Streamlit or of a container.
    look
        Passed on to `button`: type, width, help.
    """
    button(label, key=key, on_click=_note, args=(key,), **look)
    return bool(st.session_state.pop(f"{key}_pressed", False))


def _note(key: str) -> None:
    st.session_state[f"{key}_pressed"] = True
