"""Nash: what nobody would deviate from, what a mediator could recommend, how players learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.services.games import GameKind, kind_of, tiny
from mara.services.games_markets import CournotAnswer, FeederAnswer
from mara.services.games_nash import METHODS, who
from mara.ui import format as fmt
from mara.ui.figures.games_markets import market_figure, reactions_figure
from mara.ui.figures.games_nash import (
    advice_figure,
    best_replies_figure,
    heat_figure,
    mixtures_figure,
    paths_figure,
    regrets_figure,
)
from mara.ui.panels.box import panel
from mara.ui.panels.games_parts import in_words, picture, result
from mara.ui.panels.games_work import market_solved, recommendation, solved, taught
from mara.ui.tables.games import (
    advice_frame,
    equilibria_frame,
    learning_frame,
    market_frame,
)

if TYPE_CHECKING:
    from mara.services.games_nash import Solved

__all__ = ["nash_answer"]

_VIEWS: Final = ("Equilibria", "Mediator", "Learning")


def nash_answer(document: str) -> None:
    """Solve the game and show what nobody would deviate from."""
    if kind_of(document) is not GameKind.FINITE:
        _market(document)
        return
    view = st.segmented_control(
        "View", _VIEWS, default=_VIEWS[0], required=True, key="games_nash_view"
    )
    if view == _VIEWS[0]:
        _equilibria(document)
    elif view == _VIEWS[1]:
        _mediator(document)
    else:
        _learning(document)


def _equilibria(document: str) -> None:
    method, choice = st.columns(2)
    with method:
        how = st.selectbox("Method", METHODS, key="games_nash_method")
    found = solved(document, str(how))
    if found is None:
        return
    count = len(found.solution.equilibria)
    with choice:
        number = _number(count)
    _pictures(found, number)
    in_words(found.words)
    about = "Regret: the most that anyone gains by deviating alone, by an independent judge."
    result(
        equilibria_frame(found),
        key="nash_equilibria",
        alt="Equilibria with strategies, payoffs and regret",
        title="Equilibria",
        about=about,
    )


def _number(count: int) -> int | None:
    """Let the reader choose the equilibrium that pictures show."""
    if not count:
        return None
    chosen = st.selectbox(
        "Equilibrium shown", list(range(1, count + 1)), key=f"games_nash_shown_{count}"
    )
    return int(chosen) - 1


def _pictures(found: Solved, number: int | None) -> None:
    game = found.game
    columns = st.columns(2)
    for seat in range(min(len(game.players), 2)):
        with columns[seat], panel(f"Payoffs of {fmt.plain(who(game.players[seat]))}"):
            picture(
                heat_figure,
                found,
                seat,
                number,
                key=f"heat_{seat}",
                alt=f"Payoffs of {game.players[seat]} with the equilibrium circled",
            )
    if number is None:
        return
    left, right = st.columns(2) if game.shape == (2, 2) else (st.container(), st.container())
    with left, panel("Strategies in equilibrium"):
        picture(mixtures_figure, found, number, key="mixtures", alt="Probabilities of strategies")
    if game.shape == (2, 2):
        with right, panel("Best replies", about="Where the lines cross, nobody would deviate."):
            picture(best_replies_figure, found, key="replies", alt="Best replies of both players")


def _mediator(document: str) -> None:
    said = recommendation(document)
    if said is None:
        return
    columns = st.columns(2)
    for which, name in enumerate(("Correlated", "Coarse correlated")):
        with columns[which], panel(f"{name} equilibrium of greatest welfare"):
            welfare = fmt.number(said.answers[which].welfare, digits=4)
            st.metric("Welfare", welfare, width="content")
            picture(
                advice_figure,
                said,
                which,
                key=f"advice_{which}",
                alt=f"{name} equilibrium: odds of each profile",
            )
    in_words(said.words)
    for which, name in enumerate(("Correlated", "Coarse correlated")):
        result(
            advice_frame(said, which),
            key=f"nash_advice_{which}",
            alt=f"{name} equilibrium by profile",
            title=f"{name}: what is recommended",
        )


def _learning(document: str) -> None:
    found = taught(document)
    if found is None:
        return
    left, right = st.columns(2)
    with left, panel("Paths", about="The large dot is where a path ended."):
        picture(paths_figure, found, key="paths", alt="Paths of learning")
    with right, panel("Regret along the way"):
        picture(regrets_figure, found, key="regrets", alt="Regret by rounds of learning")
    in_words(found.words)
    result(
        learning_frame(found),
        key="nash_learning",
        alt="Where learning ended",
        title="Where it ended",
    )


def _market(document: str) -> None:
    answer = market_solved(document)
    with st.container(horizontal=True, gap="medium"):
        if isinstance(answer, FeederAnswer):
            anarchy = fmt.number(answer.outcome.anarchy, digits=4)
            st.metric("Price of anarchy", anarchy, width="content")
        else:
            st.metric("Price", fmt.number(answer.outcome.price, "USD/MWh", 2), width="content")
        st.metric("Regret", f"{tiny(answer.outcome.regret)} USD", width="content")
    columns = st.columns(2) if isinstance(answer, CournotAnswer) else [st.container()]
    with columns[0], panel("The outcome"):
        picture(market_figure, answer, key="market", alt="Outcome of the market")
    if isinstance(answer, CournotAnswer) and len(answer.market.sellers) > 1:
        with columns[1], panel("Reaction functions"):
            picture(
                reactions_figure, answer, key="reactions", alt="Reaction functions of two sellers"
            )
    in_words(answer.words)
    result(market_frame(answer), key="nash_market", alt="What each player does", title="Players")
