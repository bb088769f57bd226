"""The forecasting agent: every tick has its forecast, whatever becomes of the experts."""

from __future__ import annotations

import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.agents.forecasting import TARGETS, ForecastingAgent
from mara.agents.messages import Advance, ForecastsMade, MarketSeen, Situation
from mara.domain import History
from mara.models.forecasting.live.book import ENSEMBLE
from mara.models.signals import Anomaly, AnomalyKind
from tests.agents.readings import reading, tick
from tests.agents.rig import Inline

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = timedelta(minutes=5)
FAST = ("persistence", "seasonal-naive")


class Broken(Executor):
    """A pool whose worker was killed."""

    def submit(self, fn, /, *args, **kwargs) -> Future[object]:  # noqa: ANN001, ANN002, ANN003
        raise BrokenProcessPool("a child process terminated abruptly")


class Market:
    """Four days of the usual market, then tick by tick."""

    def __init__(self, days: int = 4) -> None:
        self.first = reading()
        start = self.first.tick.at - timedelta(days=days)
        rng = np.random.default_rng(1)
        self._noise = rng.normal(size=20_000)
        ticks = [self._tick(start + STEP * i) for i in range(days * 288)]
        self.history = History.of(ticks, minutes=5.0)
        self.at = self.first.tick.at

    def _tick(self, at):  # noqa: ANN001, ANN202
        usual = tick(at)
        wiggle = self._noise[int(at.timestamp()) // 300 % 20_000]
        return replace(
            usual,
            energy_usd_per_mwh=usual.energy_usd_per_mwh + wiggle,
            grid_load_mw=50_000.0 + 5_000.0 * math.sin(at.hour / 24 * 2 * math.pi),
        )

    def seen(self, anomalies: Sequence[Anomaly] = ()) -> MarketSeen:
        made = self._tick(self.at)
        self.history = self.history.extended(made)
        self.at += STEP
        state = replace(self.first.situation.state, at=made.at)
        read = replace(
            self.first,
            tick=made,
            history=self.history,
            situation=Situation(site=self.first.situation.site, state=state),
        )
        return MarketSeen(read=read, trends=(), anomalies=tuple(anomalies))


def said(agent: ForecastingAgent, seen: MarketSeen) -> ForecastsMade:
    (answer,) = agent.handle(seen)
    assert isinstance(answer, ForecastsMade)
    return answer


def hours(made: ForecastsMade) -> dict[str, float]:
    return {f.target: len(f.starts) / 12 for f in made.forecasts}


def test_every_figure_is_forecast_as_far_as_promised() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    for _ in range(30):
        made = said(agent, market.seen())
        newest = market.at - STEP
        assert {f.target for f in made.forecasts} == set(TARGETS)
        for forecast in made.forecasts:
            left = forecast.after(newest)
            promised = 48 if forecast.target in {"demand_mtok_per_h", "grid_load_mw"} else 24
            assert len(left.starts) >= promised * 12
    assert made.forecasts[0].issued_at == newest
    assert made.forecasts[0].model == ENSEMBLE


def test_what_arrives_is_named_once() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    assert said(agent, market.seen()).arrived == ()
    arrived = said(agent, market.seen()).arrived
    assert len(arrived) == 2 * len(TARGETS)
    assert said(agent, market.seen()).arrived == ()
    report = agent.report
    assert {f.target for f in report.figures} == set(TARGETS)
    assert sum(t.near for t in report.figures[0].trust) == pytest.approx(1.0)
    assert report.troubles == ()


def test_equal_markets_give_equal_forecasts() -> None:
    runs = []
    for _ in range(2):
        market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
        runs.append([said(agent, market.seen()).forecasts for _ in range(15)])
    assert runs[0] == runs[1]


def test_a_broken_pool_leaves_the_naive_and_says_so() -> None:
    market, agent = Market(), ForecastingAgent(executor=Broken(), experts=FAST)
    for _ in range(3):
        made = said(agent, market.seen())
    assert {f.model for f in made.forecasts} == {"seasonal-naive"}
    assert any("terminated abruptly" in text for text in agent.report.troubles)
    assert agent.score() is None or agent.score()[1] == "pinball skill"


def test_an_expert_that_fails_is_named_and_replaced() -> None:
    market = Market()
    agent = ForecastingAgent(executor=Inline(), experts=("oracle", "seasonal-naive"))
    for _ in range(3):
        made = said(agent, market.seen())
    assert made.forecasts[0].model == ENSEMBLE
    assert any(
        "oracle failed" in text and "mostly seasonal-naive instead" in text
        for text in agent.report.troubles
    )


def test_a_frozen_figure_is_forecast_by_the_naive() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    for _ in range(3):
        said(agent, market.seen())
    frozen = Anomaly(
        kind=AnomalyKind.FLATLINE, figure=TARGETS[0], at=market.at, size=1.0, reason="frozen"
    )
    assert said(agent, market.seen([frozen])).forecasts[0].model == "seasonal-naive"
    assert said(agent, market.seen()).forecasts[0].model == ENSEMBLE


async def test_work_is_awaited_where_the_clock_is_a_files() -> None:
    with ThreadPoolExecutor(1) as pool:
        market, agent = Market(), ForecastingAgent(executor=pool, experts=FAST, wait=True)
        said(agent, market.seen())
        seen = market.seen()
        await agent.prepare(seen)
        assert len(said(agent, seen).arrived) == 2 * len(TARGETS)


def test_a_fresh_agent_goes_on_with_what_was_learnt() -> None:
    market, before = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    for _ in range(3):
        said(before, market.seen())
    after = ForecastingAgent(executor=Inline(), experts=FAST, before=before)
    assert said(after, market.seen()).forecasts[0].model == ENSEMBLE


def test_what_concerns_others_is_left_to_them() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    made = said(agent, market.seen())
    assert agent.handle(Advance(made=made)) == ()


def test_the_agent_is_scored_against_the_naive() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    for _ in range(20):
        said(agent, market.seen())
    scored = agent.score()
    assert scored is not None
    assert -5.0 < scored[0] < 1.0


@pytest.mark.stat
@pytest.mark.slow
def test_bands_of_the_ticks_come_true() -> None:
    market, agent = Market(), ForecastingAgent(executor=Inline(), experts=FAST)
    issued = []
    for i in range(2 * 288):
        made = said(agent, market.seen())
        if i % 12 == 1:
            issued.append(made.forecasts[0])
    known = dict(
        zip(market.history.epoch_s.tolist(), market.history.series(TARGETS[0]), strict=True)
    )
    held = [
        low <= known[int(at.timestamp())] <= high
        for forecast in issued
        for at, low, high in zip(
            forecast.starts, forecast.quantile(0.05), forecast.quantile(0.95), strict=True
        )
        if int(at.timestamp()) in known
    ]
    assert 0.82 < np.mean(held) < 0.97
