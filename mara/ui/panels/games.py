"""The four sub-tabs of games; only the open one does work."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.errors import MaraError
from mara.services import games_presets as presets
from mara.services import games_site as site
from mara.services.games import GameKind
from mara.ui.panels.games_cooperative import cooperative_answer
from mara.ui.panels.games_nash import nash_answer
from mara.ui.panels.games_source import Shelf, game_panel
from mara.ui.panels.games_stackelberg import stackelberg_answer
from mara.ui.panels.games_vcg import vcg_answer
from mara.ui.panels.games_work import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mara.services.console import Console

__all__ = ["games"]

_COOPERATIVE: Final = Shelf(
    key="cooperative",
    poses=site.COOPERATIVE_POSES,
    presets=presets.COOPERATIVE,
    kinds=(GameKind.COALITION, GameKind.ENERGY),
    example='{"players": ["a", "b"], "values": {"a": 1, "b": 0, "a,b": 3}}',
)
_STACKELBERG: Final = Shelf(
    key="stackelberg",
    poses=site.STACKELBERG_POSES,
    presets=presets.STACKELBERG,
    kinds=(GameKind.LEADERSHIP, GameKind.TARIFF, GameKind.COMMITMENT),
    example='{"demand": {"a": 200, "b": 2}, "leaders": [{"cost": 8}], "followers": [{"cost": 8}]}',
)
_NASH: Final = Shelf(
    key="nash",
    poses=site.NASH_POSES,
    presets=presets.NASH,
    kinds=(GameKind.FINITE, GameKind.COURNOT, GameKind.SUPPLY, GameKind.POOL, GameKind.FEEDER),
    example='NFG 1 R "Game" { "A" "B" } { 2 2 }  3 2 0 0 0 0 2 3',
)
_VCG: Final = Shelf(
    key="vcg",
    poses=site.VCG_POSES,
    presets=presets.VCG,
    kinds=(GameKind.AUCTION, GameKind.EXCHANGE),
    example='{"items": ["x"], "bids": [{"bidder": "A", "bundle": ["x"], "value": 150}]}',
)

_TABS: Final[Mapping[str, tuple[Shelf, Callable[[str], None]]]] = MappingProxyType(
    {
        "Cooperative": (_COOPERATIVE, cooperative_answer),
        "Stackelberg": (_STACKELBERG, stackelberg_answer),
        "Nash": (_NASH, nash_answer),
        "VCG": (_VCG, vcg_answer),
    }
)


def games(console: Console) -> None:
    """Show the sub-tab that the reader chose."""
    tabs = st.tabs(list(_TABS), on_change="rerun", key="games_tab")
    for tab, (shelf, answer) in zip(tabs, _TABS.values(), strict=True):
        if tab.open:
            with tab:
                _shelf(shelf, answer, console)


def _shelf(shelf: Shelf, answer: Callable[[str], None], console: Console) -> None:
    posed, told = st.columns([1, 1.55])
    with posed:
        document = game_panel(shelf, console)
    with told:
        if document is None:
            st.caption("The answer stands here once a game is given.")
            return
        try:
            answer(document)
        except MaraError as error:
            tell(error)
