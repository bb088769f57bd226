"""Header and badges: true in every state of feed, site and books."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mara.domain import Alert, Origin, Severity, TradingState
from mara.ui.badges import alerts_badge, data_badge, state_badge
from mara.ui.header import header_figures
from tests.ui import support


def header(**changes: object) -> dict[str, str]:
    return {f.name: f.value for f in header_figures(support.snapshot(**changes))}


def test_the_header_says_how_the_site_stands() -> None:
    shown = header()
    assert shown["60x real time"] == "Tue 2 Jun 16:01 CDT"
    assert shown["Price"].endswith("USD/MWh")
    assert shown["Grid"].endswith("of 20.0 MW")
    assert shown["Battery"] == "42 %"
    assert shown["Margin today"].endswith("USD")


def test_before_the_first_tick_nothing_is_invented() -> None:
    shown = {f.name: f.value for f in header_figures(support.first_snapshot())}
    assert shown["Price"] == "—"
    assert shown["Grid"] == "— of 20.0 MW"
    assert "Battery" not in shown


def test_a_site_without_battery_shows_none() -> None:
    assert "Battery" not in header(site=support.site_without_battery())


def test_export_is_said() -> None:
    last = replace(support.settlement(support.NOW, 4.0), import_mw=0.0, export_mw=2.5)
    books = replace(support.snapshot().books, settlements=(last,))
    assert header(books=books)["Grid"] == "2.5 MW out"


@pytest.mark.parametrize("origin", list(Origin))
def test_a_badge_says_the_origin(origin: Origin) -> None:
    tick = support.tick(origin=origin)
    market = support.market(tick=tick, feed=support.feed(origin=origin, label=origin.value))
    assert data_badge(market).label.startswith(origin.value)


def test_a_stale_feed_is_never_shown_as_its_origin() -> None:
    feed = support.feed(origin=Origin.LIVE, label="LIVE", stale=True, age_ticks=3, error="refused")
    badge = data_badge(support.market(feed=feed))
    assert badge.label == "STALE 15 min old"
    assert badge.color == "red"
    assert "refused" in badge.help


def test_age_is_shown() -> None:
    badge = data_badge(support.market(feed=support.feed(age_ticks=1)))
    assert badge.label == "SIMULATED · 5 min old"


def test_a_panel_with_an_assumed_figure_says_so() -> None:
    tick = support.tick(assumed=frozenset({"hash_usd_per_ph_day"}))
    market = support.market(tick=tick)
    assert data_badge(market, ["hash_usd_per_ph_day"]).label.startswith("ASSUMED")
    assert data_badge(market, ["energy_usd_per_mwh"]).label.startswith("SIMULATED")


def test_no_tick_no_origin() -> None:
    assert data_badge(support.first_snapshot().market).label == "NO DATA YET"


def test_help_tells_all_that_is_known() -> None:
    feed = support.feed(assumed=("hash",), quarantined=1_200, skew_s=2.5)
    shown = data_badge(support.market(feed=feed)).help
    for part in ("hash", "1,200", "2\\.5 s"):
        assert part in shown


def test_the_worst_alert_gives_the_colour() -> None:
    mild = replace(support.alert(), code="a", severity=Severity.INFO)
    bad = Alert(code="b", severity=Severity.CRITICAL, text="<b>x</b>", since=support.NOW)
    badge = alerts_badge((mild, bad, support.alert()))
    assert badge.label == "1 critical, 1 warning, 1 info"
    assert badge.color == "red"
    assert "<b>" not in badge.help
    assert alerts_badge(()).label == "no alerts"


@pytest.mark.parametrize(
    ("state", "color"),
    [
        (TradingState.ACTIVE, "green"),
        (TradingState.REDUCING, "orange"),
        (TradingState.HALTED, "red"),
    ],
)
def test_the_state_has_its_colour(state: TradingState, color: str) -> None:
    badge = state_badge(state, "because [x](http://x)")
    assert badge.color == color
    assert "](" not in badge.help
