"""Models compared on a past that the reader chooses: worked out by the workers, piece by piece."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from mara.bootstrap.chance import generator
from mara.errors import MaraError
from mara.models.forecasting.registry import FORECASTERS
from mara.services.forecasting import NAIVE, UNITS, hourly_past_of
from mara.services.forecasting_league import CompareAsk, compare_work
from mara.services.jobs import Jobs
from mara.ui import format as fmt
from mara.ui import platform
from mara.ui.figures.forecasting import importance_figure, said_figure
from mara.ui.live_chart import chart
from mara.ui.panels.box import panel, table
from mara.ui.panels.stochastic_source import source_badge
from mara.ui.panels.stochastic_work import desk
from mara.ui.press import pressed
from mara.ui.progress import watch
from mara.ui.tables.forecasting import league_frame, said_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from mara.services.console import Console
    from mara.services.forecasting_league import League, Standing
    from mara.services.jobs import Progress
    from mara.services.stochastic_sources import Source
    from mara.ui.badges import Badge

__all__ = ["compare_view"]

_DEFAULT: Final = ("seasonal-ar", "adaptive")
_ASK: Final = "forecasting_compare_ask"


def compare_view(profiles: Callable[[League, Badge, str], None], source: Source) -> None:
    """Ask which models to compare, and show how they did."""
    badge = source_badge(source)
    with panel("Compare", badge, about="Rolling out of sample: each forecast sees only its past."):
        _form(source)
    league = _answer()
    if league is None:
        return
    with panel("League", badge):
        table(
            league_frame(league),
            key="forecasting_compared",
            alt="Models ranked by their error",
            empty="Nothing was scored.",
        )
    profiles(league, badge, "compared")
    _one_model(league, badge)


def _form(source: Source) -> None:
    with st.form("forecasting_compare", border=False):
        figure, models, days, horizon, refit = st.columns([1, 2, 1, 1, 1])
        ask = CompareAsk(
            digest=source.digest,
            figure=figure.selectbox(
                "Figure",
                source.figures,
                format_func=fmt.prose,
                key="forecasting_compare_figure",
            ),
            models=tuple(
                models.multiselect(
                    "Models",
                    [name for name in FORECASTERS if name != NAIVE],
                    default=_DEFAULT,
                    key="forecasting_compare_models",
                    help="The seasonal naive always stands beside them.",
                )
            ),
            days=int(days.number_input("Test days", 2, 365, 7, key="forecasting_compare_days")),
            horizon=int(
                horizon.number_input("Hours ahead", 1, 48, 24, key="forecasting_compare_horizon")
            ),
            refit_every=int(
                refit.number_input("Refit every (days)", 1, 60, 7, key="forecasting_compare_refit")
            ),
            seed=7,
        )
        if pressed(st.form_submit_button, "Compare", key="forecasting_compare_go", type="primary"):
            _start(source, ask)


def _start(source: Source, ask: CompareAsk) -> None:
    try:
        history, file = desk().history(source.digest), desk().file(source.digest)
        past = hourly_past_of(history, ask.figure, file, zone=_zone())
        work = compare_work(past, ask, generator(ask.seed))
        _jobs().start(_name(ask), work)
    except MaraError as error:
        st.error(fmt.plain(str(error)))
        return
    st.session_state[_ASK] = _name(ask)


@lru_cache(maxsize=2)
def _jobs_of(console: Console) -> Jobs:
    return Jobs(console.executor)


def _jobs() -> Jobs:
    """Find what works comparisons out on the platform's workers."""
    return _jobs_of(platform.console())


def _zone() -> str:
    return platform.console().snapshot().site.time_zone


def _name(ask: CompareAsk) -> str:
    return f"compared {ask}"


def _answer() -> League | None:
    """Give the league that was asked for; while it is worked out, show progress and give None."""
    name = st.session_state.get(_ASK)
    if name is None:
        st.caption(
            "Choose models and press Compare: the workers fit and score them, piece by piece."
        )
        return None
    seen = _jobs().look(name)
    if seen is None:
        st.caption("This comparison is no longer held: press Compare again.")
        return None
    if not seen.ended:
        watch(
            partial(_jobs().look, name),
            partial(_jobs().cancel, name),
            doing="Fitted and scored by the workers",
            key="forecasting",
        )
        return None
    return _ended(seen)


def _ended(seen: Progress) -> League | None:
    """Give the answer of ended work, or show why there is none."""
    if seen.cancelled:
        st.info("Cancelled: nothing is compared.", icon=":material/cancel:")
    if seen.error is not None:
        st.error(fmt.plain(str(seen.error)))
    found: League | None = seen.answer
    return found


def _one_model(league: League, badge: Badge) -> None:
    """Show one model's forecasts against what came, and what it leans on."""
    names = [standing.model for standing in league.standings]
    chosen = st.selectbox("Look at one model", names, key="forecasting_compare_one", width=280)
    standing = next(s for s in league.standings if s.model == chosen)
    snapshot = platform.console().snapshot()
    said, inputs = st.columns([1.7, 1])
    with said, panel(f"{chosen}: said and came", badge, about="Hourly means, first day ahead."):
        chart(
            said_figure,
            league,
            standing,
            snapshot.site.zone,
            snapshot.started_at,
            key="forecasting_said",
            alt=f"Forecasts of {chosen} over the test, against what came",
        )
        _export(league, standing)
    with inputs, panel("What it leans on", badge, about=_LEANS):
        if not standing.importance:
            st.caption("The ensemble leans on its experts: choose one of them.")
            return
        chart(
            importance_figure,
            standing,
            UNITS.get(league.past.target, ""),
            key="forecasting_importance",
            alt=f"By how much {chosen} errs more without each group of inputs",
        )


_LEANS: Final = (
    "By how much the mean absolute error grows when this part of the input is exchanged for that of "
    "another day, in the figure's unit. Zero: the model does not read it."
)


def _export(league: League, standing: Standing) -> None:
    with st.expander("The forecasts in numbers"):
        table(
            said_frame(league, standing),
            key="forecasting_said_table",
            alt="Every forecast with what came",
            empty="None.",
            height=260,
        )
