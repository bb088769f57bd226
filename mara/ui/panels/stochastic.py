"""The sub-tabs of stochastic models; only the open one does work."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError
from mara.ui import format as fmt
from mara.ui.panels.stochastic_ahead import scenarios_view
from mara.ui.panels.stochastic_battery import stored_view
from mara.ui.panels.stochastic_joint import simulations_view
from mara.ui.panels.stochastic_laws import calibrate_view
from mara.ui.panels.stochastic_risk import risk_view, stress_view
from mara.ui.panels.stochastic_source import source_bar
from mara.ui.panels.stochastic_switching import switching_view

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mara.services.stochastic_sources import Source

__all__ = ["VIEWS", "on_a_source", "sub_tabs"]


def on_a_source(view: Callable[[Source], None]) -> Callable[[], None]:
    """Make a sub-tab of a view that works on a past the reader chooses."""

    def shown() -> None:
        try:
            source = source_bar()
            if source is not None:
                view(source)
        except MaraError as error:
            st.error(fmt.plain(str(error)))

    return shown


VIEWS: Final[Mapping[str, Callable[[], None]]] = MappingProxyType(
    {
        "Calibrate": on_a_source(calibrate_view),
        "Simulate": on_a_source(simulations_view),
        "Risk": on_a_source(risk_view),
        "Stress": on_a_source(stress_view),
        "Scenarios": on_a_source(scenarios_view),
        "Storage value": on_a_source(stored_view),
        "Curtail and resume": on_a_source(switching_view),
    }
)
"""Sub-tabs by name, in order."""


def sub_tabs(views: Mapping[str, Callable[[], None]]) -> None:
    """Show the sub-tab that the reader chose."""
    tabs = st.tabs(list(views), on_change="rerun", key="stochastic_views")
    for tab, view in zip(tabs, views.values(), strict=True):
        if tab.open:
            with tab:
                view()
