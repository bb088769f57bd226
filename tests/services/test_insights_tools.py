"""The tools of the chat, the doctor's probe, and the feeds of headlines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import SecretStr

from mara.bootstrap.doctor import examine
from mara.insights.narrator import View
from mara.insights.tools import called, with_own_ids
from mara.services.insights_facts import sheet_of
from mara.services.insights_tools import chat_tools, propose_tool
from mara.settings import load_settings
from tests.insights.server.fixture import (
    KEY,
    MessagesServer,
    messages_server,
    shared_messages_server,
)
from tests.insights.server.script import Script, say
from tests.services.test_insights import ended, make, offline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mara.bootstrap.platform import Platform
    from mara.insights.tools import Tool
    from mara.services.insights import Insights

__all__ = ["make", "messages_server", "offline", "shared_messages_server"]

pytestmark = pytest.mark.slow


@pytest.fixture
def tools(platform: Platform) -> tuple[Tool, ...]:
    return chat_tools(platform.console, lambda: np.random.default_rng(3))


@pytest.mark.parametrize(
    "part", ["prices", "forecast", "plan", "machines", "agents", "books", "risk"]
)
def test_each_part_of_the_state_is_read(tools: tuple[Tool, ...], part: str) -> None:
    found = called(tools, "read_state", {"part": part})
    assert found.result is not None
    assert found.result.facts
    assert json.loads(found.for_narrator())["facts"]


def test_what_if_a_class_is_out(tools: tuple[Tool, ...], platform: Platform) -> None:
    name = platform.console.snapshot().site.machines[0].name
    found = called(tools, "what_if", {"machine_class": name, "units_out": 500})
    assert found.result is not None
    facts = {f.fact_id: f.value for f in found.result.facts}
    assert facts["tool.what_if.gain"] <= 1e-6
    assert facts["tool.what_if.supposed.out"] == 500
    assert called(tools, "what_if", {"machine_class": "nobody", "units_out": 1}).error
    assert called(tools, "what_if", {"machine_class": name, "units_out": 0}).result is not None


def test_two_what_ifs_stand_side_by_side(tools: tuple[Tool, ...], platform: Platform) -> None:
    sheet = sheet_of(platform.console.snapshot())
    first = with_own_ids(called(tools, "what_if", {"energy_usd_per_mwh": 300.0}), sheet)
    assert first.result is not None
    both = sheet.extended(first.result.facts)
    second = with_own_ids(called(tools, "what_if", {"energy_usd_per_mwh": 10.0}), both)
    assert second.result is not None
    both = both.extended(second.result.facts)
    supposed = [both.find(f"tool.{name}.supposed.energy") for name in ("what_if", "what_if_2")]
    assert [fact.value for fact in supposed if fact] == [300.0, 10.0]
    assert {f.fact_id.split(".")[1] for f in second.result.facts} == {"what_if_2"}


def test_a_simulation_is_the_same_for_the_same_seed(tools: tuple[Tool, ...]) -> None:
    first, second = (called(tools, "simulate_prices", {"hours": 12}) for _ in range(2))
    assert first.result is not None
    assert first.result == second.result
    facts = {f.fact_id: f.value for f in first.result.facts}
    assert facts["tool.simulate.mean.low"] <= facts["tool.simulate.mean.high"]
    assert facts["tool.simulate.highest.median"] >= facts["tool.simulate.mean.median"]


def test_a_game_is_solved(tools: tuple[Tool, ...]) -> None:
    """Matching pennies has one equilibrium, half and half, of value zero (von Neumann 1928)."""
    pennies = {
        "row_payoffs": [[1.0, -1.0], [-1.0, 1.0]],
        "column_payoffs": [[-1.0, 1.0], [1.0, -1.0]],
    }
    found = called(tools, "solve_game", pennies)
    assert found.result is not None
    facts = {f.fact_id: f.value for f in found.result.facts}
    assert facts["tool.game.count"] == 1
    assert facts["tool.game.e1.row.s1"] == pytest.approx(50.0)
    assert facts["tool.game.e1.row.payoff"] == pytest.approx(0.0, abs=1e-9)
    uneven = {"row_payoffs": [[1.0, 2.0]], "column_payoffs": [[1.0]]}
    assert "same shape" in (called(tools, "solve_game", uneven).error or "")


def test_forecast_beyond_what_is_known_is_an_error(tools: tuple[Tool, ...]) -> None:
    assert called(tools, "forecast", {"what": "demand", "horizon_h": 24}).result is not None
    assert not called(tools, "forecast", {"what": "price", "horizon_h": 99}).valid


def test_a_proposal_is_valued_and_nothing_is_done(offline: Insights, platform: Platform) -> None:
    kept = []
    sheet = sheet_of(platform.console.snapshot())
    tool = propose_tool(offline.proposals, by="test", sheet=sheet, keep=kept.append)
    name = platform.console.snapshot().site.machines[0].name
    now = platform.console.snapshot().verdict.decision.setpoint.of(name)
    asked = {
        "kind": "units",
        "machine_class": name,
        "units": now,
        "window_min": 5,
        "why": "earns 9,876 USD",
    }
    found = called((tool,), "propose_action", asked)
    assert found.result is not None, found.error
    assert kept[0].move.machine_class == name
    assert kept[0].why == "earns (a figure that is not traced)"
    for missing in ({"kind": "units"}, {"kind": "battery"}):
        assert called((tool,), "propose_action", missing | {"window_min": 5, "why": "none"}).error
    assert not platform.console.snapshot().overrides


def test_the_doctor_asks_for_one_word(tmp_path: Path, messages_server: MessagesServer) -> None:
    def finding(**insights: object) -> tuple[bool, str]:
        settings = load_settings(
            ledger={"url": f"sqlite:///{tmp_path / 'mara.db'}"},
            feed={"simulated": {"history_days": 1}},
            insights=insights,
        )
        found = next(f for f in examine(settings) if f.check == "claude")
        return found.ok, found.text

    messages_server.begin(Script(say("ready")))
    ok, text = finding(api_key=SecretStr(KEY), base_url=messages_server.url)
    assert ok
    assert "first token after" in text
    ok, text = finding(api_key=SecretStr("sk-ant-wrong-canary"), base_url=messages_server.url)
    assert not ok
    assert "key is refused" in text
    assert "canary" not in text
    assert finding()[0]


def test_a_feed_that_fails_says_so(platform: Platform, make: Callable[..., Insights]) -> None:
    from mara.bootstrap.insights import insights_of  # noqa: PLC0415

    settings = load_settings(insights={"news": {"gone": "http://127.0.0.1:9/feed.xml"}})
    insights = insights_of(settings, platform.console, platform.ledger)
    said = ended(insights.ask(View.SENTIMENT, "a")).so_far
    assert "No headline" in said.text
    assert insights.news_problems
    insights.close()
    assert make().read_feeds() == 0
