"""The two-stage strategy: causal, repeatable, within the limits, and it buys low and sells high."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mara.domain import FIGURES, History, Origin, SiteState, Tick
from mara.domain.presets import demo_site
from mara.models.scenarios.two_stage import RiskAversion
from mara.models.settlement import feasible, initial_state, settle
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.stochastic import TwoStageStrategy, stored_values
from tests.models.risk.days import wave

SITE = demo_site()
AT = datetime(2026, 3, 20, 6, tzinfo=UTC)


def history(days: int = 12, at: datetime = AT) -> History:
    count = days * 96
    values = np.full((count, len(FIGURES)), np.nan)
    sheet = wave(days)
    values[:, 0] = sheet.energy_usd_per_mwh.ravel()
    values[:, 1], values[:, 2] = 50.0, 0.7
    values[:, 3] = 2_000.0
    epoch = int(at.timestamp()) + 900 * (np.arange(count) - count)
    return History(minutes=15.0, epoch_s=epoch.astype(np.int64), values=values)


def tick(at: datetime = AT, **changes: object) -> Tick:
    whole = Tick(
        site_id="demo",
        at=at,
        minutes=15.0,
        energy_usd_per_mwh=30.0,
        hash_usd_per_ph_day=50.0,
        token_usd_per_mtok=0.7,
        demand_mtok_per_h=2_000.0,
        origin=Origin.SIMULATED,
        source="test",
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def context(past: History | None = None, **changes: object) -> DecisionContext:
    now = tick(**changes)  # type: ignore[arg-type]
    return DecisionContext(
        site=SITE,
        state=replace(initial_state(SITE, now.at), soc_mwh=5.0),
        tick=now,
        history=history() if past is None else past,
    )


def test_buys_low_and_sells_high() -> None:
    strategy = TwoStageStrategy()
    low = strategy.propose(context(energy_usd_per_mwh=-20.0)).plan
    high = strategy.propose(context(energy_usd_per_mwh=900.0)).plan
    assert low.charge_mw[0] > 0.0
    assert low.setpoint.of("hydro_miners") == 1_100
    assert high.discharge_mw[0] > 0.0
    assert high.setpoint.of("hydro_miners") == 0
    assert high.setpoint.of("asic_compute") > 0


def test_a_set_point_needs_no_repair() -> None:
    for price in (-50.0, 10.0, 60.0, 100.0, 5_000.0):
        now = context(energy_usd_per_mwh=price)
        point = TwoStageStrategy().propose(now).plan.setpoint
        assert feasible(SITE, now.state, point, now.tick) == point
        done, _ = settle(SITE, now.state, point, now.tick)
        assert done.import_mw <= SITE.import_limit_mw + 1e-9


def test_within_the_hour_the_value_holds_whatever_came_before() -> None:
    """Who was asked at the hour and who is asked first at a quarter past decide the same."""
    old, new = TwoStageStrategy(), TwoStageStrategy()
    old.propose(context())
    later = AT + timedelta(minutes=15)
    longer = history().extended(tick(energy_usd_per_mwh=4_000.0))
    asked = context(longer, at=later)
    assert old.propose(asked) == new.propose(asked)


def test_the_next_hour_is_valued_anew() -> None:
    strategy = TwoStageStrategy()
    first = strategy.propose(context()).reason
    later = AT + timedelta(hours=1)
    spiky = history(at=later)
    spiky = History(minutes=15.0, epoch_s=spiky.epoch_s, values=spiky.values * 3.0)
    assert strategy.propose(context(spiky, at=later)).reason != first


def test_stored_energy_is_worth_less_the_more_there_is() -> None:
    values = stored_values(SITE, _sheet(), np.array([0.6, 3.0, 5.0, 7.0, 9.4]), RiskAversion())
    assert (np.diff(values) <= 1e-6).all()
    assert values[0] > 0.0


def _sheet() -> object:
    from mara.models.scenarios.days import day_sheet  # noqa: PLC0415

    return day_sheet(history(), minutes=60.0)


@pytest.mark.parametrize("days", [3, 7])
def test_too_short_a_past_says_so(days: int) -> None:
    proposal = TwoStageStrategy().propose(context(history(days)))
    assert "too short a past" in proposal.reason
    empty = TwoStageStrategy().propose(context(History(minutes=15.0)))
    assert "worth 0.00" in empty.reason


def test_a_site_without_battery() -> None:
    bare = replace(SITE, battery=None)
    now = replace(context(), site=bare, state=SiteState(at=AT, classes=()))
    proposal = TwoStageStrategy().propose(now)
    assert "no battery" in proposal.reason
    assert proposal.plan.charge_mw == (0.0,)
