"""Cooperative games: who should get what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.ui import format as fmt
from mara.ui.figures.games_cooperative import (
    core_figure,
    gains_figure,
    has_triangle,
    lattice_figure,
    shares_figure,
)
from mara.ui.panels.box import panel
from mara.ui.panels.games_parts import in_words, picture, result
from mara.ui.panels.games_work import shared
from mara.ui.tables.games import coalitions_frame, sharing_frame

if TYPE_CHECKING:
    from mara.services.games_cooperative import Sharing

__all__ = ["cooperative_answer"]

_DRAWN: Final = 5


def cooperative_answer(document: str) -> None:
    """Share the game by every rule, and show why."""
    sharing = shared(document)
    if sharing is None:
        return
    _figures(sharing)
    _pictures(sharing)
    in_words(sharing.words)
    about = "What each has alone, and gets by each rule. Banzhaf's do not sum to the whole."
    result(
        sharing_frame(sharing),
        key="cooperative_shares",
        alt="What each player gets by each rule",
        title="Who gets what",
        about=about,
    )
    result(
        coalitions_frame(sharing),
        key="cooperative_coalitions",
        alt="Every coalition with its figure and what it would gain by leaving",
        title="Every coalition",
        about="Above zero: the coalition would rather leave.",
    )


def _figures(sharing: Sharing) -> None:
    game = sharing.game
    with st.container(horizontal=True, gap="medium"):
        whole = fmt.number(float(game.values[-1]), sharing.unit, 2)
        st.metric(f"{str(game.kind).capitalize()} of all", whole, width="content")
        st.metric("Core", "empty" if sharing.core.empty else "not empty", width="content")
        if sharing.least is not None:
            least = fmt.number(sharing.least.epsilon, sharing.unit, 4)
            st.metric("Least-core excess", least, width="content")
        if sharing.structure is not None:
            blocks = " | ".join(", ".join(block) for block in sharing.structure.blocks)
            stable = "stable" if sharing.structure.stable else "not stable"
            st.metric("Best partition", stable, help=fmt.plain(blocks), width="content")


def _pictures(sharing: Sharing) -> None:
    game = sharing.game
    left, right = st.columns(2)
    with left, panel("Sharing"):
        if has_triangle(sharing):
            picture(
                core_figure,
                sharing,
                key="core_triangle",
                alt="Triangle of sharings with core, Shapley value and nucleolus",
                title="A corner gives that player all that cooperation gains.",
            )
        else:
            picture(
                shares_figure,
                sharing,
                key="shares",
                alt="What each player gets above standing alone, by rule",
            )
        if sharing.gains and sharing.unit:
            picture(
                gains_figure,
                sharing,
                key="gains",
                alt="Gain of cooperation by size of the coalition",
                title="Mean gain by size, with the range of 10 to 90 % of the coalitions.",
            )
    with right, panel("Coalitions"):
        if game.count <= _DRAWN:
            picture(
                lattice_figure,
                sharing,
                key="lattice",
                alt="Lattice of coalitions with their figures",
                title="Stronger colour: more is gained over the members alone.",
            )
        else:
            st.caption("Too many coalitions to draw; the table below lists them all.")
