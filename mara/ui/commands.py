"""Buttons that act once: each press carries an id that outlives double clicks and reruns.

The id is made when a form is first rendered, is part of its button's key and bound to its press.
It is renewed once the command took effect or was refused for good: a press that is repeated, and
the second half of a double click, send the id that the button was rendered with, which the console
carries out once. Where nobody knows yet what came of it, the next press asks for the same command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import streamlit as st

from mara.errors import InvalidValue, MaraError, RefusedError, StaleVersion
from mara.ui import format as fmt

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.agents.commands import Outcome
    from mara.agents.snapshot import Snapshot

__all__ = ["author", "command_id", "looked_at", "press", "said", "seen", "send", "submit"]

_AUTHOR = "trading_author"
_SEEN = "shell_version"

ButtonType = Literal["primary", "secondary"]


def author() -> str:
    """Name the person at this browser, as the field `trading_author` says."""
    return str(st.session_state.get(_AUTHOR) or "").strip()[:80] or "operator"


def looked_at(snapshot: Snapshot) -> None:
    """Remember what this browser was shown last, so that a tab left open cannot act blindly."""
    st.session_state[_SEEN] = snapshot.version


def seen() -> int | None:
    """Tell the version of the snapshot that this browser was shown last."""
    version: int | None = st.session_state.get(_SEEN)
    return version


def command_id(form: str) -> str:
    """Find the id that the next press of `form` carries; made once, renewed when it is spent."""
    return str(st.session_state.setdefault(f"{form}_command", uuid4().hex))


def send(form: str, pressed: str, act: Callable[[str], Outcome]) -> None:
    """Carry the command `pressed` out, and keep what came of it for `said`."""
    try:
        outcome = act(pressed)
    except MaraError as error:
        if isinstance(error, RefusedError | InvalidValue):
            _spend(form, pressed)
        _keep(form, "error", _sentence(error))
        return
    _spend(form, pressed)
    _keep(form, "success" if outcome.done else "info", outcome.text)


def _spend(form: str, pressed: str) -> None:
    """Let the next press be a command of its own."""
    if command_id(form) == pressed:
        del st.session_state[f"{form}_command"]


def _sentence(error: MaraError) -> str:
    if isinstance(error, RefusedError):
        return f"Refused by the rule “{error.rule}”: {error}"
    if isinstance(error, StaleVersion):
        return f"Not done: {error}. What you see now is fresh; look again and press once more."
    return str(error)


def _keep(form: str, kind: str, text: str) -> None:
    st.session_state[f"{form}_said"] = (kind, text)


def said(form: str) -> None:
    """Show what came of the last press of `form`."""
    kind, text = st.session_state.get(f"{form}_said", ("", ""))
    box = {"error": st.error, "success": st.success, "info": st.info}.get(kind)
    if box is not None:
        box(fmt.plain(text))


def submit(
    form: str, label: str, act: Callable[[str], Outcome], *, kind: ButtonType = "primary"
) -> None:
    """Put the form's button: pressed, it sends the command once."""
    made = command_id(form)
    st.form_submit_button(
        label,
        key=f"{form}_{made}",
        type=kind,
        on_click=send,
        args=(form, made, act),
        width="stretch",
    )


def press(form: str, label: str, act: Callable[[str], Outcome]) -> None:
    """Put a button that stands alone: pressed, it sends the command once."""
    made = command_id(form)
    st.button(
        label,
        key=f"{form}_{made}",
        on_click=send,
        args=(form, made, act),
        width="stretch",
    )
