"""The switches: trading state, kill switch, mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.domain import Mode, TradingState
from mara.ui import commands
from mara.ui import format as fmt
from mara.ui.panels.box import panel

if TYPE_CHECKING:
    from mara.agents.commands import Outcome
    from mara.agents.snapshot import Snapshot
    from mara.services.console import Console

__all__ = ["halt_panel", "mode_panel", "standing_line", "state_panel"]

_MEANING: Final = {
    TradingState.ACTIVE: "all moves",
    TradingState.REDUCING: "only moves that lower exposure",
    TradingState.HALTED: "no new trade; the safe controller runs the machines",
}


def standing_line(snapshot: Snapshot) -> None:
    """Say in one line how far MARA may go by itself, and why."""
    st.markdown(
        f"**{snapshot.trading_state}**: {_MEANING[snapshot.trading_state]} "
        f":gray[({fmt.plain(snapshot.state_reason)})] · mode **{snapshot.mode}**"
    )


def halt_panel(console: Console) -> None:
    """Put the kill switch: one press, whatever this browser saw last."""

    def halt(command_id: str) -> Outcome:
        return console.set_state(
            TradingState.HALTED,
            reason="kill switch",
            command_id=command_id,
            author=commands.author(),
        )

    with panel("Kill switch", about="Halts all trading at once; machines follow the safe rule."):
        st.text_input(
            "Your name, for the record",
            key="trading_author",
            placeholder="operator",
            max_chars=80,
            persist_state="session",
        )
        commands.press("trading_halt", ":red[:material/dangerous: **HALT trading now**]", halt)
        commands.said("trading_halt")


def state_panel(console: Console) -> None:
    """Change the trading state, with a reason."""

    def change(command_id: str) -> Outcome:
        return console.set_state(
            TradingState(st.session_state["trading_state"]),
            reason=st.session_state["trading_reason"],
            command_id=command_id,
            author=commands.author(),
            version=commands.seen(),
        )

    with panel("Trading state"), st.form("trading_state_form", border=False):
        st.segmented_control(
            "State",
            [state.value for state in TradingState],
            default=TradingState.ACTIVE.value,
            required=True,
            key="trading_state",
        )
        st.text_input("Reason", key="trading_reason", max_chars=200, required=True)
        commands.submit("trading_state", "Set state", change, kind="secondary")
        commands.said("trading_state")


def mode_panel(console: Console) -> None:
    """Change the mode; `live` asks for the site's name and the operator's password."""

    def change(command_id: str) -> Outcome:
        return console.set_mode(
            Mode(st.session_state["trading_mode"]),
            confirmation=st.session_state["trading_confirmation"],
            password=st.session_state["trading_password"],
            command_id=command_id,
            author=commands.author(),
            version=commands.seen(),
        )

    about = "advisory moves nothing, paper books fills on paper, live moves the site."
    with panel("Mode", about=about), st.form("trading_mode_form", border=False):
        st.segmented_control(
            "Mode",
            [mode.value for mode in Mode],
            default=Mode.PAPER.value,
            required=True,
            key="trading_mode",
        )
        name, password = st.columns(2)
        name.text_input("Site's name, for live", key="trading_confirmation")
        password.text_input("Password, for live", type="password", key="trading_password")
        commands.submit("trading_mode", "Set mode", change, kind="secondary")
        commands.said("trading_mode")
