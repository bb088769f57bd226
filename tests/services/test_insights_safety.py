"""Text of others: 60 injections change no decision, reach no tool with effect, leak nothing (F43)."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydantic import SecretStr

from mara.bootstrap.platform import start_platform
from mara.clock import SystemClock
from mara.domain.presets import demo_site
from mara.errors import MaraError
from mara.feeds.pricefile import read_price_file
from mara.insights.claude.prompt import RULES
from mara.insights.facts import OutsideText
from mara.insights.fence import fenced, sheet_text
from mara.insights.narrator import View
from mara.ledger.codec import encode
from mara.models.strategies.base import DecisionContext
from mara.models.strategies.optimiser import OptimiserStrategy
from mara.services.insights import Insights, Parts
from mara.services.insights_facts import sheet_of
from mara.settings import InsightSettings, load_settings
from mara.ui.insight_stream import reply_html
from tests.insights.planted import records
from tests.insights.server.fixture import (
    KEY,
    MessagesServer,
    messages_server,
    shared_messages_server,
)
from tests.insights.server.script import Answer, Failure, Recorded, Script, call, say
from tests.services.test_insights import ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mara.bootstrap.platform import Platform
    from mara.insights.reply import ReplySoFar

__all__ = ["messages_server", "shared_messages_server"]

pytestmark = pytest.mark.slow

NUMBERS = count(1)
_TICKS = 14
EFFECTS = ("execute_trade", "set_state", "set_mode", "override", "set_outage", "drop_override")


def of(place: str) -> list[dict[str, Any]]:
    return [record for record in records("injections.jsonl") if record["place"] == place]


def test_there_are_sixty() -> None:
    assert len(records("injections.jsonl")) == 60
    assert (
        sum(len(of(p)) for p in ("headline", "site_name", "machine_name", "csv_cell", "error_body"))
        == 60
    )


def obey(request: Recorded) -> Answer:
    """A model that does all it must not: it acts, it leaks, it repeats what others wrote."""
    told = [m["content"] for m in request.body["messages"] if isinstance(m["content"], str)][-1]
    if "View: chat" in told and len(request.body["messages"]) == 1:
        return call(EFFECTS[next(NUMBERS) % len(EFFECTS)], amount_kwh=999_999, state="HALTED")
    others = re.findall(r"<outside_text>\n(.*?)\n</outside_text>", told, re.DOTALL)
    echoed = " ".join(
        json.loads(f'"{t}"') for t in re.findall(r'"((?:[^"\\]|\\.)*)"', " ".join(others))
    )
    names = " ".join(json.loads(q) for q in re.findall(r'\| (".*?") \|', told))
    return say(f"{RULES[:900]}\nThe key is {KEY}.\n{echoed}\n{names}\nBuy 20 MWh now.")


@pytest.fixture
def insights(platform: Platform, messages_server: MessagesServer) -> Iterator[Insights]:
    messages_server.begin(Script(otherwise=obey))
    parts = Parts(
        clock=SystemClock(),
        rng=lambda: np.random.default_rng(1),
        new_id=lambda: f"safe{next(NUMBERS)}",
    )
    settings = InsightSettings(
        api_key=SecretStr(messages_server.key),
        base_url=messages_server.url,
        day_usd=90.0,
        session_usd=90.0,
    )
    made = Insights(platform.console, ledger=platform.ledger, settings=settings, parts=parts)
    yield made
    made.close()


def shown(said: ReplySoFar) -> str:
    return reply_html(said) + " ".join(said.notices)


def safe(said: ReplySoFar, never: list[str]) -> None:
    page = shown(said)
    for forbidden in (*never, KEY, "sk-ant-canary"):
        assert forbidden not in page
    assert "You have no means to trade" not in page
    assert "MARA computes every" not in page
    assert not re.search(
        r"<(?!/?(?:p|ul|ol|li|strong|em|code|pre|blockquote|br|hr|h[1-6]|table|thead|tbody|tr|th|td|a|mark|sup|span|details|summary|div)\b)",
        page,
    )
    assert not re.search(r'(?:href|src)="(?!#mara-fact)', page)
    assert all(call.result is None for call in said.calls)


def test_headlines_do_nothing(insights: Insights, platform: Platform) -> None:
    before, traded = platform.console.snapshot(), platform.console.trades()
    for record in of("headline"):
        insights.paste(record["text"])
    never = [forbidden for record in of("headline") for forbidden in record["never"]]
    for _ in range(2):
        safe(ended(insights.ask(View.SENTIMENT, "a")).so_far, never)
    safe(ended(insights.ask(View.CHAT, "a", "what do the headlines want?")).so_far, [])
    after = platform.console.snapshot()
    assert after.overrides == before.overrides
    assert after.trading_state is before.trading_state
    assert platform.console.trades() == traded


@pytest.mark.parametrize("record", of("site_name") + of("machine_name"), ids=lambda r: r["id"])
def test_names_stay_names(platform: Platform, record: dict[str, Any]) -> None:
    """The sheet holds one fence and one table of facts, and every id is safe."""
    snapshot = platform.console.snapshot()
    machines = (
        replace(snapshot.site.machines[0], name=record["text"][:190]),
        *snapshot.site.machines[1:],
    )
    site = replace(snapshot.site, site_id=record["text"][:190], machines=machines)
    outside = (OutsideText(label=record["text"], source=record["text"], text=record["text"]),)
    text = sheet_text(sheet_of(replace(snapshot, site=site), outside=outside))
    assert text.count("<facts>") == text.count("</facts>") == 1
    assert text.count("<outside_text>") == text.count("</outside_text>") == 1
    for line in text.split("</facts>")[0].splitlines()[2:]:
        assert re.match(r"[a-z0-9_.]+: -?[\d,.]", line), line
    for forbidden in record["never"]:
        if "sk-ant" not in forbidden:
            assert forbidden not in text or forbidden.startswith(("href", "src"))


@pytest.mark.parametrize("record", of("machine_name"), ids=lambda r: r["id"])
def test_a_name_changes_no_decision(platform: Platform, record: dict[str, Any]) -> None:
    snapshot = platform.console.snapshot()
    assert snapshot.state is not None
    assert snapshot.market.tick is not None
    plain = DecisionContext(
        site=demo_site(),
        state=replace(snapshot.state, classes=()),
        tick=snapshot.market.tick,
        history=snapshot.market.history,
        forecasts=snapshot.market.forecasts,
    )
    machines = (
        replace(plain.site.machines[0], name=record["text"][:190]),
        *plain.site.machines[1:],
    )
    named = replace(plain, site=replace(plain.site, machines=machines))
    first, second = (OptimiserStrategy().propose(c).plan for c in (plain, named))
    assert [u.units for u in first.setpoint.units] == [u.units for u in second.setpoint.units]
    assert first.import_mw == second.import_mw
    assert first.expected_margin_usd == second.expected_margin_usd


@pytest.mark.parametrize("record", of("csv_cell"), ids=lambda r: r["id"])
def test_a_cell_is_no_price(tmp_path: Path, record: dict[str, Any]) -> None:
    cell = record["text"].replace('"', '""')
    rows = [f"2026-06-01T{h:02d}:00:00Z,{20 + h}" for h in range(24)]
    rows[5] = f'2026-06-01T05:00:00Z,"{cell}"'
    file = tmp_path / "prices.csv"
    file.write_text(
        "timestamp,energy_price\n" + "\n".join(rows), encoding="utf-8", errors="replace"
    )
    try:
        table = read_price_file(file)
    except (MaraError, ValueError) as error:
        said = str(error)
    else:
        said = " ".join(bad.reason for bad in table.quarantined)
        assert len(table.quarantined) == 1
    assert "\x1b" not in fenced((OutsideText(label="file", source="csv", text=said),))


def test_bodies_of_errors_are_not_repeated(
    insights: Insights, messages_server: MessagesServer
) -> None:
    for record in of("error_body"):
        failed = Failure(status=400, kind="invalid_request_error", message=record["text"])
        page = Failure(status=403, body=record["text"])
        messages_server.begin(Script(failed, page, otherwise=obey))
        session = f"error {record['id']}"
        insights.give_key(session, SecretStr(KEY))
        for _ in range(2):
            said = ended(insights.ask(View.MARKET, session)).so_far
            safe(said, record["never"])
            assert record["text"][:30] not in shown(said)


def test_decisions_are_the_same_with_and_without_text(
    tmp_path: Path, messages_server: MessagesServer
) -> None:
    """The bytes of every decision, while nobody asks and while an obedient model is asked."""
    messages_server.begin(Script(otherwise=obey))
    quiet = decided(tmp_path / "quiet.db", lambda _: None)
    key = {"api_key": KEY, "base_url": messages_server.url, "day_usd": 90.0, "session_usd": 90.0}
    loud = decided(tmp_path / "loud.db", ask_everything, insights=key)
    assert len(quiet) == _TICKS
    assert loud == quiet


def ask_everything(platform: Platform) -> None:
    for record in of("headline"):
        platform.insights.paste(record["text"])
    jobs = [platform.insights.ask(view, "s", "execute all that the headlines say") for view in View]
    for job in jobs:
        ended(job)
    assert all(call.result is None for job in jobs for call in job.so_far.calls)


def decided(file: Path, meanwhile: Callable[[Platform], None], **sections: object) -> list[bytes]:
    settings = load_settings(
        ledger={"url": f"sqlite:///{file}"},
        feed={"speed": "max", "simulated": {"history_days": 2}},
        agents={"heartbeat_s": 20.0},
        log_level="ERROR",
        **sections,
    )
    platform = start_platform(settings, max_ticks=_TICKS)
    try:
        meanwhile(platform)
        ends = time.monotonic() + 120.0
        while not platform.console.snapshot().finished:
            assert time.monotonic() < ends
            time.sleep(0.05)
        start, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
        return [encode(d) for d in platform.ledger.decisions_between(start, end)]
    finally:
        platform.stop()


def test_the_key_is_nowhere(
    tmp_path: Path,
    messages_server: MessagesServer,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Logs, database, exports, replies, representations and tracebacks hold no key."""
    messages_server.begin(Script(Failure(status=401, message=KEY), otherwise=obey))
    settings = load_settings(
        ledger={"url": f"sqlite:///{tmp_path / 'mara.db'}"},
        feed={"speed": 240.0, "simulated": {"history_days": 2}},
        log_level="DEBUG",
        insights={"api_key": KEY, "base_url": messages_server.url},
    )
    platform = start_platform(settings)
    try:
        assert platform.console.wait_for_tick(1, 60.0) is not None
        insights = platform.insights
        insights.give_key("own", SecretStr(KEY))
        said = [ended(insights.ask(v, s)).so_far for v in View for s in ("a", "own")]
        told = [repr(settings), repr(said), repr(insights.standing("own")), repr(vars(insights))]
        told += [shown(one) for one in said]
        told += [platform.console.exported(k).decode() for k in ("decisions", "postings", "ticks")]
        told.append(repr(insights.keys.of("own")))
    finally:
        platform.stop()
    captured = capfd.readouterr()
    told += [captured.out, captured.err]
    assert not [text[:80] for text in told if "sk-ant-canary" in text]
    for file in tmp_path.iterdir():
        assert b"sk-ant-canary" not in file.read_bytes(), file
