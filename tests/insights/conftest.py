"""A sheet, and Claude as a narrator on the local server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import SecretStr

from mara.clock import SystemClock
from mara.insights.breaker import Breaker
from mara.insights.claude.connection import Connection, Endpoint
from mara.insights.claude.narrator import ClaudeNarrator, Model, Surroundings
from mara.insights.claude.prompt import RULES
from mara.insights.claude.request import Purse
from mara.insights.facts import Fact, FactSheet
from mara.insights.guard import Guard
from mara.insights.money import Budget, Meter, TokenPrices
from mara.insights.narrator import Ask, View
from mara.insights.reply import ReplySoFar, ReplyWriter
from mara.insights.tools import Arguments, Tool, ToolResult
from tests.insights.server.fixture import MessagesServer, messages_server, shared_messages_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["messages_server", "shared_messages_server"]

AT = datetime(2026, 6, 2, 21, 5, tzinfo=UTC)
PRICES = TokenPrices(input_usd=2.0, output_usd=10.0, cache_write_usd=2.5, cache_read_usd=0.2)


def fact(fact_id: str, value: float, unit: str, label: str = "", **changes: object) -> Fact:
    return Fact(
        fact_id=fact_id,
        label=label or fact_id.replace(".", " "),
        value=value,
        unit=unit,
        at=AT,
        source="simulated feed",
        badge="SIMULATED",
        **changes,  # type: ignore[arg-type]
    )


def sheet_of(*facts: Fact, **changes: object) -> FactSheet:
    return FactSheet(
        site_id="demo",
        made_at=AT,
        zone="America/Chicago",
        facts=facts,
        **changes,  # type: ignore[arg-type]
    )


@pytest.fixture
def sheet() -> FactSheet:
    return sheet_of(
        fact("price.now", 41.237, "USD/MWh", "energy price now"),
        fact("price.hour_ago", 36.8, "USD/MWh", "energy price an hour ago"),
        fact(
            "forecast.q95",
            80.4,
            "USD/MWh",
            "energy forecast in 4 h, 95 % quantile",
            own_label=True,
        ),
        fact("margin.day", -1_234.5, "USD", "margin today"),
        fact("plan.margin", 21_450.0, "USD", "expected margin"),
        fact("units.air", 1_900.0, "units", "air miners on"),
        fact("price.low", -12.3, "USD/MWh", "low of the day"),
        fact("units.gpu", 64.0, "units", "gpu servers rack9_b and pump-12"),
        fact("news.index", 0.4, "", "index of the news, -1 to 1", own_label=True),
        fact("site.units.rack", 412.0, "units", "rack 9999.99 USD/MWh in service"),
        fact("soc", 42.0, "%", "battery state of charge"),
        fact("limit", 20.0, "MW", "import limit", constant=True),
        fact("step", 5.0, "min", "interval", constant=True),
    )


class Power(Arguments):
    """Arguments of the tool of the tests."""

    power_mw: float


@dataclass(slots=True)
class Rig:
    """A narrator on the local server, with what it runs on."""

    server: MessagesServer
    connection: Connection
    narrator: ClaudeNarrator
    meter: Meter
    breaker: Breaker
    effects: list[float]
    tools: tuple[Tool, ...]

    def reply(
        self,
        sheet: FactSheet,
        *,
        question: str = "what now?",
        stopped: Callable[[], bool] = lambda: False,
        tools: bool = True,
    ) -> ReplySoFar:
        ask = Ask(view=View.CHAT, sheet=sheet, question=question, tools=self.tools if tools else ())
        writer = ReplyWriter("claude", sheet, Guard(RULES))
        for event in self.narrator.narrate(ask, stopped):
            writer.take(event)
        assert writer.so_far.ended is not None
        return writer.so_far


@pytest.fixture
def make_rig(messages_server: MessagesServer) -> Iterator[Callable[..., Rig]]:
    connections = []

    def make(
        *,
        key: str | None = None,
        budget: Budget | None = None,
        deadline_s: float = 4.0,
        idle_s: float = 1.0,
        url: str | None = None,
    ) -> Rig:
        server = messages_server
        clock = SystemClock()
        endpoint = Endpoint(
            key=SecretStr(key or server.key), base_url=url or server.url, idle_s=idle_s
        )
        connections.append(Connection(endpoint))
        meter = Meter(budget or Budget(day_usd=1.0, session_usd=1.0), clock)
        breaker = Breaker(clock)
        effects: list[float] = []

        def run(asked: Power) -> ToolResult:
            effects.append(asked.power_mw)
            return ToolResult(text="simulated", facts=(fact("tool.power", asked.power_mw, "MW"),))

        return Rig(
            server=server,
            connection=connections[-1],
            narrator=ClaudeNarrator(
                connections[-1],
                Model(name="claude-sonnet-5-5", prices=PRICES, max_tokens=600),
                purse=Purse(meter=meter, session="a"),
                breaker=breaker,
                around=Surroundings(
                    clock=clock, rng=np.random.default_rng(1), deadline_s=deadline_s
                ),
            ),
            meter=meter,
            breaker=breaker,
            effects=effects,
            tools=(Tool(name="simulate", about="Simulate.", arguments=Power, run=run),),
        )

    yield make
    for connection in connections:
        connection.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()
