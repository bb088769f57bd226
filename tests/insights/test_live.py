"""The real service, for those with a key: `MARA_INSIGHTS__API_KEY=... pytest -m live tests/insights`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mara.clock import SystemClock
from mara.insights.breaker import Breaker
from mara.insights.claude.connection import Connection, Endpoint
from mara.insights.claude.narrator import ClaudeNarrator, Model, Surroundings
from mara.insights.claude.probe import probe
from mara.insights.claude.prompt import RULES
from mara.insights.claude.request import Purse
from mara.insights.guard import Guard
from mara.insights.money import Budget, Meter
from mara.insights.narrator import Ask, EndReason, View
from mara.insights.reply import ReplyWriter
from mara.settings import InsightSettings, load_settings
from tests.insights.conftest import PRICES

if TYPE_CHECKING:
    from mara.insights.facts import FactSheet

pytestmark = pytest.mark.live


@pytest.fixture
def settings() -> InsightSettings:
    found = load_settings().insights
    if found.api_key is None:
        pytest.skip("set MARA_INSIGHTS__API_KEY to ask the real service")
    return found


@pytest.fixture
def connection(settings: InsightSettings) -> Connection:
    assert settings.api_key is not None
    return Connection(Endpoint(key=settings.api_key, base_url=settings.base_url, idle_s=30.0))


def test_the_key_works_and_the_first_token_is_soon(
    connection: Connection, settings: InsightSettings
) -> None:
    connection.client()
    assert probe(connection, settings.model, SystemClock()).first_token_s < 5.0


def test_a_real_reply_cites_its_figures(
    connection: Connection, settings: InsightSettings, sheet: FactSheet
) -> None:
    clock = SystemClock()
    narrator = ClaudeNarrator(
        connection,
        Model(name=settings.model, prices=PRICES, max_tokens=600),
        purse=Purse(meter=Meter(Budget(day_usd=0.2, session_usd=0.2), clock), session="live"),
        breaker=Breaker(clock),
        around=Surroundings(clock=clock, rng=np.random.default_rng(1), deadline_s=60.0),
    )
    writer = ReplyWriter(settings.model, sheet, Guard(RULES))
    for event in narrator.narrate(Ask(view=View.MARKET, sheet=sheet), lambda: False):
        writer.take(event)
    said = writer.so_far
    assert said.ended is not None
    assert said.ended.reason is EndReason.DONE
    assert said.traced > 2 * said.untraced
