"""The lower half of the second tab: books, people, questions, the past; one view at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.ui.panels.agents import notes_panel
from mara.ui.panels.asks import asks_panel
from mara.ui.panels.history import decisions_panel
from mara.ui.panels.people import outages_panel, overrides_panel
from mara.ui.panels.trade import books_panel, orders_panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.services.console import Console

__all__ = ["records"]

_REFRESH_S: Final = 2.0


def records(console: Console) -> None:
    """Show the view that the reader chose; the others do no work."""
    tabs = st.tabs(list(_VIEWS), on_change="rerun", key="trading_records")
    for tab, view in zip(tabs, _VIEWS.values(), strict=True):
        if tab.open:
            with tab:
                view(console)


def _orders(console: Console) -> None:
    st.fragment(partial(orders_panel, console), run_every=_REFRESH_S)()


def _books(console: Console) -> None:
    st.fragment(partial(books_panel, console), run_every=_REFRESH_S)()


def _people(console: Console) -> None:
    overrides, outages = st.columns(2)
    with overrides:
        overrides_panel(console)
    with outages:
        outages_panel(console)


def _messages(console: Console) -> None:
    st.fragment(lambda: notes_panel(console.snapshot()), run_every=_REFRESH_S)()


_VIEWS: Final[dict[str, Callable[[Console], None]]] = {
    "Orders & trades": _orders,
    "Ledger": _books,
    "Overrides & outages": _people,
    "Ask the agents": asks_panel,
    "Decisions": decisions_panel,
    "Messages": _messages,
}
