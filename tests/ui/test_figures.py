"""Figures say what the values say, in the theme's colours, and stay small."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.domain import History, QuoteLabels
from mara.domain.presets import demo_site, mara_2025_site
from mara.ui.figures.ahead import Ahead, ahead, recent
from mara.ui.figures.battery import battery_figure
from mara.ui.figures.earnings import earnings_figure
from mara.ui.figures.forecast import forecast_figure
from mara.ui.figures.frame import MAX_POINTS, broken, local_ms, thinned
from mara.ui.figures.ladder import ladder_figure
from mara.ui.figures.market import market_figure
from mara.ui.figures.utilisation import utilisation_figure
from mara.ui.figures.weights import weights_figure
from tests.ui import support

if TYPE_CHECKING:
    import plotly.graph_objects as go


def all_figures() -> dict[str, go.Figure]:
    snapshot = support.snapshot()
    site = snapshot.site
    assert site.battery is not None
    return {
        "market": market_figure(snapshot, 72),
        "utilisation": utilisation_figure(snapshot),
        "battery": battery_figure(snapshot, site.battery),
        "earnings": earnings_figure(snapshot),
        "weights": weights_figure(snapshot),
        "ladder": ladder_figure(support.card(), site.labels),
        "forecast": forecast_figure(support.forecasts()[0], site, "USD/MWh", 1.0),
    }


@pytest.mark.parametrize("name", all_figures())
def test_live_figures_are_small_and_keep_their_zoom(name: str) -> None:
    chart = all_figures()[name]
    assert chart.layout.uirevision
    for trace in chart.data:
        assert len(trace.x) <= MAX_POINTS + 50


@pytest.mark.parametrize("name", all_figures())
def test_the_theme_gives_the_colours(name: str) -> None:
    spec = json.dumps(all_figures()[name].to_plotly_json(), default=list)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", spec)
    assert set(re.findall(r"var\((--st-[a-z-]+)", spec)) <= {
        f"--st-{c}-color"
        for c in ("primary", "text", "gray", "blue", "green", "orange", "red", "violet")
    }


def trace(chart: go.Figure, name: str) -> go.Scatter | go.Bar:
    return next(t for t in chart.data if t.name == name)


def test_prices_are_the_history_s() -> None:
    snapshot = support.snapshot()
    drawn = trace(market_figure(snapshot, 6), "Energy")
    assert drawn.y[-1] == snapshot.market.history.series("energy_usd_per_mwh")[-1]
    assert len(drawn.y) == 72


def test_prices_are_shown_as_the_feed_quotes_them() -> None:
    site = mara_2025_site()
    drawn = trace(market_figure(support.snapshot(site=site), 6), "Energy")
    plain = trace(market_figure(support.snapshot(), 6), "Energy")
    assert drawn.y == pytest.approx(plain.y * site.labels.energy_factor)


def test_the_band_lies_between_its_quantiles() -> None:
    chart = market_figure(support.snapshot(), 24)
    low, mean, high = (
        trace(chart, name).y
        for name in ("Energy 10% quantile", "Energy expected", "Energy 90% quantile")
    )
    assert np.all(low <= mean)
    assert np.all(mean <= high)
    assert len(mean) == 72


def test_a_missing_price_is_named() -> None:
    tick = support.tick(hash_usd_per_ph_day=None)
    chart = market_figure(support.snapshot(market=support.market(tick=tick)), 24)
    assert any("no hash price" in a.text for a in chart.layout.annotations)


def test_a_forecast_without_quantiles_is_a_line() -> None:
    bare = replace(support.forecasts()[0], quantiles=())
    chart = market_figure(support.snapshot(market=support.market(forecasts=(bare,))), 24)
    assert "Energy expected" in [t.name for t in chart.data]
    assert not any("quantile" in t.name for t in chart.data)
    assert len(forecast_figure(bare, demo_site(), "USD/MWh", 1.0).data) == 1


def test_nothing_is_drawn_over_a_gap() -> None:
    x = np.array([0.0, 1.0, 2.0, 9.0, 10.0])
    shown_x, shown_y = broken(x, x * 2, 1.0)
    assert np.isnan(shown_y[3])
    assert shown_x[3] == 3.0
    assert np.count_nonzero(np.isnan(shown_y)) == 1


def test_thinning_keeps_every_spike() -> None:
    y = np.ones(5_000)
    y[[17, 4_321]] = 5_000.0
    x, shown = thinned(np.arange(5_000.0), y)
    assert shown.size <= MAX_POINTS
    assert np.count_nonzero(shown == 5_000.0) == 2
    assert np.all(np.diff(x) > 0)


def test_time_runs_evenly_through_the_change_of_summer_time() -> None:
    zone = demo_site().zone
    start = datetime(2026, 11, 1, 5, tzinfo=UTC)
    epochs = [(start + timedelta(hours=h)).timestamp() for h in range(6)]
    assert np.all(np.diff(local_ms(epochs, zone, start)) == 3_600_000.0)


def test_stacked_classes_are_the_machines_power() -> None:
    snapshot = support.snapshot()
    chart = utilisation_figure(snapshot)
    stacked = [t for t in chart.data if t.stackgroup and t.name != "Battery charging"]
    assert len(stacked) == len(snapshot.site.machines)
    total = sum(np.asarray(t.y) for t in stacked)
    past = recent(snapshot, 6.0)
    assert total[: len(past)] == pytest.approx([s.machines_mw for s in past])
    assert "20.0 MW" in chart.layout.annotations[0].text


def test_stored_energy_goes_on_as_planned() -> None:
    snapshot = support.snapshot()
    assert snapshot.site.battery is not None
    chart = battery_figure(snapshot, snapshot.site.battery)
    planned = trace(chart, "Planned")
    assert planned.y[0] == support.plan().soc_mwh[0]
    assert np.all(np.asarray(trace(chart, "Discharging").y) <= 0)


def test_before_the_first_tick_figures_are_empty() -> None:
    first = support.first_snapshot()
    assert first.site.battery is not None
    assert ahead(first, 6.0) == Ahead()
    for chart in (
        market_figure(first, 24),
        utilisation_figure(first),
        battery_figure(first, first.site.battery),
        earnings_figure(first),
    ):
        assert sum(len(t.x) for t in chart.data) == 0


def test_a_rule_s_plan_goes_on_with_the_card_s() -> None:
    snapshot = support.snapshot()
    assert snapshot.verdict is not None
    ruled = replace(snapshot.verdict.decision, plan=None)
    verdict = replace(snapshot.verdict, decision=ruled, card=support.card())
    assert ahead(replace(snapshot, verdict=verdict), 2.0).starts[0] == ruled.tick_at
    assert ahead(replace(snapshot, verdict=replace(verdict, card=None)), 2.0) == Ahead()


def test_a_plan_of_the_interval_before_is_cut() -> None:
    snapshot = support.snapshot()
    assert snapshot.verdict is not None
    later = replace(snapshot.verdict.decision, tick_at=support.NOW + support.STEP)
    shown = ahead(replace(snapshot, verdict=replace(snapshot.verdict, decision=later)), 1.0)
    assert shown.starts[0] == later.tick_at
    assert shown.units_of("nothing of this name") == (0.0,) * len(shown.starts)


def test_margin_lines_end_at_the_books() -> None:
    snapshot = support.snapshot()
    chart = earnings_figure(snapshot)
    earned = snapshot.books.earnings
    assert trace(chart, "MARA").y[-1] == earned.cumulated_usd[-1]
    assert [t.name for t in chart.data] == ["MARA", "MARA", "Optimiser", "Hold"]
    assert chart.data[1].y[-1] == pytest.approx(earned.versus_strike_usd)


def test_without_a_strike_rule_no_lead_is_invented() -> None:
    snapshot = support.snapshot()
    alone = replace(snapshot.books.earnings, shadows=())
    books = replace(snapshot.books, earnings=alone)
    assert [t.name for t in earnings_figure(replace(snapshot, books=books)).data] == ["MARA"]


def test_the_ladder_marks_who_earns() -> None:
    chart = ladder_figure(support.card(), QuoteLabels())
    bars = chart.data[0]
    for strike, color in zip(bars.x, bars.marker.color, strict=True):
        assert ("green" in color) == (strike > 100.0)
    assert chart.layout.xaxis.range[0] == 0.0


def test_the_ladder_shows_a_negative_price() -> None:
    chart = ladder_figure(support.card(energy_usd_per_mwh=-40.0), QuoteLabels())
    assert chart.layout.xaxis.range[0] < -40.0
    assert "green" in chart.data[0].marker.color[0]


def test_the_ladder_of_a_site_without_prices_is_empty() -> None:
    assert len(ladder_figure(support.card(strikes=()), QuoteLabels()).data[0].x) == 0


def test_history_of_one_row_draws() -> None:
    one = History.of([support.tick()], minutes=5.0)
    chart = market_figure(support.snapshot(market=support.market(history=one)), 24)
    assert len(trace(chart, "Energy").x) == 1
