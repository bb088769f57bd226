"""The one running platform of this process, as pages reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import streamlit as st

from mara.errors import MaraError
from mara.services.console import Console

__all__ = ["attach", "console", "detach", "give_way", "panels_s", "refresh_s"]

_SLOWEST_S: Final = 5.0


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


def give_way() -> None:
    """Let a tick that is worked on go first; pages call it before each part they draw."""
    found = _slot().console
    if found is not None:
        found.give_way()


def refresh_s() -> float:
    """Tell how often the header refreshes, in seconds."""
    return _slot().refresh_s


def panels_s() -> float:
    """Tell how often panels refresh, in seconds: twice a tick, and never less often than 5 s."""
    snapshot = console().snapshot()
    minutes = snapshot.market.history.minutes
    tick_s = 60.0 * minutes / snapshot.speed if snapshot.speed else 0.0
    return max(refresh_s(), min(tick_s / 2.0, _SLOWEST_S))
