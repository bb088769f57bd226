"""The one running platform of this process, as pages reach it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mara.errors import MaraError
from mara.services.console import Console

__all__ = ["attach", "console", "detach", "refresh_s"]


@dataclass(slots=True)
class _Slot:
    """Holds what the app's lifespan started."""

    console: Console | None = None
    refresh_s: float = 1.0


@st.cache_resource(show_spinner=False)
def _slot() -> _Slot:
    return _Slot()


def attach(console: Console, *, refresh_s: float = 1.0) -> None:
    """Give pages the console of the running platform, and the pace of their live parts."""
    slot = _slot()
    slot.console, slot.refresh_s = console, refresh_s


def detach() -> None:
    """Take the console away: the platform has stopped."""
    _slot().console = None


def console() -> Console:
    """Find the console of the running platform.

    Raises
    ------
    MaraError
        Nothing was started in this process.
    """
    found = _slot().console
    if found is None:
        raise MaraError(
            "the platform is not running in this process; start it by `streamlit run app.py`"
        )
    return found


def refresh_s() -> float:
    """Tell how often live parts refresh, in seconds."""
    return _slot().refresh_s
