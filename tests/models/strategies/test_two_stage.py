"""The two-stage strategy: repeatable, within the limits, and it buys low and sells high."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from mara.domain import Forecast, History, Origin, Quantile, SiteState, Tick
from mara.domain.presets import demo_site
from mara.errors import InvalidValue
from mara.models.dispatch import uniform_grid
from mara.models.scenarios.stored_worth import departed, posed_next_day, stored_values
from mara.models.scenarios.two_stage import RiskAversion
from mara.models.settlement import feasible, initial_state, settle
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.stochastic import HOURS, TwoStageStrategy, forecast_paths
from tests.models.risk.days import wave

SITE = demo_site()
AT = datetime(2026, 3, 20, 6, tzinfo=UTC)
NORMALS = np.random.default_rng(1).standard_normal((40, HOURS))


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


def forecast(at: datetime = AT, width: float = 1.0) -> Forecast:
    """A day with a dear evening, wider above than below."""
    starts = tuple(at + timedelta(minutes=15 * (k + 1)) for k in range(120))
    mean = 30.0 + 60.0 * np.exp(-(((np.arange(120) - 60) / 12.0) ** 2))
    spread = width * (5.0 + 0.4 * mean)
    return Forecast(
        target="energy_usd_per_mwh",
        issued_at=at,
        starts=starts,
        mean=tuple(mean.tolist()),
        quantiles=tuple(
            Quantile(level=level, values=tuple((mean + z * spread).tolist()))
            for level, z in ((0.1, -1.0), (0.5, 0.0), (0.9, 2.0))
        ),
        model="test",
        origin=Origin.SIMULATED,
    )


def context(forecasts: tuple[Forecast, ...] | None = None, **changes: object) -> DecisionContext:
    now = tick(**changes)  # type: ignore[arg-type]
    return DecisionContext(
        site=SITE,
        state=replace(initial_state(SITE, now.at), soc_mwh=5.0),
        tick=now,
        history=History(minutes=15.0),
        forecasts=(forecast(now.at),) if forecasts is None else forecasts,
    )


def test_buys_low_and_sells_high() -> None:
    strategy = TwoStageStrategy(NORMALS)
    low = strategy.propose(context(energy_usd_per_mwh=-20.0)).plan
    high = strategy.propose(context(energy_usd_per_mwh=900.0)).plan
    assert low.charge_mw[0] > 0.0
    assert low.setpoint.of("hydro_miners") == 1_100
    assert high.discharge_mw[0] > 0.0
    assert high.setpoint.of("hydro_miners") == 0
    assert high.setpoint.of("asic_compute") > 0


def test_a_set_point_needs_no_repair() -> None:
    strategy = TwoStageStrategy(NORMALS)
    for price in (-50.0, 10.0, 60.0, 100.0, 5_000.0):
        now = context(energy_usd_per_mwh=price)
        point = strategy.propose(now).plan.setpoint
        assert feasible(SITE, now.state, point, now.tick) == point
        done, _ = settle(SITE, now.state, point, now.tick)
        assert done.import_mw <= SITE.import_limit_mw + 1e-9


@pytest.mark.slow
def test_the_same_normals_give_the_same_proposals() -> None:
    one, two = (TwoStageStrategy(NORMALS.copy()) for _ in range(2))
    assert one.propose(context()) == two.propose(context())


@pytest.mark.slow
def test_the_value_holds_for_the_hour_and_no_longer() -> None:
    strategy = TwoStageStrategy(NORMALS)
    first = strategy.propose(context())
    later = AT + timedelta(minutes=15)
    dear = replace(forecast(later), mean=tuple(x + 500.0 for x in forecast().mean))
    same = strategy.propose(context((dear,), at=later))
    assert same.reason == first.reason
    hour = AT + timedelta(hours=1)
    wider = forecast(hour, width=4.0)
    assert strategy.propose(context((wider,), at=hour)).reason != first.reason


def test_without_quantiles_there_is_one_scenario() -> None:
    bare = replace(forecast(), quantiles=())
    for forecasts in ((), (bare,)):
        assert "1 scenarios" in TwoStageStrategy(NORMALS).propose(context(forecasts)).reason
    assert "6 scenarios" in TwoStageStrategy(NORMALS).propose(context()).reason


def test_paths_keep_the_quantiles() -> None:
    grid = uniform_grid(AT, 60.0, HOURS)
    many = np.random.default_rng(3).standard_normal((20_000, HOURS))
    paths = forecast_paths(forecast(), grid, many)
    hourly = np.array([forecast().quantile(level)[:96] for level in (0.1, 0.5, 0.9)])
    hourly = hourly.reshape(3, HOURS, 4).mean(axis=2)
    found = np.quantile(paths, (0.1, 0.5, 0.9), axis=0)
    assert np.abs(found[:, 1:] - hourly[:, 1:]).max() < 12.0
    steps = np.corrcoef(paths[:, 5], paths[:, 6])[0, 1]
    assert steps == pytest.approx(np.exp(-1 / 6), abs=0.05)


def test_stored_energy_is_worth_less_the_more_there_is() -> None:
    sheet = wave(12)
    hourly = type(sheet)(
        minutes=60.0,
        begins=sheet.begins,
        energy_usd_per_mwh=sheet.energy_usd_per_mwh.reshape(12, 24, 4).mean(axis=2),
        hash_usd_per_ph_day=np.full((12, 24), 50.0),
        token_usd_per_mtok=np.full((12, 24), 0.7),
        demand_mtok_per_h=np.full((12, 24), 2_000.0),
    )
    few = departed(hourly, 5)
    values = stored_values(
        posed_next_day(SITE, hourly),
        few.energy_usd_per_mwh,
        few.probabilities,
        np.array([0.6, 3.0, 5.0, 7.0, 9.4]),
        RiskAversion(),
    )
    assert (np.diff(values) <= 1e-6).all()
    assert values[0] > 0.0
    with pytest.raises(InvalidValue, match="too few"):
        departed(hourly.rows(0, 7), 5)


def test_a_site_without_battery() -> None:
    bare = replace(SITE, battery=None)
    now = replace(context(), site=bare, state=SiteState(at=AT, classes=()))
    proposal = TwoStageStrategy(NORMALS).propose(now)
    assert "no battery" in proposal.reason
    assert proposal.plan.charge_mw == (0.0,)


@pytest.mark.parametrize("shape", [(1, 24), (5, 23), (24,)])
def test_normals_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValue, match="two paths or more"):
        TwoStageStrategy(np.zeros(shape))
