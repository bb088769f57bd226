"""What people take into their own hands: overrides, and units out of service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.domain import OverrideTarget, TradingState
from mara.services.console import OverrideRequest
from mara.ui import commands
from mara.ui import format as fmt
from mara.ui.panels.box import panel, table
from mara.ui.tables.people import outages_frame, override_wish, overrides_frame

if TYPE_CHECKING:
    from mara.agents.commands import Outcome
    from mara.agents.snapshot import Snapshot
    from mara.domain import Override, Site
    from mara.services.console import Console

__all__ = ["outages_panel", "overrides_panel"]

_TARGETS: Final = {
    "Machine class": OverrideTarget.CLASS_UNITS,
    "Battery": OverrideTarget.BATTERY_MW,
    "Trading state": OverrideTarget.STATE,
}


def overrides_panel(console: Console) -> None:
    """List overrides with author, reason and expiry; add and drop them."""
    snapshot = console.snapshot()
    with panel("Overrides", about="A person's order stands above the agents until it expires."):
        table(
            overrides_frame(snapshot.overrides, snapshot.site),
            key="trading_overrides",
            alt="Overrides in force",
            empty="No override is in force: the agents decide alone.",
        )
        with st.container(horizontal=True):
            for override in snapshot.overrides:
                _drop(console, override)
        commands.said("trading_drop")
        _add(console, snapshot)


def _drop(console: Console, override: Override) -> None:
    def drop(command_id: str) -> Outcome:
        return console.drop_override(
            override.override_id, command_id=command_id, author=commands.author()
        )

    label = f"Drop: {fmt.plain(override_wish(override))}"
    st.button(
        label,
        key=f"trading_drop_{override.override_id}",
        on_click=commands.send,
        args=("trading_drop", commands.command_id("trading_drop"), drop),
        icon=":material/close:",
    )


def _add(console: Console, snapshot: Snapshot) -> None:
    def add(command_id: str) -> Outcome:
        return console.override(_request(), command_id=command_id, version=commands.seen())

    with st.form("trading_override_form", border=False):
        target, subject = st.columns(2)
        target.segmented_control(
            "Override",
            list(_TARGETS),
            default="Machine class",
            required=True,
            key="trading_override_target",
        )
        subject.selectbox(
            "Class (for machines)",
            [machine.name for machine in snapshot.site.machines],
            format_func=fmt.words,
            key="trading_override_class",
        )
        value, state, lasts = st.columns(3)
        value.number_input(
            "Units on, or MW of charging", value=0.0, step=1.0, key="trading_override_value"
        )
        state.selectbox(
            "State (for trading state)",
            [s.value for s in TradingState],
            key="trading_override_state",
        )
        lasts.number_input(
            "Lasts (minutes)", min_value=5, value=60, step=5, key="trading_override_minutes"
        )
        st.text_input("Reason", key="trading_override_reason", max_chars=200, required=True)
        commands.submit("trading_override", "Add override", add, kind="secondary")
        commands.said("trading_override")


def _request() -> OverrideRequest:
    asked = st.session_state
    target = _TARGETS[asked["trading_override_target"]]
    machines = target is OverrideTarget.CLASS_UNITS
    states = target is OverrideTarget.STATE
    return OverrideRequest(
        target=target,
        author=commands.author(),
        reason=asked["trading_override_reason"],
        lasts=timedelta(minutes=asked["trading_override_minutes"]),
        machine_class=asked["trading_override_class"] if machines else None,
        value=None if states else float(asked["trading_override_value"]),
        state=TradingState(asked["trading_override_state"]) if states else None,
    )


def outages_panel(console: Console) -> None:
    """List the classes, and say how many of their units are out of service."""
    site = console.snapshot().site
    with panel("Units out of service", about="The plan never uses what is out of service."):
        table(
            outages_frame(site),
            key="trading_outages",
            alt="Units in and out of service by class",
            empty="This site has no machines.",
        )
        _outage_form(console, site)


def _outage_form(console: Console, site: Site) -> None:
    def take_out(command_id: str) -> Outcome:
        asked = st.session_state
        return console.set_outage(
            asked["trading_outage_class"],
            int(asked["trading_outage_units"]),
            asked["trading_outage_note"],
            command_id=command_id,
            author=commands.author(),
            version=commands.seen(),
        )

    with st.form("trading_outage_form", border=False):
        machine, units, note = st.columns([1.2, 1, 1.6])
        machine.selectbox(
            "Class",
            [m.name for m in site.machines],
            format_func=fmt.words,
            key="trading_outage_class",
        )
        units.number_input("Units out", min_value=0, value=0, step=1, key="trading_outage_units")
        note.text_input("Note", key="trading_outage_note", max_chars=200)
        commands.submit("trading_outage", "Set units out of service", take_out, kind="secondary")
        commands.said("trading_outage")
