"""How far the workers are with a piece of work, drawn until it has ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.services.jobs import Progress

__all__ = ["watch"]

_LOOK_S: Final = 0.5
_LEAST_SHARE: Final = 0.03


def watch(
    look: Callable[[], Progress | None], cancel: Callable[[], None], *, doing: str, key: str
) -> None:
    """Draw progress with a button that cancels; at the end the whole page is drawn anew.

    Parameters
    ----------
    look
        Tells how far the work is; None where it is no longer held.
    doing
        What is done, in words: "Solved by the workers".
    """
    st.fragment(partial(_drawn, look, cancel, doing, key), run_every=_LOOK_S)()


def _drawn(
    look: Callable[[], Progress | None], cancel: Callable[[], None], doing: str, key: str
) -> None:
    seen = look()
    if seen is None or seen.ended:
        st.rerun()
    parts = f"{seen.done} of {seen.total} parts" if seen.total > 1 else "one part"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(max(seen.done / seen.total, _LEAST_SHARE), text=f"{doing}: {parts}")
        st.button("Cancel", key=f"{key}_cancel", on_click=cancel)
