"""The forecasting sub-tabs in process: what is expected, how good it was, models compared."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.agents.forecast_report import ExpertTrust, FigureReport, ForecastingReport
from mara.models.forecasting.evaluation.rolling import evaluated
from mara.models.forecasting.evaluation.schedule import last_days
from mara.models.forecasting.live.book import ENSEMBLE, Book
from mara.models.forecasting.live.hourly import hourly_past
from mara.models.forecasting.live.rounds import Task, run_round
from mara.models.forecasting.registry import forecaster
from mara.services.forecasting_league import CompareAsk, compare_work, league_of_report
from mara.ui.figures.forecasting import (
    ahead_figure,
    calibration_figure,
    hour_figure,
    importance_figure,
    lead_figure,
    said_figure,
)
from mara.ui.panels import forecasting_compare
from mara.ui.tables.forecasting import forecast_frame, league_frame, said_frame, trust_frame
from tests.models.forecasting.evaluation.support import hourly
from tests.ui import support

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from mara.agents.snapshot import Snapshot
    from mara.bootstrap.platform import Platform
    from mara.services.console import Console

PAGE = "stochastic_forecasting.py"
EXPERTS = ("persistence", "seasonal-naive", "adaptive")
ENERGY = "energy_usd_per_mwh"


@pytest.fixture(scope="module")
def report() -> FigureReport:
    """What three experts said of the support market, rehearsed."""
    past = hourly_past(support.history(20), ENERGY, zone="America/Chicago", days=30)
    made = run_round(Task(past=past, book=Book.of(EXPERTS), horizon=26, rehearse=True))
    trust = tuple(ExpertTrust(expert=e, near=0.5, middle=0.3, far=0.2) for e in EXPERTS)
    return FigureReport(
        target=ENERGY,
        model="seasonal-ar",
        past=past,
        issues=made.issues,
        trust=trust,
        fitted_at=support.NOW,
        broken_h=5.0,
    )


def with_report(report: FigureReport) -> Snapshot:
    work = ForecastingReport(figures=(report,), troubles=("forecast of x: y failed; z instead",))
    return support.snapshot(market=support.market(forecasting=work))


def test_the_live_league_ranks_every_expert_and_the_ensemble(report: FigureReport) -> None:
    league = league_of_report(report)
    assert league is not None
    assert {s.model for s in league.standings} == {*EXPERTS, ENSEMBLE}
    errors = [s.card.mae for s in league.standings]
    assert errors == sorted(errors)
    assert league.naive.card.versus_naive is None
    frame = league_frame(league)
    assert "MAE (USD/MWh)" in frame
    assert "Naive's accuracy (%)" in frame
    assert list(trust_frame(report)["Expert"]) == list(EXPERTS)


def test_nothing_is_ranked_before_it_came_true(report: FigureReport) -> None:
    assert league_of_report(replace(report, issues=report.issues[-1:])) is None


def test_figures_show_what_was_said_and_what_came(report: FigureReport) -> None:
    snapshot = with_report(report)
    drawn = ahead_figure(snapshot, ENERGY, report)
    names = {trace.name for trace in drawn.data}
    assert {"what came", "expected now", "said a day ago"} <= names
    assert ahead_figure(support.first_snapshot(), "grid_load_mw", None).data
    league = league_of_report(report)
    assert league is not None
    for build in (lead_figure, hour_figure, calibration_figure):
        assert len(build(league).data) >= len(league.standings)
    assert len(lead_figure(league).data[0].x) == 24
    standing = league.standings[0]
    said = said_figure(league, standing, snapshot.site.zone, snapshot.clock)
    assert "what came" in {trace.name for trace in said.data}
    forecast = snapshot.market.forecasts[0]
    assert "Mean (USD/MWh)" in forecast_frame(forecast, snapshot.site)


def test_a_comparison_is_cut_into_pieces_and_put_together() -> None:
    past = hourly(40)
    ask = CompareAsk(
        digest="d",
        figure=ENERGY,
        models=("adaptive",),
        days=9,
        horizon=24,
        refit_every=3,
        seed=1,
    )
    work = compare_work(past, ask, np.random.default_rng(1))
    assert len(work.pieces) == 2 * 2 + 2
    league = work.combine([call(*args) for call, args in work.pieces])
    assert {s.model for s in league.standings} == {"adaptive", "seasonal-naive", ENSEMBLE}
    adaptive = next(s for s in league.standings if s.model == "adaptive")
    assert len(adaptive.track) == 9 * 24
    groups = {row.group: row.increase for row in adaptive.importance}
    assert max(groups.values()) >= 0.0
    drawn = importance_figure(adaptive, "USD/MWh")
    assert len(drawn.data[0].x) == len(groups)
    assert len(said_frame(league, adaptive)) == 9 * 24


@pytest.mark.parametrize(("refit_every", "pieces"), [(1, 3), (3, 3), (5, 4), (10, 2), (60, 1)])
def test_a_comparison_in_pieces_scores_as_the_whole(refit_every: int, pieces: int) -> None:
    past = hourly(40)
    ask = CompareAsk(
        digest="d",
        figure=ENERGY,
        models=("seasonal-ar",),
        days=16,
        horizon=24,
        refit_every=refit_every,
        seed=1,
    )
    work = compare_work(past, ask, np.random.default_rng(1))
    assert len(work.pieces) == 2 * pieces + 2
    league = work.combine([call(*args) for call, args in work.pieces])
    schedule = last_days(past, 16, horizon=24, refit_every=refit_every)
    whole = evaluated(forecaster("seasonal-ar"), past, schedule)
    cut = next(s.track for s in league.standings if s.model == "seasonal-ar")
    np.testing.assert_array_equal(cut.mean, whole.mean)
    np.testing.assert_array_equal(cut.quantiles, whole.quantiles)


def show(at: AppTest, view: str) -> None:
    at.session_state["stochastic_views"] = view
    at.run()
    assert not at.exception
    assert not at.error, [e.value for e in at.error]


def texts(at: AppTest) -> str:
    return "\n".join([str(e.value) for e in (*at.markdown, *at.caption, *at.info, *at.warning)])


@pytest.mark.ui
@pytest.mark.slow
def test_a_still_market_is_shown_with_what_broke(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest], report: FigureReport
) -> None:
    at = opened(still(with_report(report)), PAGE)
    show(at, "Forecasts")
    assert "changed about 5 h ago" in texts(at)
    assert "instead" in texts(at)
    assert "Regret to the best expert" in texts(at)
    assert "by its bound" in texts(at)
    show(at, "Accuracy")
    assert "**League of the live models**" in texts(at)


@pytest.mark.ui
@pytest.mark.slow
def test_before_the_first_tick_it_says_so(
    still: Callable[[Snapshot], Console], opened: Callable[..., AppTest]
) -> None:
    at = opened(still(support.first_snapshot()), PAGE)
    show(at, "Forecasts")
    assert "No forecast of this figure yet" in texts(at)
    show(at, "Accuracy")
    assert "No forecast has come true yet" in texts(at)


@pytest.mark.ui
@pytest.mark.slow
def test_an_uploaded_file_is_compared_with_its_exogenous_columns(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, PAGE)
    show(at, "Compare models")
    at.segmented_control(key="stochastic_kind").set_value("uploaded file").run()
    lines = ["timestamp,energy_price,exog_load"]
    past = hourly(12, exog=True)
    for at_s, price, (load,) in zip(past.epoch_s, past.values, past.exog, strict=True):
        lines.append(f"{np.datetime64(int(at_s), 's')}Z,{price:.3f},{load:.3f}")
    at.file_uploader(key="stochastic_file").set_value(("a.csv", "\n".join(lines).encode(), ""))
    at.text_input(key="stochastic_file_tz").set_value("Europe/Oslo")
    next(b for b in at.button if b.label == "Read it").click().run()
    at.multiselect(key="forecasting_compare_models").set_value(["seasonal-ar"])
    at.number_input(key="forecasting_compare_days").set_value(2)
    next(b for b in at.button if b.label == "Compare").click().run()
    assert not at.exception
    name = at.session_state["forecasting_compare_ask"]
    ends = time.monotonic() + 90.0
    while time.monotonic() < ends and not (seen := forecasting_compare._jobs().look(name)).ended:
        time.sleep(0.2)
    assert (seen.answer.past.exog_names, seen.answer.past.zone) == (("exog_load",), "Europe/Oslo")
    groups = {row.group for row in seen.answer.naive.importance}
    assert "exog_load" in groups


@pytest.mark.ui
@pytest.mark.slow
def test_models_are_compared_by_the_workers(
    running: Platform, opened: Callable[..., AppTest]
) -> None:
    at = opened(running.console, PAGE)
    show(at, "Compare models")
    at.number_input(key="forecasting_compare_days").set_value(2)
    next(b for b in at.button if b.label == "Compare").click().run()
    assert not at.exception
    name = at.session_state["forecasting_compare_ask"]
    ends = time.monotonic() + 90.0
    while time.monotonic() < ends and not forecasting_compare._jobs().look(name).ended:
        time.sleep(0.2)
    at.run()
    assert not at.exception
    assert not at.error, [e.value for e in at.error]
    assert "**League**" in texts(at)
    assert "**What it leans on**" in texts(at)
