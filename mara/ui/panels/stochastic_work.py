"""Work of the stochastic tab: begun by a press, watched with progress, cancelled at will."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from mara.bootstrap.chance import generator
from mara.errors import MaraError
from mara.services.stochastic import StochasticDesk
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.progress import watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.services.console import Console
    from mara.services.jobs import Progress

__all__ = ["answer_of", "asked", "begin", "desk"]


@lru_cache(maxsize=2)
def _desk_of(console: Console) -> StochasticDesk:
    return StochasticDesk(console, generator=generator)


def desk() -> StochasticDesk:
    """Find the desk of the running platform."""
    return _desk_of(platform.console())


def asked(key: str) -> Any:  # noqa: ANN401
    """Tell what the view `key` asked last in this session; None where nothing."""
    return st.session_state.get(f"{key}_ask")


def begin(key: str, ask: object, start: Callable[[Any], None]) -> None:
    """Begin the work of `ask` for the view `key`, or show why it cannot begin."""
    try:
        start(ask)
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    st.session_state[f"{key}_ask"] = ask


def answer_of(key: str) -> Any:  # noqa: ANN401
    """Give the answer to what was asked last; while it is worked on, show progress and give None."""
    ask = asked(key)
    if ask is None:
        return None
    seen = desk().look(ask)
    if seen is not None and not seen.ended:
        watch(
            partial(desk().look, ask),
            partial(desk().cancel, ask),
            doing="Worked out by the workers",
            key=key,
        )
        return None
    if seen is None or seen.answer is None:
        _why_not(seen)
        return None
    return seen.answer


def _why_not(seen: Progress | None) -> None:
    """Say why there is no answer."""
    if seen is None:
        st.caption("This answer is no longer held: press again, the same seed gives it anew.")
    elif seen.error is not None:
        st.error(fmt.plain(str(seen.error)))
    else:
        st.info("Cancelled: nothing is worked out.", icon=":material/cancel:")
