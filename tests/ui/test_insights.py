"""The tab of the insights: every view offline, key and budget, proposals, chat, and the stream."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from mara.errors import MaraError
from mara.insights.guard import Guard
from mara.insights.narrator import Ask, View
from mara.insights.offline.narrator import OfflineNarrator
from mara.insights.reply import ReplyWriter
from mara.insights.tools import Series
from mara.services.insights_facts import sheet_of
from mara.services.insights_jobs import Job, Jobs
from mara.services.insights_proposals import Move, MoveKind
from mara.ui import platform
from mara.ui.figures.insights import index_figure, margins_figure, series_figure
from mara.ui.insight_stream import INSIGHT_ROUTES, events, reply_html
from mara.ui.tables.insights import headlines_frame
from tests.ui import support
from tests.ui.conftest import SHELL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streamlit.testing.v1.element_tree import Button

    from mara.bootstrap.platform import Platform
    from mara.services.insights import Insights

pytestmark = pytest.mark.ui

PAGE = "ai_insights.py"


@pytest.fixture
def tab(running: Platform) -> Iterator[AppTest]:
    platform.attach(running.console, insights=lambda: running.insights)
    test = AppTest.from_file(str(SHELL), default_timeout=180).run().switch_page(PAGE).run()
    assert not test.exception
    yield test
    platform.detach()


def texts(at: AppTest) -> str:
    shown = (*at.markdown, *at.caption, *at.info, *at.warning)
    return "\n".join(str(e.value) for e in shown).replace("\\", "")


def button(at: AppTest, label: str) -> Button:
    return next(b for b in at.button if label in b.label)


def finished(insights: Insights, at: AppTest, view: View) -> Job:
    job = insights.job(at.session_state[f"insights_job_{view}"])
    assert job is not None
    ends = time.monotonic() + 60.0
    while job.running:
        assert time.monotonic() < ends
        job.wait(job.version, 0.5)
    return job


@pytest.mark.parametrize(
    ("name", "ask", "view"),
    [
        ("Market insights", "Read the market", View.MARKET),
        ("Agent performance", "Evaluate the agents", View.AGENTS),
        ("Recommendations", "Look for moves", View.RECOMMENDATIONS),
        ("Sentiment", "Read the headlines", View.SENTIMENT),
    ],
)
def test_every_view_answers_offline(
    tab: AppTest, running: Platform, name: str, ask: str, view: View
) -> None:
    running.insights.paste("Strike at gas terminal called off\nHeat dome to park over Texas")
    tab.segmented_control(key="insights_view").set_value(name).run()
    button(tab, ask).click().run()
    job = finished(running.insights, tab, view)
    tab.run()
    assert not tab.exception
    assert "by OFFLINE" in texts(tab)
    assert job.so_far.traced >= 3
    assert "Stop" in [b.label for b in tab.button]


def test_the_chat_shows_tool_and_chart(tab: AppTest, running: Platform) -> None:
    tab.segmented_control(key="insights_view").set_value("Chat").run()
    tab.chat_input(key="insights_question").set_value("What if power costs 300 USD/MWh?").run()
    (_, job_id), *_ = tab.session_state["insights_chat"]
    tab.session_state["insights_job_chat"] = job_id
    finished(running.insights, tab, View.CHAT)
    tab.run()
    assert not tab.exception
    assert any("what\\_if" in e.label for e in tab.expander)
    button(tab, "Start afresh").click().run()
    assert tab.session_state["insights_chat"] == []


def test_headlines_are_pasted_and_too_many_refused(tab: AppTest) -> None:
    tab.segmented_control(key="insights_view").set_value("Sentiment").run()
    tab.text_area(key="insights_paste").set_value("Wind output at record <script>alert(1)</script>")
    button(tab, "Add headlines").click().run()
    assert "new headlines" in texts(tab)
    tab.text_area(key="insights_paste").set_value("\n".join(f"line {i}" for i in range(150)))
    button(tab, "Add headlines").click().run()
    assert "too many" in texts(tab)


def test_a_key_stays_out_of_the_session_state(tab: AppTest) -> None:
    tab.text_input(key="insights_key").set_value("sk-ant-canary-0123456789abcdef")
    button(tab, "Use this key").click().run()
    assert not tab.exception
    assert "claude-sonnet-5-5" in texts(tab)
    assert "canary" not in repr(tab.session_state.to_dict())
    button(tab, "Forget my key").click().run()
    assert "No key" in texts(tab)
    tab.text_input(key="insights_key").set_value("short")
    button(tab, "Use this key").click().run()
    assert "no key of the API" in texts(tab)


def test_commentary_pauses(tab: AppTest, running: Platform) -> None:
    assert "**Real-time commentary**" in texts(tab)
    tab.toggle(key="insights_commentary_pause").set_value(True).run()
    assert running.insights.commentary.paused
    running.insights.commentary.paused = False  # by another session
    tab.run()
    assert not running.insights.commentary.paused
    assert not tab.toggle(key="insights_commentary_pause").value


def test_a_proposal_is_shown_with_its_gain(tab: AppTest, running: Platform) -> None:
    insights = running.insights
    tab.segmented_control(key="insights_view").set_value("Recommendations").run()
    button(tab, "Look for moves").click().run()
    job = finished(insights, tab, View.RECOMMENDATIONS)
    move = Move(kind=MoveKind.BATTERY, window_min=5.0, battery_mw=0.0)
    proposal = insights.proposals.propose(move, why="wait *here*", by="test", sheet="s")
    for offered in insights.proposed(job.job_id):
        insights._proposed[job.job_id].remove(offered)
    insights._keep_proposal(job.job_id, replace(proposal, gain_usd=-5.0))
    tab.run()
    assert not tab.exception
    assert "Leave the battery idle" in texts(tab)
    assert "Send to the gate" not in [one.label for one in tab.button]
    insights._proposed[job.job_id] = [replace(proposal, gain_usd=5.0)]
    tab.run()
    button(tab, "Send to the gate").click().run()
    assert not tab.exception
    said = [*tab.error, *tab.success, *tab.info]
    assert said


def test_a_page_without_insights_says_so(running: Platform) -> None:
    platform.attach(running.console)
    with pytest.raises(MaraError, match="no insights"):
        platform.insights()
    platform.detach()


async def test_the_stream_sends_sentences_until_the_end() -> None:
    sheet = sheet_of(support.snapshot())
    job = Job("j", "s", ReplyWriter("OFFLINE", sheet, Guard("")))
    assert "Reading the facts" in reply_html(job.so_far)
    jobs = Jobs()
    jobs.start(job, lambda: (OfflineNarrator(), Ask(view=View.MARKET, sheet=sheet)))
    told = [json.loads(e.removeprefix("data: ")) async for e in events(job) if e[0] == "d"]
    jobs.close()
    assert told[-1]["ended"]
    assert not any(one["ended"] for one in told[:-1])
    assert "mara-fact" in told[-1]["html"]
    assert INSIGHT_ROUTES[0].path == "/assets/insights/{job}"


def test_the_route_knows_its_replies(running: Platform, opened: Callable[..., AppTest]) -> None:
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.testclient import TestClient  # noqa: PLC0415

    platform.attach(running.console, insights=lambda: running.insights)
    job = running.insights.ask(View.MARKET, "route")
    client = TestClient(Starlette(routes=list(INSIGHT_ROUTES)))
    assert client.get("/assets/insights/nobody").status_code == 404
    answer = client.get(f"/assets/insights/{job.job_id}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert '"ended": true' in answer.text
    platform.detach()
    assert client.get(f"/assets/insights/{job.job_id}").status_code == 404


def test_figures_draw_what_they_are_given() -> None:
    at = tuple(support.NOW + support.STEP * i for i in range(3))
    zone = support.snapshot().site.zone
    assert len(index_figure(at, (0.2, -0.5, 0.1), zone).data) == 2
    assert margins_figure((("optimiser", 3.0), ("site", 2.0)), "USD").data[0].x == (3.0, 2.0)
    band = Series(name="p", unit="MW", at=at, values=(1, 2, 3), low=(0, 1, 2), high=(2, 3, 4))
    bare = Series(name="q", unit="MW", at=at, values=(1, 2, 3))
    assert len(series_figure((band, bare), zone).data) == 4


def test_outside_text_is_no_formula(running: Platform) -> None:
    running.insights.paste('=HYPERLINK("http://attacker.example")')
    frame = headlines_frame(running.insights.headlines(), running.console.snapshot().site)
    assert any(text.startswith("'=HYPERLINK") for text in frame["Headline"])
