"""What faces read and do, on a running platform."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import mara
from mara.bootstrap.connect import Connection
from mara.bootstrap.platform import running
from mara.domain import Mode, OverrideTarget, TradingState
from mara.errors import InvalidValue, RefusedError
from mara.models.dispatch.whatif import Change
from mara.services.agents import AgentSystem, Experience
from mara.services.console import OverrideRequest
from mara.services.reports import risk_of
from mara.services.summary import summary_of

if TYPE_CHECKING:
    from mara.bootstrap.platform import Platform
    from mara.services.console import Console


@pytest.fixture
def console(platform: Platform) -> Console:
    return platform.console


def test_a_trade_is_placed_and_booked(console: Console) -> None:
    done = console.execute_trade(amount_kwh=100, cents_per_kwh=20, command_id="t-1", author="dana")
    assert done.trade is not None
    assert str(done.trade.quantity_mwh) == "0.1"
    assert console.trades(5)[0].order_id == "t-1"
    (intent, outcome) = console.orders(5)[0]
    assert intent.intent_id == "t-1"
    assert outcome is not None
    assert console.wait_for_tick(console.snapshot().ticks + 1) is not None
    assert any(p.entry_id == "settle:trade:t-1" for p in console.postings(200))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"side": "hold"}, "must be 'buy' or 'sell'"),
        ({"amount_kwh": float("nan")}, "amount=nan must be finite"),
        ({"cents_per_kwh": float("inf")}, "price=inf must be finite"),
        ({"amount_kwh": "much"}, "amount='much' is not a number"),
        ({"amount_kwh": -5}, "must be a positive amount"),
    ],
)
def test_an_impossible_trade_is_refused(
    console: Console, changes: dict[str, object], words: str
) -> None:
    wanted = {"amount_kwh": 10.0, "cents_per_kwh": 20.0, "command_id": "bad", "author": "dana"}
    with pytest.raises(InvalidValue, match=words):
        console.execute_trade(**(wanted | changes))  # type: ignore[arg-type]


def test_state_mode_outage_and_overrides(console: Console) -> None:
    console.set_state(TradingState.HALTED, reason="storm", command_id="s-1", author="dana")
    assert console.snapshot().trading_state is TradingState.HALTED
    with pytest.raises(RefusedError):
        console.execute_trade(amount_kwh=1, cents_per_kwh=20, command_id="h", author="dana")
    console.set_state(TradingState.ACTIVE, reason="over", command_id="s-2", author="dana")
    console.set_mode(Mode.ADVISORY, command_id="m-1", author="dana")
    assert console.snapshot().mode is Mode.ADVISORY
    console.set_mode(Mode.PAPER, command_id="m-2", author="dana")
    with pytest.raises(RefusedError, match="operator's password"):
        console.set_mode(Mode.LIVE, command_id="m-3", author="dana", confirmation="demo")
    out = console.set_outage("air_miners", 5, command_id="o-1", author="dana")
    assert out.done
    assert console.snapshot().site.available("air_miners") == 2_295
    console.set_outage("air_miners", 0, command_id="o-2", author="dana")
    request = OverrideRequest(
        target=OverrideTarget.BATTERY_MW,
        author="dana",
        reason="test",
        lasts=timedelta(hours=24),
        value=0.0,
    )
    console.override(request, command_id="b-1")
    assert [o.override_id for o in console.snapshot().overrides] == ["b-1"]
    console.drop_override("b-1", command_id="b-2", author="dana")
    assert console.snapshot().overrides == ()


def test_reports_agree_with_the_books(console: Console) -> None:
    snapshot = console.snapshot()
    assert console.trial_balance() == 0
    assert console.balances()["assets:cash"]
    assert console.market().tick is not None
    assert len(console.trends()) > 0
    assert isinstance(console.anomalies(), tuple)
    risk = console.assess_risk()
    assert risk.exposure_mw > 0
    assert risk.loss_at_cap_usd_per_interval > 0
    portfolio = console.optimize_portfolio()
    assert portfolio.horizon_h > 0.0
    assert f"{portfolio.horizon_h:g} h" in portfolio.text
    assert len(console.decisions(3)) == 3
    assert summary_of(console, ledger_url="x", seconds=1.0)["trial_balance"] == "0.00"
    assert snapshot.ticks > 0


def test_a_decision_is_reopened_and_replayed(console: Console) -> None:
    newest = console.decisions(1)[0]
    record = console.reopen(newest.tick_at)
    assert record.decision == newest or record.decision.decision_id == newest.decision_id
    assert console.replay(newest.tick_at).same
    with pytest.raises(InvalidValue, match="no record of"):
        console.reopen(newest.tick_at + timedelta(days=99))


def test_a_what_if_compares_two_plans(console: Console) -> None:
    same = console.what_if(Change())
    assert same is not None


@pytest.mark.parametrize("kind", ["postings", "ticks", "decisions", "flows"])
def test_tables_export_with_units(console: Console, kind: str) -> None:
    frame = console.table(kind)
    assert len(frame) > 0
    back = pd.read_csv(BytesIO(console.exported(kind, days=3)))
    assert list(back.columns) == list(frame.columns)
    if kind == "flows":
        assert any("mwh" in name.lower() for name in frame.columns)
    assert len(console.exported(kind, "parquet")) > 0


def test_an_unknown_table_names_the_known_ones(console: Console) -> None:
    with pytest.raises(InvalidValue, match="use one of"):
        console.table("secrets")


@pytest.mark.parametrize("horizon", [0.0, -1.0, 24.5, 1e9, float("nan"), float("inf")])
def test_a_forecast_beyond_its_horizon_is_refused(console: Console, horizon: float) -> None:
    with pytest.raises(InvalidValue, match="must lie above 0 and up to 24 h"):
        console.predict("price", horizon)


def test_forecasts_reach_as_far_as_promised(console: Console) -> None:
    assert len(console.predict("price", 1.0).starts) == 12
    assert len(console.predict("demand", 48.0).starts) == 576
    with pytest.raises(InvalidValue, match="no forecast of 'weather'"):
        console.predict("weather")


def test_the_promised_agents(console: Console) -> None:
    m = AgentSystem(console)
    assert m.data_agent.fetch_live_prices().tick is not None
    assert len(m.data_agent.analyze_market_trends()) > 0
    assert isinstance(m.data_agent.detect_anomalies(), tuple)
    assert m.strategy_agent.execute_trade(amount=100, price=20.0).done
    assert m.strategy_agent.optimize_portfolio().decision is not None
    assert m.strategy_agent.assess_risk().text
    assert len(m.forecaster.predict_prices(horizon=24).mean) == 288
    assert len(m.forecaster.predict_demand(horizon=48).mean) == 576
    assert m.forecaster.confidence_intervals().quantiles


def test_experiences_are_kept_and_shared_once(console: Console) -> None:
    m = AgentSystem(console)
    assert m.data_agent.learn_from_experience([1, 2], 0, 1.5, [2, 3]) == 1
    assert m.data_agent.share_knowledge([m.strategy_agent, m.forecaster]) == 2
    assert m.data_agent.share_knowledge([m.strategy_agent, m.forecaster]) == 0
    (kept,) = m.strategy_agent.experiences
    assert kept == Experience(state=(1.0, 2.0), action=0, reward=1.5, next_state=(2.0, 3.0))
    with pytest.raises(InvalidValue, match="give both the same"):
        m.data_agent.learn_from_experience([1], 0, 1.0, [1, 2])
    with pytest.raises(InvalidValue, match="reward"):
        m.data_agent.learn_from_experience([1], 0, float("nan"), [1])


def test_connect_finds_the_running_system(platform: Platform) -> None:
    assert running() is platform
    with mara.connect() as m:
        assert isinstance(m, Connection)
        assert m.console is platform.console
    assert running() is platform, "whoever did not start it does not stop it"
    assert platform.console.wait_for_tick(platform.console.snapshot().ticks) is not None


def test_risk_before_anything_is_settled(console: Console) -> None:
    from dataclasses import replace  # noqa: PLC0415

    snapshot = console.snapshot()
    bare = replace(
        snapshot,
        books=replace(snapshot.books, settlements=()),
        market=replace(snapshot.market, tick=None),
    )
    risk = risk_of(bare)
    assert risk.worst_interval_usd is None
    assert "nothing is settled yet" in risk.text
